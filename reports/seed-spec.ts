/** The seed's hardware as rows of a report, and which of them a service of a plan stands for. */
import { DISK_KIND_TEXTS, ROLE_NAMES, specRole } from "../core/seed-spec.ts";
import type { RoleName, SpecDisks, SpecRole } from "../core/seed-spec.ts";

export interface SpecNode extends Pick<
  SpecRole,
  "nodeCount" | "cpuCount" | "memoryGiB" | "section"
> {
  /** Rows of one group are filled in order: a single PostgreSQL stands for the primary, not for a replica. */
  readonly group: string;
  readonly node: string;
  readonly storage: string | undefined;
  readonly network: string | undefined;
}

const GROUPS: Readonly<Record<RoleName, string>> = {
  "postgres-primary": "postgres",
  "postgres-replica": "postgres",
  "kafka-broker": "kafka",
  "flink-jobmanager": "flink-jobmanager",
  "flink-taskmanager": "flink-taskmanager",
  minio: "minio",
  "trino-coordinator": "trino-coordinator",
  "trino-worker": "trino-worker",
  metabase: "bi",
  haproxy: "haproxy",
  redis: "redis",
};

/** Hardware is per node. */
export const SPEC_NODES: readonly SpecNode[] = ROLE_NAMES.flatMap(rowsOf);

/** One row a role, or one a node where the seed lists them one by one. */
function rowsOf(name: RoleName): readonly SpecNode[] {
  const { title, nodeCount, cpuCount, memoryGiB, disks, nicGbps, section, uses } = specRole(name);
  const row: SpecNode = {
    group: GROUPS[name],
    node: title,
    nodeCount,
    cpuCount,
    memoryGiB,
    storage: disks === undefined ? undefined : storageText(disks),
    network: nicGbps === undefined ? undefined : `${String(nicGbps)} Gbps`,
    section,
  };
  if (uses === undefined) return [row];
  return uses.map((_, index) => ({ ...row, node: `${title} ${String(index + 1)}`, nodeCount: 1 }));
}

/** In the seed's own words: one "2TB NVMe SSD", but eight "4TB NVMe drives". */
function storageText({ count, sizeGB, kind }: SpecDisks): string {
  const size = `${String(sizeGB / 1000)} TB`;
  const text = DISK_KIND_TEXTS[kind];
  if (count === 1) return `${size} ${kind === "nvme" ? `${text} SSD` : text}`;
  return `${String(count)} × ${size} ${text}`;
}

/**
 * The seed has one load balancer, before the BI instances, and gives no hardware to what only watches or fills a
 * service. These are ours, whatever their services are called.
 */
const NO_NODES_OF_THE_SEED: readonly string[] = [
  ...["haproxy-postgres", "haproxy-minio"],
  ...["postgres-exporter", "redis-exporter", "superset-content"],
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
  if (NO_NODES_OF_THE_SEED.includes(component)) return undefined;
  for (const name of [service.toLowerCase(), component.toLowerCase()]) {
    const found = GROUP_WORDS.find(([words]) => words.some((word) => name.includes(word)));
    if (found !== undefined) return found[1] === "other" ? undefined : found[1];
  }
  return undefined;
}
