/**
 * What rules see: the parsed configuration of a whole system, or of whatever files were given. A list that is
 * empty means that nobody showed it, and rules about it do not apply.
 */
import type { AvailabilityZone } from "../../core/contracts/topology.ts";
import type { ServiceFate } from "../../core/failure-domains.ts";
import type { Settings } from "./settings.ts";

/** The load the configuration has to carry. */
export interface Demand {
  readonly rateEventsPerS: number;
  readonly rateQueriesPerS: number;
  readonly rateCallsPerS: number;
  readonly userCount: number;
}

/** The objectives the configuration has to hold. */
export interface Targets {
  readonly freshnessMs: number;
  readonly queryMs: number;
  readonly simpleQueryMs: number;
  readonly largeReportMs: number;
  readonly errorRatio: number;
  readonly uptimeRatio: number;
}

/** Disks, where they are known: a topology at model size has none worth computing with. */
export interface Hardware {
  readonly brokerCount?: number;
  readonly brokerDiskBytes?: number;
  readonly primaryDiskBytes?: number;
  readonly driveBytes?: number;
}

export interface Topic {
  readonly name: string;
  readonly partitionCount: number;
  readonly replicationFactor: number;
  readonly config: Readonly<Record<string, string>>;
}

export interface ResourceGroup {
  readonly name: string;
  readonly softMemoryLimit?: string | undefined;
  readonly hardConcurrencyLimit?: number | undefined;
  readonly maxQueued?: number | undefined;
  readonly schedulingPolicy?: string | undefined;
  readonly schedulingWeight?: number | undefined;
  readonly subGroups?: readonly ResourceGroup[] | undefined;
}

export interface ResourceGroups {
  readonly file: string;
  readonly rootGroups: readonly ResourceGroup[];
  /** Undefined where the file has no such list. */
  readonly selectors: readonly Readonly<Record<string, unknown>>[] | undefined;
}

export interface HaproxySection {
  readonly kind: string;
  readonly name: string;
  /** Each line as words, comments gone. */
  readonly lines: readonly (readonly string[])[];
}

export interface HaproxyConfig {
  readonly file: string;
  readonly sections: readonly HaproxySection[];
}

export interface AlertRule {
  readonly file: string;
  readonly name: string;
  readonly expr: string;
  readonly forMs: number;
  /** The group's own evaluation interval, where it has one. */
  readonly intervalMs?: number;
}

/** One MinIO process: the drives of the whole cluster as its command line lists them. */
export interface MinioServer {
  readonly file: string;
  readonly volumes: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface SqlText {
  readonly file: string;
  readonly text: string;
  readonly engine: "flink" | "trino" | "unknown";
}

/** What a service loses with one availability zone. */
export interface ZoneLoss extends ServiceFate {
  readonly zone: AvailabilityZone;
  readonly replicaCount: number;
  /** How many it bears, whichever they are. */
  readonly toleratedCount: number;
}

/** Sums and products of the specification itself. */
export interface SeedFigures {
  readonly file: string;
  readonly monthlyCostUsd: Readonly<Record<string, number>>;
  readonly monthlyTotalUsd: number;
  readonly costPerUserUsd: number;
  readonly userCount: number;
  readonly rateQueriesPerS: number;
  readonly queriesPerHour: number;
  readonly objectStore: {
    readonly nodeCount: number;
    readonly driveCountPerNode: number;
    readonly driveTB: number;
    readonly usableTBClaimed: number;
    readonly nicGbps: number;
    readonly throughputGBPerSClaimed: number;
  };
  readonly primaryDiskGB: number;
  readonly replicaDiskGB: number;
  readonly controllerCount: number | undefined;
  readonly trino: {
    readonly workerCount: number;
    readonly workerMemoryGiB: number;
    /** query.max-memory, where it is named. */
    readonly queryMemoryGiB: number | undefined;
  };
}

export interface FactLists {
  readonly kafka: readonly Settings[];
  readonly connectWorkers: readonly Settings[];
  readonly connectors: readonly Settings[];
  readonly topics: readonly Topic[];
  readonly flink: readonly Settings[];
  readonly trino: readonly Settings[];
  readonly resourceGroups: readonly ResourceGroups[];
  readonly catalogs: readonly Settings[];
  /** Where Trino keeps what it would need to repeat a part of a query. */
  readonly exchangeManagers: readonly Settings[];
  readonly haproxy: readonly HaproxyConfig[];
  readonly redis: readonly Settings[];
  readonly patroni: readonly Settings[];
  /** PostgreSQL's own settings, from wherever they are given: a file, a command line, Patroni. */
  readonly postgres: readonly Settings[];
  readonly prometheus: readonly Settings[];
  readonly alerts: readonly AlertRule[];
  readonly minio: readonly MinioServer[];
  readonly sql: readonly SqlText[];
  readonly seed: readonly SeedFigures[];
  /** Instances of a topology by component; empty for files. */
  readonly instances: readonly { readonly id: string; readonly component: string }[];
  /** Of a topology whose nodes stand in availability zones. */
  readonly zoneLosses: readonly ZoneLoss[];
}

export type FactKind = keyof FactLists;

export interface Facts extends FactLists {
  readonly target: string;
  /** True where every instance of the system is there, so that counting them means something. */
  readonly complete: boolean;
  readonly demand: Demand;
  readonly targets: Targets;
  readonly hardware: Hardware;
  /** Files that were looked at and told nothing, each with the reason. */
  readonly unread: readonly string[];
}

const NO_FACTS: FactLists = {
  kafka: [],
  connectWorkers: [],
  connectors: [],
  topics: [],
  flink: [],
  trino: [],
  resourceGroups: [],
  catalogs: [],
  exchangeManagers: [],
  haproxy: [],
  redis: [],
  patroni: [],
  postgres: [],
  prometheus: [],
  alerts: [],
  minio: [],
  sql: [],
  seed: [],
  instances: [],
  zoneLosses: [],
};

export const FACT_KINDS = Object.keys(NO_FACTS) as readonly FactKind[];

/** How many there are; undefined where a single file cannot say how often it is used. */
export function countOf(facts: Facts, kind: FactKind): number | undefined {
  const { length } = facts[kind];
  return length > 1 || (facts.complete && length > 0) ? length : undefined;
}

/** Servers that take messages, as opposed to controllers alone. */
export function brokersOf(facts: Facts): readonly Settings[] {
  return facts.kafka.filter(({ values }) =>
    (values["process.roles"] ?? "broker").includes("broker"),
  );
}

/** Undefined where a single file cannot say how often it is used. */
export function brokerCountOf(facts: Facts): number | undefined {
  const { length } = brokersOf(facts);
  return length > 1 || (facts.complete && length > 0) ? length : undefined;
}

/** PostgreSQL nodes; undefined where files cannot say. */
export function postgresCountOf(facts: Facts): number | undefined {
  return countOf(facts, facts.patroni.length > 0 ? "patroni" : "postgres");
}

/** Does a standby take over when the primary is lost? */
export function hasFailover(facts: Facts): boolean {
  return facts.patroni.length > 0 || (postgresCountOf(facts) ?? 1) > 1;
}

/** The nodes of the bank's database: Patroni's where it runs one, so that a catalog beside it is not meant. */
export function bankNodes(facts: Facts): readonly Settings[] {
  const files = new Set(facts.patroni.map(({ file }) => file));
  return files.size === 0 ? facts.postgres : facts.postgres.filter(({ file }) => files.has(file));
}
