/**
 * The way from PostgreSQL to the reader and nothing beside it, with copies only where a fault is about copies: what
 * can be started in a minute on two cores.
 */
import type { ServiceSpec, Topology } from "../../core/contracts/topology.ts";

/** As small as dev, and for the same load. */
const SIZE = {
  isolation: "loopback",
  topicPartitionCount: 4,
  capacity: { rateEventsPerS: 1000, queriesPerHour: 100 },
} as const;

const one = { replicaCount: 1 } as const;

/** `postgresEntry`: what clients of PostgreSQL wait for. */
const pipeline = <Kafka extends ServiceSpec>(
  kafka: Kafka,
  postgresEntry: "postgres" | "postgres-leader",
) =>
  ({
    minio: { component: "minio", zone: "storage", ...one, memoryMiB: 256 },
    kafka,
    trino: { component: "trino", zone: "processing", ...one, memoryMiB: 1400, dependsOn: [] },
    "flink-jobmanager": {
      component: "flink-jobmanager",
      zone: "processing",
      ...one,
      memoryMiB: 500,
    },
    "flink-taskmanager": {
      component: "flink-taskmanager",
      zone: "processing",
      ...one,
      memoryMiB: 1000,
      dependsOn: ["flink-jobmanager"],
    },
    "flink-sql": { component: "flink-sql-gateway", zone: "processing", ...one, memoryMiB: 420 },
    connect: {
      component: "connect",
      zone: "processing",
      ...one,
      memoryMiB: 700,
      dependsOn: ["kafka"],
    },
    debezium: {
      component: "debezium",
      zone: "processing",
      ...one,
      memoryMiB: 0,
      dependsOn: ["connect", postgresEntry],
    },
    lakehouse: {
      component: "lakehouse",
      zone: "processing",
      ...one,
      memoryMiB: 0,
      dependsOn: [
        "flink-jobmanager",
        "flink-taskmanager",
        "flink-sql",
        "kafka",
        "minio",
        postgresEntry,
      ],
    },
  }) as const satisfies Record<string, ServiceSpec>;

const brokers = (replicaCount: number) =>
  ({
    component: "kafka",
    zone: "processing",
    replicaCount,
    memoryMiB: 480,
  }) as const satisfies ServiceSpec;

const kafkaServices = (brokerCount: number) =>
  ({
    postgres: { component: "postgres", zone: "storage", ...one, memoryMiB: 256 },
    ...pipeline(brokers(brokerCount), "postgres"),
  }) as const satisfies Record<string, ServiceSpec>;

export const slimKafka = {
  ...SIZE,
  name: "slim-kafka",
  purpose: "Three brokers with three copies, one of everything else on the way to the reader.",
  services: kafkaServices(3),
} as const satisfies Topology;

export const slimKafkaFour = {
  ...SIZE,
  name: "slim-kafka-4",
  purpose:
    "Four brokers, of which three are controllers: two may be away and a majority still decides.",
  services: kafkaServices(4),
} as const satisfies Topology;

export const slimPostgres = {
  ...SIZE,
  name: "slim-postgres",
  purpose:
    "Three PostgreSQL servers under Patroni, one of everything else on the way to the reader.",
  services: {
    etcd: { component: "etcd", zone: "storage", ...one, memoryMiB: 64 },
    postgres: {
      component: "patroni",
      zone: "storage",
      replicaCount: 3,
      memoryMiB: 240,
      entry: "postgres-leader",
      dependsOn: ["etcd"],
    },
    "postgres-leader": {
      component: "haproxy-postgres",
      zone: "storage",
      ...one,
      memoryMiB: 24,
      dependsOn: ["postgres"],
    },
    ...pipeline({ ...brokers(1), memoryMiB: 600 }, "postgres-leader"),
  },
} as const satisfies Topology;
