/** The seed's development set-up: one of each, on one machine. */
import type { Topology } from "../../core/contracts/topology.ts";

export const dev = {
  name: "dev",
  purpose: "One instance of each stage of the pipeline, for smoke runs and for people.",
  isolation: "loopback",
  topicPartitionCount: 4,
  capacity: { rateEventsPerS: 1000, queriesPerHour: 100 },
  services: {
    postgres: { component: "postgres", zone: "storage", replicaCount: 1, memoryMiB: 256 },
    minio: { component: "minio", zone: "storage", replicaCount: 1, memoryMiB: 256 },
    kafka: { component: "kafka", zone: "processing", replicaCount: 1, memoryMiB: 600 },
    trino: {
      component: "trino",
      zone: "processing",
      replicaCount: 1,
      memoryMiB: 1400,
      dependsOn: [],
    },
    "flink-jobmanager": {
      component: "flink-jobmanager",
      zone: "processing",
      replicaCount: 1,
      memoryMiB: 500,
    },
    "flink-taskmanager": {
      component: "flink-taskmanager",
      zone: "processing",
      replicaCount: 1,
      memoryMiB: 1000,
      dependsOn: ["flink-jobmanager"],
    },
    "flink-sql": {
      component: "flink-sql-gateway",
      zone: "processing",
      replicaCount: 1,
      memoryMiB: 420,
    },
    "pg-link": {
      component: "toxiproxy",
      zone: "processing",
      replicaCount: 1,
      memoryMiB: 32,
      config: { upstream: "postgres" },
    },
    connect: {
      component: "connect",
      zone: "processing",
      replicaCount: 1,
      memoryMiB: 800,
      dependsOn: ["kafka"],
    },
    debezium: {
      component: "debezium",
      zone: "processing",
      replicaCount: 1,
      memoryMiB: 0,
      dependsOn: ["connect", "postgres", "pg-link"],
    },
    lakehouse: {
      component: "lakehouse",
      zone: "processing",
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
