/** From rows to what is printed: grouped by the seed's services, worst first, and one line for all. Pure. */
import { plural } from "../lint/figures.ts";
import { HEALTH_STATUSES, type HealthStatus } from "./finding.ts";
import type { HealthRow } from "./run.ts";

/** The services of the seed's daily health check, and by which kinds of components each is made up here. */
export const HEALTH_GROUPS = {
  postgres: ["postgres", "patroni", "etcd", "haproxy-postgres"],
  kafka: ["kafka"],
  "flink-jobmanager": [
    "flink-jobmanager",
    "flink-taskmanager",
    "flink-sql-gateway",
    "flink-zookeeper",
  ],
  "trino-coordinator": ["trino", "trino-worker"],
  minio: ["minio", "haproxy-minio"],
  "metabase (BI)": ["metabase", "superset", "superset-content", "haproxy-bi", "waf"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

const OTHERS = "others";

export type HealthCounts = Readonly<Record<HealthStatus, number>>;

export interface HealthGroup {
  readonly name: string;
  readonly status: HealthStatus;
  readonly checks: readonly HealthRow[];
}

export interface HealthReport {
  readonly schema: "lakeproof.health/1";
  readonly lab: string;
  readonly topology: string;
  readonly status: "healthy" | "unhealthy";
  readonly elapsedMs: number;
  readonly counts: HealthCounts;
  readonly summary: string;
  readonly groups: readonly HealthGroup[];
}

export interface HealthFacts {
  readonly lab: string;
  readonly topology: string;
  readonly elapsedMs: number;
  readonly rows: readonly HealthRow[];
}

export function healthReport(facts: HealthFacts): HealthReport {
  const { lab, topology, elapsedMs, rows } = facts;
  const counts = countsOf(rows);
  return {
    schema: "lakeproof.health/1",
    lab,
    topology,
    status: counts.bad === 0 ? "healthy" : "unhealthy",
    elapsedMs: Math.round(elapsedMs),
    counts,
    summary: summaryLine(counts, elapsedMs),
    groups: groupRows(rows),
  };
}

export function groupOf(component: string): string {
  const groups: Readonly<Record<string, readonly string[]>> = HEALTH_GROUPS;
  return Object.keys(groups).find((name) => groups[name]?.includes(component)) ?? OTHERS;
}

/** The seed's services in its order, then all others; inside each the worst first. Groups without rows are left out. */
function groupRows(rows: readonly HealthRow[]): readonly HealthGroup[] {
  return [...Object.keys(HEALTH_GROUPS), OTHERS].flatMap((name) => {
    const checks = rows
      .filter(({ component }) => groupOf(component) === name)
      .toSorted((a, b) => rank(a.status) - rank(b.status));
    const [worst] = checks;
    return worst === undefined ? [] : [{ name, status: worst.status, checks }];
  });
}

function rank(status: HealthStatus): number {
  return HEALTH_STATUSES.indexOf(status);
}

function countsOf(rows: readonly HealthRow[]): HealthCounts {
  const count = (wanted: HealthStatus): number =>
    rows.filter(({ status }) => status === wanted).length;
  return { bad: count("bad"), warn: count("warn"), ok: count("ok") };
}

function summaryLine(counts: HealthCounts, elapsedMs: number): string {
  const { bad, warn, ok } = counts;
  const word = bad === 0 ? "HEALTHY" : "UNHEALTHY";
  return `${word}: ${plural(bad + warn + ok, "check")}, ${String(bad)} bad, ${plural(warn, "warning")} (${(elapsedMs / 1000).toFixed(1)} s)`;
}

const WORDS = { bad: "BAD ", warn: "warn", ok: "ok  " } as const satisfies Record<
  HealthStatus,
  string
>;
const NAME_WIDTH_MAX = 44;

/** The table, and the summary as its last line. */
export function healthText(report: HealthReport): string {
  const names = report.groups.flatMap(({ checks }) => checks.map(nameOf));
  const width = Math.min(NAME_WIDTH_MAX, Math.max(0, ...names.map(({ length }) => length)));
  const lines = report.groups.flatMap((group) => [
    group.name,
    ...group.checks.flatMap((row) => rowLines(row, width)),
    "",
  ]);
  return [`${report.lab} (${report.topology})`, "", ...lines, report.summary, ""].join("\n");
}

/** Only what is about more than an instance needs its service's name: an instance has it in its own. */
function nameOf(row: HealthRow): string {
  return row.instance ?? `${row.service}: ${row.check}`;
}

function rowLines(row: HealthRow, width: number): readonly string[] {
  const line = `  ${WORDS[row.status]}  ${nameOf(row).padEnd(width)}  ${row.observed}`;
  if (row.status === "ok") return [line];
  return [line, `        expected: ${row.expected}`, `        do: ${row.hint}`];
}
