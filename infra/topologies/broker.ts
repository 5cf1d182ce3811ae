/** One Kafka broker with the bank's topics, and nothing else: where load generators are measured. */
import type { Topology } from "../../core/contracts/topology.ts";

export const broker = {
  name: "broker",
  purpose: "One Kafka broker with the bank's two topics, for load straight into Kafka.",
  isolation: "loopback",
  topicPartitionCount: 10,
  capacity: { rateEventsPerS: 100_000, queriesPerHour: 0 },
  services: {
    kafka: { component: "kafka", zone: "processing", replicaCount: 1, memoryMiB: 1000 },
  },
} as const satisfies Topology;
