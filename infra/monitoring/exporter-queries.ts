/**
 * What the PostgreSQL exporter asks. Its own queries are switched off: those of the exporter at hand know no
 * column that PostgreSQL renamed since version 15, and most of what they read nobody here looks at.
 */
import type { Json } from "../../core/contracts/values.ts";
import type { MetricName } from "./metrics/index.ts";
import { yamlText } from "./yaml.ts";

interface Column {
  readonly column: string;
  readonly usage: "LABEL" | "COUNTER" | "GAUGE";
  readonly about: string;
}

/** One query; a column's metric is called `<namespace>_<column>`. */
interface ExporterQuery {
  readonly namespace: string;
  readonly sql: string;
  readonly columns: readonly Column[];
  /** How long an answer is kept. Absent: every scrape asks. */
  readonly cacheS?: number;
}

/** On every PostgreSQL server. A standby has no current WAL position: it counts what it has replayed. */
const SERVER_QUERIES: readonly ExporterQuery[] = [
  {
    namespace: "lakeproof_pg",
    sql: `SELECT CASE WHEN pg_is_in_recovery() THEN 0 ELSE 1 END AS is_primary,
        pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
          ELSE pg_current_wal_lsn() END, '0/0')::float8 AS wal_bytes_total,
        (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
        current_setting('max_connections')::int AS connections_max`,
    columns: [
      gauge("is_primary", "1 where the server takes writes"),
      counter("wal_bytes_total", "WAL written, on a standby replayed, since the cluster was made"),
      gauge("connections", "Client connections"),
      gauge("connections_max", "Client connections at which the server refuses more"),
    ],
  },
  {
    namespace: "lakeproof_pg_database",
    sql: `SELECT datname, xact_commit AS commits_total, xact_rollback AS rollbacks_total,
        tup_inserted + tup_updated + tup_deleted AS rows_changed_total
        FROM pg_stat_database WHERE datname NOT IN ('template0', 'template1')`,
    columns: [
      label("datname", "Database"),
      counter("commits_total", "Transactions committed"),
      counter("rollbacks_total", "Transactions rolled back"),
      counter("rows_changed_total", "Rows inserted, updated or deleted"),
    ],
  },
  {
    namespace: "lakeproof_pg_slot",
    sql: `SELECT slot_name, active::int AS active,
        pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
          ELSE pg_current_wal_lsn() END, confirmed_flush_lsn)::float8 AS unconfirmed_bytes
        FROM pg_replication_slots WHERE slot_type = 'logical'`,
    columns: [
      label("slot_name", "Logical replication slot"),
      gauge("active", "1 while somebody reads the slot"),
      gauge("unconfirmed_bytes", "WAL that the slot's reader has not confirmed"),
    ],
  },
];

/**
 * Superset writes every chart query and dashboard view into `logs` of its metadata database: the only place
 * where its use can be counted, for it has no metrics endpoint. The table has no index but its key, hence
 * the cache.
 */
const SUPERSET_QUERIES: readonly ExporterQuery[] = [
  {
    namespace: "lakeproof_superset_action",
    sql: `SELECT action, count(*) AS calls_total,
        coalesce(sum(duration_ms), 0) AS duration_milliseconds_total
        FROM logs WHERE action IS NOT NULL GROUP BY action`,
    cacheS: 15,
    columns: [
      label("action", "What Superset did, as class and method"),
      counter("calls_total", "Calls"),
      counter("duration_milliseconds_total", "Time they took together"),
    ],
  },
  {
    namespace: "lakeproof_superset_dashboard",
    sql: `SELECT dashboard_id, count(*) AS calls_total FROM logs
        WHERE dashboard_id IS NOT NULL GROUP BY dashboard_id`,
    cacheS: 15,
    columns: [
      label("dashboard_id", "Dashboard"),
      counter("calls_total", "Logged calls that belong to the dashboard"),
    ],
  },
  {
    namespace: "lakeproof_superset",
    sql: `SELECT count(DISTINCT user_id) AS active_users FROM logs
        WHERE dttm > (now() AT TIME ZONE 'UTC') - interval '5 minutes'`,
    cacheS: 15,
    columns: [gauge("active_users", "Users who did something in the last five minutes")],
  },
];

export const EXPORTER_QUERIES = {
  server: SERVER_QUERIES,
  superset: SUPERSET_QUERIES,
} as const satisfies Record<string, readonly ExporterQuery[]>;
export type ExporterQuerySet = keyof typeof EXPORTER_QUERIES;

function label(column: string, about: string): Column {
  return { column, usage: "LABEL", about };
}

function gauge(column: string, about: string): Column {
  return { column, usage: "GAUGE", about };
}

function counter(column: string, about: string): Column {
  return { column, usage: "COUNTER", about };
}

/** The text of the exporter's query file. */
export function exporterQueriesYaml(set: ExporterQuerySet): string {
  const queries = EXPORTER_QUERIES[set].map(
    ({ namespace, sql, columns, cacheS }: ExporterQuery): [string, Json] => [
      namespace,
      {
        query: sql.replaceAll(/\s+/g, " "),
        ...(cacheS === undefined ? {} : { cache_seconds: cacheS }),
        metrics: columns.map(({ column, usage, about }) => ({
          [column]: { usage, description: about },
        })),
      },
    ],
  );
  return yamlText(Object.fromEntries(queries));
}

/** Names of the metrics a query set makes. */
export function exporterMetricNames(set: ExporterQuerySet): readonly MetricName[] {
  return EXPORTER_QUERIES[set].flatMap(({ namespace, columns }: ExporterQuery) =>
    columns
      .filter(({ usage }) => usage !== "LABEL")
      .map(({ column }) => `${namespace}_${column}` as MetricName),
  );
}
