/** The hardware and settings the seed specifies, row by row, so that a report can say where a run differed. */

export interface SpecNode {
  /** Rows of one group are filled in order: a single PostgreSQL stands for the primary, not for a replica. */
  readonly group: string;
  readonly node: string;
  readonly nodeCount: number;
  /** Absent where the seed names no figure. */
  readonly cpuCount?: number;
  readonly memoryGiB?: number;
  readonly storage?: string;
  readonly network?: string;
  /** Section of the seed. */
  readonly section: string;
}

/** Hardware is per node. */
export const SPEC_NODES: readonly SpecNode[] = [
  {
    group: "postgres",
    node: "PostgreSQL primary",
    nodeCount: 1,
    cpuCount: 16,
    memoryGiB: 64,
    storage: "2 TB NVMe SSD",
    section: "1.2",
  },
  {
    group: "postgres",
    node: "PostgreSQL read replica 1",
    nodeCount: 1,
    cpuCount: 8,
    memoryGiB: 32,
    storage: "1 TB SSD",
    section: "1.2",
  },
  {
    group: "postgres",
    node: "PostgreSQL read replica 2",
    nodeCount: 1,
    cpuCount: 8,
    memoryGiB: 32,
    storage: "1 TB SSD",
    section: "1.2",
  },
  {
    group: "kafka",
    node: "Kafka broker",
    nodeCount: 5,
    cpuCount: 8,
    memoryGiB: 32,
    storage: "4 TB SSD",
    section: "1.2",
  },
  { group: "flink-jobmanager", node: "Flink JobManager", nodeCount: 1, section: "1.1" },
  { group: "flink-taskmanager", node: "Flink TaskManager", nodeCount: 5, section: "1.1" },
  {
    group: "minio",
    node: "MinIO server",
    nodeCount: 8,
    cpuCount: 16,
    memoryGiB: 64,
    storage: "8 × 4 TB NVMe",
    network: "25 Gbps",
    section: "2.1",
  },
  {
    group: "trino-coordinator",
    node: "Trino coordinator",
    nodeCount: 1,
    cpuCount: 16,
    memoryGiB: 64,
    storage: "1 TB NVMe SSD",
    network: "25 Gbps",
    section: "3.1",
  },
  {
    group: "trino-worker",
    node: "Trino worker",
    nodeCount: 10,
    cpuCount: 32,
    memoryGiB: 128,
    storage: "2 TB NVMe SSD",
    network: "25 Gbps",
    section: "3.1",
  },
  { group: "bi", node: "Metabase instance", nodeCount: 3, section: "4.1" },
  { group: "haproxy", node: "HAProxy load balancer", nodeCount: 1, section: "4.1" },
  {
    group: "redis",
    node: "Redis node (3 masters, 3 replicas)",
    nodeCount: 6,
    memoryGiB: 6,
    section: "4.2",
  },
];

/** First match wins; tried on the service's name and on its component's kind. */
const GROUP_WORDS: readonly (readonly [words: readonly string[], group: string])[] = [
  [["toxiproxy", "connect", "debezium", "catalog", "etcd", "patroni"], "other"],
  [["jobmanager", "job-manager"], "flink-jobmanager"],
  [["taskmanager", "task-manager"], "flink-taskmanager"],
  [["worker"], "trino-worker"],
  [["trino"], "trino-coordinator"],
  [["postgres"], "postgres"],
  [["kafka", "broker"], "kafka"],
  [["minio"], "minio"],
  [["metabase", "superset"], "bi"],
  [["haproxy"], "haproxy"],
  [["redis"], "redis"],
];

/** The group of SPEC_NODES a service of a plan belongs to; undefined where the seed has no such node. */
export function specGroupOf(service: string, component: string): string | undefined {
  for (const name of [service.toLowerCase(), component.toLowerCase()]) {
    const found = GROUP_WORDS.find(([words]) => words.some((word) => name.includes(word)));
    if (found !== undefined) return found[1] === "other" ? undefined : found[1];
  }
  return undefined;
}

export const SPEC_TOPIC_PARTITIONS = 10;
export const SPEC_REPLICATION_FACTOR = 3;
export const SPEC_CAPACITY = {
  rateEventsPerS: 100_000,
  userCount: 1000,
  queriesPerHour: 10_000,
} as const;

export interface SpecTotals {
  readonly nodeCount: number;
  readonly cpuCount: number;
  readonly memoryGiB: number;
}

/** Sums over the rows that name a figure: a lower bound of what the seed asks for. */
export function specTotals(): SpecTotals {
  const sum = (of: (node: SpecNode) => number): number =>
    SPEC_NODES.reduce((total, node) => total + of(node), 0);
  return {
    nodeCount: sum((node) => node.nodeCount),
    cpuCount: sum((node) => node.nodeCount * (node.cpuCount ?? 0)),
    memoryGiB: sum((node) => node.nodeCount * (node.memoryGiB ?? 0)),
  };
}
