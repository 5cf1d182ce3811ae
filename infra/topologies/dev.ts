/** The seed's development set-up: one of each, on one machine. */
import type { Topology } from "../../core/contracts/topology.ts";

export const dev = {
  name: "dev",
  purpose: "One instance of each stage of the pipeline, for smoke runs and for people.",
  topicPartitionCount: 4,
  capacity: { rateEventsPerS: 1000, queriesPerHour: 100 },
  services: {
    postgres: { component: "postgres", replicaCount: 1, memoryMiB: 256 },
    minio: { component: "minio", replicaCount: 1, memoryMiB: 256 },
    kafka: { component: "kafka", replicaCount: 1, memoryMiB: 600 },
    trino: { component: "trino", replicaCount: 1, memoryMiB: 1400, dependsOn: [] },
    "flink-jobmanager": { component: "flink-jobmanager", replicaCount: 1, memoryMiB: 500 },
    "flink-taskmanager": {
      component: "flink-taskmanager",
      replicaCount: 1,
      memoryMiB: 1000,
      dependsOn: ["flink-jobmanager"],
    },
    "flink-sql": { component: "flink-sql-gateway", replicaCount: 1, memoryMiB: 420 },
    "pg-link": {
      component: "toxiproxy",
      replicaCount: 1,
      memoryMiB: 32,
      config: { upstream: "postgres" },
    },
    connect: { component: "connect", replicaCount: 1, memoryMiB: 800, dependsOn: ["kafka"] },
    debezium: {
      component: "debezium",
      replicaCount: 1,
      memoryMiB: 0,
      dependsOn: ["connect", "postgres", "pg-link"],
    },
    lakehouse: {
      component: "lakehouse",
      replicaCount: 1,
      memoryMiB: 0,
      dependsOn: [
        "flink-jobmanager",
        "flink-taskmanager",
        "flink-sql",
        "kafka",
        "minio",
        "postgres",
      ],
    },
  },
} as const satisfies Topology;
