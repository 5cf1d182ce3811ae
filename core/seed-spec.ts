/**
 * The hardware and capacity the seed (the production scaling guide) specifies, as data: the one place that says
 * what a certified run has to stand on. Reports compare a run with it, `lakeproof preflight` an inventory.
 */
import type { Zone } from "./contracts/topology.ts";

/** Slowest first: a faster kind stands for a slower one, never the other way round. */
export const DISK_KINDS = ["hdd", "ssd", "nvme"] as const;
export type DiskKind = (typeof DISK_KINDS)[number];
export const DISK_KIND_TEXTS = { hdd: "HDD", ssd: "SSD", nvme: "NVMe" } as const satisfies Record<
  DiskKind,
  string
>;

export interface SpecDisks {
  readonly count: number;
  /** Decimal, as drives are sold: 4 TB are 4000. */
  readonly sizeGB: number;
  readonly kind: DiskKind;
}

/** A figure the seed leaves out. Written down, so that nobody takes it for forgotten here. */
const NOT_NAMED = undefined;
type Named<T> = T | typeof NOT_NAMED;

/** One kind of node. Hardware is per node. */
export interface SpecRole {
  readonly title: string;
  readonly nodeCount: number;
  readonly cpuCount: Named<number>;
  readonly memoryGiB: Named<number>;
  readonly disks: Named<SpecDisks>;
  readonly nicGbps: Named<number>;
  /** From the network zones of section 6.1. */
  readonly zone: Zone;
  /** Section of the seed that names the node. */
  readonly section: string;
  /** Where the seed lists the nodes of a role one by one: what it wants each for. */
  readonly uses?: readonly string[];
}

const NO_HARDWARE_NAMED = {
  cpuCount: NOT_NAMED,
  memoryGiB: NOT_NAMED,
  disks: NOT_NAMED,
  nicGbps: NOT_NAMED,
} as const satisfies Partial<SpecRole>;

const SPEC_ROLES = {
  "postgres-primary": {
    title: "PostgreSQL primary",
    nodeCount: 1,
    cpuCount: 16,
    memoryGiB: 64,
    disks: { count: 1, sizeGB: 2000, kind: "nvme" },
    nicGbps: NOT_NAMED,
    zone: "storage",
    section: "1.2",
  },
  "postgres-replica": {
    title: "PostgreSQL read replica",
    nodeCount: 2,
    cpuCount: 8,
    memoryGiB: 32,
    disks: { count: 1, sizeGB: 1000, kind: "ssd" },
    nicGbps: NOT_NAMED,
    zone: "storage",
    section: "1.2",
    uses: ["analytics queries, reporting", "BI connections, backup queries"],
  },
  "kafka-broker": {
    title: "Kafka broker",
    nodeCount: 5,
    cpuCount: 8,
    memoryGiB: 32,
    disks: { count: 1, sizeGB: 4000, kind: "ssd" },
    nicGbps: NOT_NAMED,
    zone: "processing",
    section: "1.2",
  },
  "flink-jobmanager": {
    title: "Flink JobManager",
    nodeCount: 1,
    ...NO_HARDWARE_NAMED,
    zone: "processing",
    section: "1.1",
  },
  "flink-taskmanager": {
    title: "Flink TaskManager",
    nodeCount: 5,
    ...NO_HARDWARE_NAMED,
    zone: "processing",
    section: "1.1",
  },
  minio: {
    title: "MinIO server",
    nodeCount: 8,
    cpuCount: 16,
    memoryGiB: 64,
    disks: { count: 8, sizeGB: 4000, kind: "nvme" },
    nicGbps: 25,
    zone: "storage",
    section: "2.1",
  },
  "trino-coordinator": {
    title: "Trino coordinator",
    nodeCount: 1,
    cpuCount: 16,
    memoryGiB: 64,
    disks: { count: 1, sizeGB: 1000, kind: "nvme" },
    nicGbps: 25,
    zone: "processing",
    section: "3.1",
  },
  "trino-worker": {
    title: "Trino worker",
    nodeCount: 10,
    cpuCount: 32,
    memoryGiB: 128,
    disks: { count: 1, sizeGB: 2000, kind: "nvme" },
    nicGbps: 25,
    zone: "processing",
    section: "3.1",
  },
  metabase: {
    title: "Metabase instance",
    nodeCount: 3,
    ...NO_HARDWARE_NAMED,
    zone: "application",
    section: "4.1",
  },
  haproxy: {
    title: "HAProxy load balancer",
    nodeCount: 1,
    ...NO_HARDWARE_NAMED,
    zone: "dmz",
    section: "4.1",
  },
  redis: {
    title: "Redis node (3 masters, 3 replicas)",
    nodeCount: 6,
    ...NO_HARDWARE_NAMED,
    // The seed names no memory of the node, only Redis's maxmemory: the least it can have.
    memoryGiB: 6,
    zone: "application",
    section: "4.2",
  },
} as const satisfies Readonly<Record<string, SpecRole>>;

export type RoleName = keyof typeof SPEC_ROLES;
export const ROLE_NAMES = Object.keys(SPEC_ROLES) as readonly RoleName[];

/** The role with every figure of the contract, those the seed leaves out too. */
export function specRole(role: RoleName): SpecRole {
  return SPEC_ROLES[role];
}

/** What section 2.1 says the MinIO servers hold together. */
export const SPEC_MINIO = { rawTB: 256, usableTB: 170 } as const;

/** Section 5.2 alerts below so many healthy instances of the BI tier. */
export const SPEC_BI_HEALTHY_COUNT_MIN = 2;

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

/** Sums over the roles that name a figure: a lower bound of what the seed asks for. */
export function specTotals(): SpecTotals {
  const sum = (of: (role: SpecRole) => number): number =>
    ROLE_NAMES.map(specRole).reduce((total, role) => total + role.nodeCount * of(role), 0);
  return {
    nodeCount: sum(() => 1),
    cpuCount: sum(({ cpuCount }) => cpuCount ?? 0),
    memoryGiB: sum(({ memoryGiB }) => memoryGiB ?? 0),
  };
}
