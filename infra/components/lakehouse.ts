/**
 * The lake's catalog, its two tables, and the streaming job that appends every change to them.
 * The seed's DDL is meant, in the form both engines take: JSON becomes STRING, and columns are added
 * without which nobody could prove a loss (lane, sequence, bucket, fingerprint, offset, LSN).
 */
import { LAKE_BUSINESS_COLUMNS, topicOf, type BankTable } from "../../core/bank-schema.ts";
import type { Component, ComponentContext } from "../../core/contracts/component.ts";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import {
  FLINK_ENDED,
  flinkCheckpoints,
  flinkJobs,
  runFlinkSql,
  type FlinkCheckpoints,
  type FlinkJob,
} from "../clients/flink.ts";
import { OBJECT_STORE_KEY } from "../clients/object-store.ts";
import { FLINK_TIMINGS } from "./flink.ts";
import { KAFKA_TIMINGS } from "./kafka.ts";
import { WAREHOUSE_BUCKET } from "./minio.ts";
import { CATALOG_DATABASE } from "./postgres.ts";

const JOB_NAME = "lakeproof-raw-data";
const CATALOG = "iceberg";

const CHANGELOG_FORMAT = "debezium-json";

const TYPES: Readonly<Record<string, string>> = {
  id: "BIGINT",
  user_id: "BIGINT",
  balance: "BIGINT",
};

/** The consumer group in which Flink reads a change topic. */
export function consumerGroupOf(table: BankTable): string {
  return `flink-raw-${table}`;
}

export const lakehouse: Component = {
  kind: "lakehouse",
  artifacts: [],
  instances: () => [],
  // Inserts and both images of updates, for tables that have no key to fold them by.
  settings: { format: [CHANGELOG_FORMAT] },
  configure: async (context, signal) => {
    const jobManager = context.endpoints.address("flink-jobmanager");
    const jobs = await settledJobs(jobManager, signal);
    if (jobs.every(hasEnded)) {
      const savepoint = await lastSavepoint(jobManager, jobs, signal);
      const statements = lakeStatements(context, savepoint);
      await runFlinkSql(context.endpoints.address("flink-sql"), statements, signal);
    }
    await untilCheckpointed(jobManager, signal);
  },
};

/**
 * The DDL and the job, as they are sent to the SQL gateway; `lint` reads them too. With a savepoint the job goes on
 * from there: the same statements give its operators the same ids again.
 */
export function lakeStatements(context: ComponentContext, savepoint?: string): readonly string[] {
  const kafka = context.endpoints.addresses("kafka").join(",");
  const isChangelog = context.settings["format"] === CHANGELOG_FORMAT;
  const source = isChangelog ? changelogSql : sourceSql;
  const select = isChangelog ? changelogSelect : imageSelect;
  const insert = (table: BankTable): string => insertSql(table, context, select(table));
  return [
    catalogSql(context),
    `CREATE DATABASE IF NOT EXISTS ${CATALOG}.raw_data`,
    tableSql("users"),
    tableSql("accounts"),
    source("users", kafka),
    source("accounts", kafka),
    `SET 'pipeline.name' = '${JOB_NAME}'`,
    ...(savepoint === undefined ? [] : [`SET 'execution.state-recovery.path' = '${savepoint}'`]),
    `EXECUTE STATEMENT SET BEGIN ${insert("users")}; ${insert("accounts")}; END`,
  ];
}

function catalogSql(context: ComponentContext): string {
  return `CREATE CATALOG ${CATALOG} WITH (
    'type' = 'iceberg', 'catalog-impl' = 'org.apache.iceberg.jdbc.JdbcCatalog',
    'uri' = 'jdbc:postgresql://${context.endpoints.address("postgres")}/${CATALOG_DATABASE}',
    'jdbc.user' = 'lakeproof', 'jdbc.password' = '', 'jdbc.schema-version' = 'V1',
    'warehouse' = 's3a://${WAREHOUSE_BUCKET}', 'io-impl' = 'org.apache.iceberg.aws.s3.S3FileIO',
    's3.endpoint' = 'http://${context.endpoints.address("minio")}',
    's3.path-style-access' = 'true', 's3.access-key-id' = '${OBJECT_STORE_KEY}',
    's3.secret-access-key' = '${context.secret}', 'client.region' = 'us-east-1')`;
}

function businessColumns(table: BankTable): readonly { name: string; type: string }[] {
  return LAKE_BUSINESS_COLUMNS[table].map((name) => ({ name, type: TYPES[name] ?? "STRING" }));
}

/**
 * Every commit adds a manifest, and every query reads them all: merged at 8 instead of Iceberg's 100, planning
 * stays cheap while a stream commits every few seconds.
 */
function tableSql(table: BankTable): string {
  const business = businessColumns(table).map(({ name, type }) => `${name} ${type}`);
  return `CREATE TABLE IF NOT EXISTS ${CATALOG}.raw_data.${table} (
    ${business.join(", ")}, op STRING, ts_ms BIGINT, source_table STRING, partition_date DATE,
    lane INT, seq BIGINT, bucket INT, fp BIGINT, source_ts_ms BIGINT, lsn BIGINT,
    kafka_partition INT, kafka_offset BIGINT
  ) PARTITIONED BY (partition_date, source_table) WITH (
    'format-version' = '2', 'location' = 's3a://${WAREHOUSE_BUCKET}/raw_data/${table}',
    'write.distribution-mode' = 'none',
    'write.metadata.delete-after-commit.enabled' = 'true',
    'write.metadata.previous-versions-max' = '10',
    'commit.manifest.min-count-to-merge' = '8',
    'commit.retry.num-retries' = '10')`;
}

/** Plain JSON with the envelope as a row: the debezium format would hide `op` and turn deletes into retractions. */
function sourceSql(table: BankTable, kafka: string): string {
  const image = imageColumns(table);
  return `CREATE TEMPORARY TABLE default_catalog.default_database.${table}_changes (
    \`before\` ROW<${image}>, \`after\` ROW<${image}>, op STRING, ts_ms BIGINT,
    source ROW<\`table\` STRING, lsn BIGINT, ts_ms BIGINT>,
    kafka_partition INT METADATA FROM 'partition' VIRTUAL,
    kafka_offset BIGINT METADATA FROM 'offset' VIRTUAL
  ) WITH (${sourceOptions(table, kafka, "json")})`;
}

function imageColumns(table: BankTable): string {
  return [
    ...businessColumns(table).map(({ name, type }) => `${name} ${type}`),
    ...["lane INT", "seq BIGINT", "bucket INT", "fp BIGINT"],
  ].join(", ");
}

function sourceOptions(table: BankTable, kafka: string, format: string): string {
  return `'connector' = 'kafka', 'topic' = '${topicOf(table)}',
    'properties.bootstrap.servers' = '${kafka}', 'properties.group.id' = '${consumerGroupOf(table)}',
    'properties.isolation.level' = 'read_committed',
    'properties.request.timeout.ms' = '${String(KAFKA_TIMINGS.clientRequestTimeoutMs)}',
    'scan.startup.mode' = 'earliest-offset', 'format' = '${format}'`;
}

/** Known to be wrong here: the same records as rows that are inserted, taken back and inserted anew. */
function changelogSql(table: BankTable, kafka: string): string {
  return `CREATE TEMPORARY TABLE default_catalog.default_database.${table}_changes (
    ${imageColumns(table)},
    origin MAP<STRING, STRING> METADATA FROM 'value.source.properties' VIRTUAL,
    kafka_partition INT METADATA FROM 'partition' VIRTUAL,
    kafka_offset BIGINT METADATA FROM 'offset' VIRTUAL
  ) WITH (${sourceOptions(table, kafka, CHANGELOG_FORMAT)})`;
}

/** The format keeps what a row was to be done with to itself: each is written as a version of its row. */
function changelogSelect(table: BankTable): string {
  const business = businessColumns(table).map(({ name }) => name);
  const committedMs = "CAST(origin['ts_ms'] AS BIGINT)";
  return `SELECT ${business.join(", ")}, 'u', ${committedMs},
    origin['table'], CAST(TO_TIMESTAMP_LTZ(${committedMs}, 3) AS DATE),
    lane, seq, bucket, fp, ${committedMs}, CAST(origin['lsn'] AS BIGINT), kafka_partition, kafka_offset`;
}

/**
 * Every writer leaves one file a table and checkpoint, and every query opens them all: `writerCount` keeps them
 * few where the load is small. Without it each of the job's tasks writes.
 */
function insertSql(table: BankTable, context: ComponentContext, select: string): string {
  const { writerCount } = context.config;
  const hint =
    writerCount === undefined
      ? ""
      : ` /*+ OPTIONS('write-parallelism' = '${String(writerCount)}') */`;
  return `INSERT INTO ${CATALOG}.raw_data.${table}${hint} ${select}
    FROM default_catalog.default_database.${table}_changes`;
}

function imageSelect(table: BankTable): string {
  const image = (name: string): string => `COALESCE(\`after\`.${name}, \`before\`.${name})`;
  const business = businessColumns(table).map(({ name }) => image(name));
  return `SELECT ${business.join(", ")}, op, ts_ms,
    source.\`table\`, CAST(TO_TIMESTAMP_LTZ(ts_ms, 3) AS DATE),
    ${image("lane")}, CASE WHEN op = 'd' THEN \`before\`.seq + 1 ELSE \`after\`.seq END,
    ${image("bucket")}, ${image("fp")}, source.ts_ms, source.lsn, kafka_partition, kafka_offset`;
}

async function ownJobs(jobManager: string, signal: AbortSignal): Promise<readonly FlinkJob[]> {
  return (await flinkJobs(jobManager, signal)).filter(({ name }) => name === JOB_NAME);
}

function hasEnded({ state }: FlinkJob): boolean {
  return FLINK_ENDED.includes(state);
}

/**
 * A job that was told to stop with a savepoint runs until that is complete, and a little longer: taken for one that
 * will go on, it would leave nothing behind. One whose stop has failed is told by the time.
 */
async function settledJobs(jobManager: string, signal: AbortSignal): Promise<readonly FlinkJob[]> {
  const deadlineMs = host.monotonicMs() + FLINK_TIMINGS.checkpointTimeoutMs;
  for (;;) {
    const jobs = await ownJobs(jobManager, signal);
    const current = jobs.find((job) => !hasEnded(job));
    if (current === undefined || host.monotonicMs() > deadlineMs) return jobs;
    if (!isStopping(await flinkCheckpoints(jobManager, current.jid, signal))) return jobs;
    await host.sleep(500, signal);
  }
}

/** Pure. Savepoints are taken to stop the job and for nothing else. */
export function isStopping({
  latest,
  history,
}: Pick<FlinkCheckpoints, "latest" | "history">): boolean {
  const isTaken = latest.savepoint !== null && latest.savepoint !== undefined;
  return isTaken || history.some((one) => one.is_savepoint && one.status === "IN_PROGRESS");
}

/**
 * Where the newest of the ended jobs left its state; undefined where none ever ran. Throws PROVISIONING_FAILED when it
 * left nothing: from the beginning everything would come into the lake a second time.
 */
async function lastSavepoint(
  jobManager: string,
  ended: readonly FlinkJob[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const [newest] = ended.toSorted((a, b) => b["end-time"] - a["end-time"]);
  if (newest === undefined) return undefined;
  const { latest } = await flinkCheckpoints(jobManager, newest.jid, signal);
  if (newest.state === "FINISHED" && latest.savepoint) return latest.savepoint.external_path;
  throw new LakeproofError(
    "PROVISIONING_FAILED",
    `Flink's job ${newest.jid} is ${newest.state} and left no savepoint to go on from.`,
    { hint: "Read the JobManager's log. `lakeproof down` and `up` start with an empty lake." },
  );
}

/** Ready means: the job has completed a checkpoint, so that a commit to the lake can happen at all. */
async function untilCheckpointed(jobManager: string, signal: AbortSignal): Promise<void> {
  const deadlineMs = host.monotonicMs() + 240_000;
  let seen = "no job";
  while (host.monotonicMs() < deadlineMs) {
    const job = (await ownJobs(jobManager, signal)).find((found) => !hasEnded(found));
    if (job !== undefined) {
      const checkpoints = await flinkCheckpoints(jobManager, job.jid, signal);
      seen = `${job.state}, ${String(checkpoints.counts.completed)} checkpoints`;
      if (job.state === "RUNNING" && checkpoints.counts.completed > 0) return;
    }
    await host.sleep(200, signal);
  }
  throw new LakeproofError("PROVISIONING_FAILED", `The Flink job does not checkpoint: ${seen}.`, {
    hint: "Read logs/flink-jobmanager-0.log and logs/flink-taskmanager-0.log.",
  });
}
