/**
 * The production wiring at any counts: what mini and production share. Order matters where cores are few:
 * earlier services start first, so the long way from PostgreSQL to the lake comes before what only reads it.
 */
import type { ServiceSpec, Topology } from "../../core/contracts/topology.ts";

export interface HaCounts {
  readonly kafka: number;
  readonly connect: number;
  readonly taskManagers: number;
  readonly zookeepers: number;
  readonly minio: number;
  readonly minioDrivesPerNode: number;
  readonly trinoWorkers: number;
  readonly superset: number;
}

export interface HaTopology {
  readonly name: string;
  readonly purpose: string;
  readonly topicPartitionCount: number;
  readonly capacity: Topology["capacity"];
  readonly counts: HaCounts;
  /** Gives each PostgreSQL server a file system of its own. */
  readonly postgresVolumeMiB?: number;
}

type HaServices = ReturnType<typeof storage> &
  ReturnType<typeof streaming> &
  ReturnType<typeof reading> &
  ReturnType<typeof business> &
  ReturnType<typeof monitoring>;

export function haTopology(wanted: HaTopology): Topology<HaServices> {
  const { counts, postgresVolumeMiB, ...rest } = wanted;
  return {
    ...rest,
    isolation: "namespaces",
    services: {
      ...storage(counts, postgresVolumeMiB),
      ...streaming(counts),
      ...reading(counts),
      ...business(counts),
      ...monitoring(),
    },
  };
}

const storage = (counts: HaCounts, postgresVolumeMiB: number | undefined) =>
  ({
    etcd: { component: "etcd", zone: "storage", replicaCount: 3, memoryMiB: 64 },
    minio: {
      component: "minio",
      zone: "storage",
      replicaCount: counts.minio,
      memoryMiB: 160,
      entry: "minio-endpoint",
      config: { drivesPerNode: counts.minioDrivesPerNode },
    },
    postgres: {
      component: "patroni",
      zone: "storage",
      replicaCount: 3,
      memoryMiB: 240,
      entry: "postgres-leader",
      ...(postgresVolumeMiB === undefined ? {} : { volumeMiB: postgresVolumeMiB }),
      dependsOn: ["etcd"],
    },
    "postgres-leader": {
      component: "haproxy-postgres",
      zone: "storage",
      replicaCount: 1,
      memoryMiB: 24,
      dependsOn: ["postgres"],
    },
    "minio-endpoint": {
      component: "haproxy-minio",
      zone: "storage",
      replicaCount: 1,
      memoryMiB: 24,
      dependsOn: ["minio"],
    },
  }) as const satisfies Record<string, ServiceSpec>;

const streaming = (counts: HaCounts) =>
  ({
    kafka: {
      component: "kafka",
      zone: "processing",
      replicaCount: counts.kafka,
      memoryMiB: 480,
      config: { rackAware: true },
    },
    "flink-zookeeper": {
      component: "flink-zookeeper",
      zone: "processing",
      replicaCount: counts.zookeepers,
      memoryMiB: 110,
    },
    "flink-jobmanager": {
      component: "flink-jobmanager",
      zone: "processing",
      replicaCount: 1,
      memoryMiB: 480,
      dependsOn: ["flink-zookeeper", "minio-endpoint"],
    },
    "flink-sql": {
      component: "flink-sql-gateway",
      zone: "processing",
      replicaCount: 1,
      memoryMiB: 420,
    },
    connect: {
      component: "connect",
      zone: "processing",
      replicaCount: counts.connect,
      memoryMiB: 700,
      dependsOn: ["kafka"],
    },
    "flink-taskmanager": {
      component: "flink-taskmanager",
      zone: "processing",
      replicaCount: counts.taskManagers,
      memoryMiB: 640,
      dependsOn: ["flink-jobmanager"],
    },
    debezium: {
      component: "debezium",
      zone: "processing",
      replicaCount: 1,
      memoryMiB: 0,
      dependsOn: ["connect", "postgres-leader"],
    },
    lakehouse: {
      component: "lakehouse",
      zone: "processing",
      replicaCount: 1,
      memoryMiB: 0,
      config: { writerCount: 1 },
      dependsOn: [
        "flink-jobmanager",
        "flink-taskmanager",
        "flink-sql",
        "kafka",
        "minio-endpoint",
        "postgres-leader",
      ],
    },
  }) as const satisfies Record<string, ServiceSpec>;

const reading = (counts: HaCounts) =>
  ({
    trino: {
      component: "trino",
      zone: "processing",
      replicaCount: 1,
      memoryMiB: 1400,
      dependsOn: [],
    },
    "trino-worker": {
      component: "trino-worker",
      zone: "processing",
      replicaCount: counts.trinoWorkers,
      memoryMiB: 560,
      // Ten JVMs that start beside the job would starve its first checkpoint until its heartbeats time out.
      dependsOn: ["trino", "lakehouse"],
    },
  }) as const satisfies Record<string, ServiceSpec>;

const business = (counts: HaCounts) =>
  ({
    redis: { component: "redis", zone: "application", replicaCount: 6, memoryMiB: 32 },
    superset: {
      component: "superset",
      zone: "application",
      replicaCount: counts.superset,
      memoryMiB: 380,
      entry: "bi-edge",
      // Not on the lake, which its content waits for: its set-up keeps one core busy, beside the job's planning.
      dependsOn: ["postgres-leader", "redis"],
    },
    waf: {
      component: "waf",
      zone: "dmz",
      replicaCount: 2,
      memoryMiB: 64,
      config: { edge: "bi-edge" },
    },
    "bi-edge": {
      component: "haproxy-bi",
      zone: "dmz",
      replicaCount: 1,
      memoryMiB: 32,
      config: { waf: "waf" },
      dependsOn: ["superset", "waf"],
    },
    "superset-content": {
      component: "superset-content",
      zone: "application",
      replicaCount: 1,
      memoryMiB: 0,
      dependsOn: ["superset", "lakehouse", "trino-worker"],
    },
  }) as const satisfies Record<string, ServiceSpec>;

const monitoring = () =>
  ({
    "postgres-exporter": {
      component: "postgres-exporter",
      zone: "ops",
      replicaCount: 3,
      memoryMiB: 24,
      config: { target: "postgres" },
      dependsOn: ["postgres"],
    },
    "bi-metadata-exporter": {
      component: "postgres-exporter",
      zone: "ops",
      replicaCount: 1,
      memoryMiB: 24,
      config: { target: "postgres", queries: "superset" },
      dependsOn: ["postgres-leader"],
    },
    "redis-exporter": {
      component: "redis-exporter",
      zone: "ops",
      replicaCount: 1,
      memoryMiB: 24,
      dependsOn: ["redis"],
    },
    "blackbox-exporter": {
      component: "blackbox-exporter",
      zone: "ops",
      replicaCount: 1,
      memoryMiB: 24,
    },
    "lake-maintenance": {
      component: "lake-maintenance",
      zone: "ops",
      replicaCount: 1,
      memoryMiB: 180,
      // At model size a round costs as much as all queries of its minute.
      config: { intervalS: 300 },
      dependsOn: ["lakehouse", "trino"],
    },
    alertmanager: { component: "alertmanager", zone: "ops", replicaCount: 1, memoryMiB: 40 },
    prometheus: {
      component: "prometheus",
      zone: "ops",
      replicaCount: 1,
      memoryMiB: 160,
      // Last: nobody needs figures of a start, and asking for them would make it longer.
      dependsOn: ["alertmanager", "lakehouse", "trino-worker", "superset"],
    },
  }) as const satisfies Record<string, ServiceSpec>;
