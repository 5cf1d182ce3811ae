/** What breaks, in which series it shows, and which alerts must tell it. */
import type { AlertName } from "../alerts/index.ts";
import { GONE, level, ramp, type Shape } from "./story.ts";

const FLINK = 'job="flink-taskmanager",instance="flink-taskmanager-0"';
const COMMIT_AGE = `flink_taskmanager_job_task_operator_IcebergFilesCommitter_table_elapsedSecondsSinceLastSuccessfulCommit{${FLINK},table="iceberg_raw_data_users"}`;
const CONNECT = '{job="connect",instance="connect-0",server="dbserver1"}';
const JOB = '{job="flink-jobmanager",instance="flink-jobmanager-0",job_name="lakeproof_raw_data"}';
const EXPORTER = 'job="postgres-exporter",instance="postgres-exporter-0"';
const TARGET = `${EXPORTER},target="postgres-0"`;
const LEADER = '{job="haproxy-postgres",instance="postgres-leader-0",proxy="leader_servers"}';

const exporterUp = `up{${EXPORTER}}`;
const pgUp = `pg_up{${TARGET}}`;
const minioUp = (node: number): string => `up{job="minio",instance="minio-${String(node)}"}`;
const cluster = (metric: string, node: number, more = ""): string =>
  `${metric}{job="minio-cluster",instance="minio-${String(node)}"${more}}`;
const drives = (node: number, set: number): string =>
  cluster("minio_cluster_health_erasure_set_online_drives", node, `,set="${String(set)}"`);
const clusterHealth = (node: number): string => cluster("minio_cluster_health_status", node);
const patroni = (node: number): string =>
  `patroni_primary{job="patroni",instance="postgres-${String(node)}",scope="bank"}`;
const bi = (server: number): string =>
  `haproxy_server_status{job="haproxy-bi",instance="edge-0",proxy="bi_servers",server="superset-${String(server)}",state="UP"}`;
const health = (server: number): string =>
  `probe_success{job="superset",instance="superset-${String(server)}"}`;
const TRINO_UP = 'up{job="trino",instance="trino-0"}';

/** Everything the rules look at, as it is while nothing is wrong. */
export const HEALTHY: Readonly<Record<string, Shape>> = {
  [`debezium_lag_milliseconds${CONNECT}`]: level(150),
  [`debezium_since_last_event_milliseconds${CONNECT}`]: level(80),
  [`debezium_connected${CONNECT}`]: level(1),
  [`lakeproof_pg_database_rows_changed_total{${TARGET},datname="bank"}`]: ramp(0, 5000),
  [`lakeproof_pg_is_primary{${TARGET}}`]: level(1),
  'kafka_topic_messages_in_total{job="kafka",instance="kafka-0",topic="dbserver1.bank.users"}':
    ramp(0, 5000),
  [COMMIT_AGE]: level(4),
  lakeproof_freshness_seconds: level(6),
  [`flink_jobmanager_job_numRestarts${JOB}`]: level(0),
  [`flink_jobmanager_job_runningState${JOB}`]: level(1),
  [pgUp]: level(1),
  [exporterUp]: level(1),
  [patroni(0)]: level(1),
  [patroni(1)]: level(0),
  [`haproxy_backend_active_servers${LEADER}`]: level(1),
  [`haproxy_backend_connection_errors_total${LEADER}`]: level(0),
  ...Object.fromEntries(
    [0, 1].flatMap((node) => [
      [minioUp(node), level(1)],
      [cluster("minio_cluster_drive_total", node), level(32)],
      [drives(node, 0), level(16)],
      [drives(node, 1), level(16)],
      [clusterHealth(node), level(1)],
    ]),
  ),
  [TRINO_UP]: level(1),
  ...Object.fromEntries([0, 1, 2].flatMap((n) => [bi(n), health(n)].map((s) => [s, level(1)]))),
};

export interface Told {
  readonly signal: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What the alert's expression gives at that time, where its text says it. */
  readonly value?: number;
}

export interface Case {
  readonly alert: AlertName;
  /** The rule under test; its detection time says when the alert must be there. */
  readonly signal: string;
  readonly broken: Readonly<Record<string, Shape>>;
  /** How a series goes on where it is not as before: a counter keeps its count. */
  readonly after?: Readonly<Record<string, Shape>>;
  /** Every alert of that name that must fire then, and no other. */
  readonly told: readonly Told[];
}

const server = { server: "dbserver1" };
const job = { job_name: "lakeproof_raw_data" };
const node1 = { job: "minio", instance: "minio-1" };
const postgres = {
  job: "postgres-exporter",
  instance: "postgres-exporter-0",
  target: "postgres-0",
};
const trino = { job: "trino", instance: "trino-0" };

export const CASES: readonly Case[] = [
  lag("debezium-lag", `debezium_lag_milliseconds${CONNECT}`, ramp(5000, 5000), server, 75_000),
  lag(
    "debezium-silent",
    `debezium_since_last_event_milliseconds${CONNECT}`,
    ramp(5000, 5000),
    server,
    75_000,
  ),
  lag("lake", COMMIT_AGE, ramp(5, 5), {}, 75),
  lag("freshness", "lakeproof_freshness_seconds", ramp(5, 5), {}, 75),
  lag("debezium-unknown", `debezium_lag_milliseconds${CONNECT}`, GONE, {}),
  lag("lake-unknown", COMMIT_AGE, GONE, {}),
  {
    alert: "FlinkJobFailure",
    signal: "restarted",
    broken: { [`flink_jobmanager_job_numRestarts${JOB}`]: level(1) },
    after: { [`flink_jobmanager_job_numRestarts${JOB}`]: level(1) },
    told: [{ signal: "restarted", labels: job, value: 1 }],
  },
  single(
    "FlinkJobFailure",
    "not-running",
    `flink_jobmanager_job_runningState${JOB}`,
    level(0),
    job,
  ),
  single("FlinkJobFailure", "missing", `flink_jobmanager_job_runningState${JOB}`, GONE, {}),
  single("DatabaseConnectionFailure", "refused", pgUp, level(0), postgres),
  {
    alert: "DatabaseConnectionFailure",
    signal: "hangs",
    broken: { [exporterUp]: level(0), [pgUp]: GONE },
    told: [
      { signal: "hangs", labels: { job: postgres.job, instance: postgres.instance } },
      // The only exporter there is says nothing either.
      { signal: "unknown", labels: {} },
    ],
  },
  single("DatabaseConnectionFailure", "unknown", pgUp, GONE, {}),
  single("DatabaseConnectionFailure", "no-leader", patroni(0), level(0), { scope: "bank" }),
  {
    alert: "DatabaseConnectionFailure",
    signal: "no-member",
    broken: { [patroni(0)]: GONE, [patroni(1)]: GONE },
    told: [{ signal: "no-member", labels: {} }],
  },
  single(
    "DatabaseConnectionFailure",
    "endpoint-empty",
    `haproxy_backend_active_servers${LEADER}`,
    level(0),
    {},
  ),
  {
    alert: "DatabaseConnectionFailure",
    signal: "connection-errors",
    broken: { [`haproxy_backend_connection_errors_total${LEADER}`]: level(4) },
    after: { [`haproxy_backend_connection_errors_total${LEADER}`]: level(4) },
    told: [{ signal: "connection-errors", labels: {}, value: 4 }],
  },
  single(
    "DatabaseConnectionFailure",
    "debezium-disconnected",
    `debezium_connected${CONNECT}`,
    level(0),
    server,
  ),
  {
    alert: "MinioDegraded",
    signal: "drives-missing",
    // One drive of each set, seen by one node only: the other has not looked yet.
    broken: { [drives(0, 0)]: level(15), [drives(0, 1)]: level(15) },
    told: [{ signal: "drives-missing", labels: {}, value: 2 }],
  },
  single("MinioDegraded", "node-down", minioUp(1), level(0), node1),
  single("MinioDegraded", "no-write-quorum", clusterHealth(0), level(0), {}),
  {
    alert: "MinioDegraded",
    signal: "unknown",
    broken: { [clusterHealth(0)]: GONE, [clusterHealth(1)]: GONE },
    told: [{ signal: "unknown", labels: {} }],
  },
  single("TrinoCoordinatorDown", "down", TRINO_UP, level(0), trino),
  single("TrinoCoordinatorDown", "unknown", TRINO_UP, GONE, { job: "trino" }),
  {
    alert: "BiBelowTwoInstances",
    signal: "load-balancer",
    broken: { [bi(1)]: level(0), [bi(2)]: level(0) },
    told: [{ signal: "load-balancer", labels: {}, value: 1 }],
  },
  {
    alert: "BiBelowTwoInstances",
    signal: "black-box",
    broken: { [health(0)]: level(0), [health(1)]: level(0), [health(2)]: level(0) },
    told: [{ signal: "black-box", labels: {}, value: 0 }],
  },
  {
    alert: "BiBelowTwoInstances",
    signal: "unknown",
    broken: { [bi(0)]: GONE, [bi(1)]: GONE, [bi(2)]: GONE },
    told: [{ signal: "unknown", labels: { proxy: "bi_servers", state: "UP" } }],
  },
];

/** What looks like trouble for a while and is none. */
export const HARMLESS: readonly {
  readonly about: string;
  readonly lastsS: number;
  readonly broken: Readonly<Record<string, Shape>>;
}[] = [
  {
    about: "one BI instance of three is down",
    lastsS: 120,
    broken: { [bi(2)]: level(0), [health(2)]: level(0) },
  },
  {
    about: "the connector moved to another worker",
    lastsS: 30,
    broken: {
      [`debezium_lag_milliseconds${CONNECT}`]: GONE,
      [`debezium_since_last_event_milliseconds${CONNECT}`]: GONE,
      [`debezium_connected${CONNECT}`]: GONE,
    },
  },
  {
    about: "the lag comes near a minute",
    lastsS: 120,
    broken: { [`debezium_lag_milliseconds${CONNECT}`]: level(59_000) },
  },
  {
    about: "nobody changes anything",
    lastsS: 120,
    broken: {
      [`debezium_since_last_event_milliseconds${CONNECT}`]: ramp(5000, 5000),
      [`lakeproof_pg_database_rows_changed_total{${TARGET},datname="bank"}`]: level(0),
    },
  },
];

/** Gone at once with everything else: what each alert says when nothing is told any more. */
export const NOTHING_TOLD: readonly Omit<Case, "signal" | "broken">[] = [
  {
    alert: "CdcLagAboveOneMinute",
    told: [
      { signal: "debezium-unknown", labels: {} },
      { signal: "lake-unknown", labels: {} },
    ],
  },
  { alert: "FlinkJobFailure", told: [{ signal: "missing", labels: {} }] },
  {
    alert: "DatabaseConnectionFailure",
    told: [
      { signal: "unknown", labels: {} },
      { signal: "no-member", labels: {} },
    ],
  },
  { alert: "MinioDegraded", told: [{ signal: "unknown", labels: {} }] },
  { alert: "TrinoCoordinatorDown", told: [{ signal: "unknown", labels: { job: "trino" } }] },
  {
    alert: "BiBelowTwoInstances",
    told: [{ signal: "unknown", labels: { proxy: "bi_servers", state: "UP" } }],
  },
];

function lag(
  signal: string,
  series: string,
  shape: Shape,
  labels: Readonly<Record<string, string>>,
  value?: number,
): Case {
  return single("CdcLagAboveOneMinute", signal, series, shape, labels, value);
}

function single(
  alert: AlertName,
  signal: string,
  series: string,
  shape: Shape,
  labels: Readonly<Record<string, string>>,
  value?: number,
): Case {
  const told: Told = { signal, labels, ...(value === undefined ? {} : { value }) };
  return { alert, signal, broken: { [series]: shape }, told: [told] };
}
