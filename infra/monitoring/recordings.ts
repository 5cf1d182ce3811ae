/** What each stage of the way passes on, per second: recorded, so that harness and boards read the same numbers. */
import { BANK_DATABASE, TOPIC_PREFIX } from "../../core/bank-schema.ts";
import type { MetricName } from "./metrics/index.ts";

/** Long enough for six scrapes, short enough to show a pause of half a minute. */
const RATE_WINDOW = "30s";
/** Trino completes few queries, and the lake is committed to every few seconds only. */
const SLOW_WINDOW = "1m";

export interface Recording {
  readonly record: MetricName;
  readonly expr: string;
  readonly about: string;
}

const BANK_TOPICS = `topic=~"${TOPIC_PREFIX}[.]bank[.].+"`;

export const RECORDINGS: readonly Recording[] = [
  {
    record: "lakeproof:postgres_wal_bytes:rate",
    expr: `sum(rate(lakeproof_pg_wal_bytes_total[${RATE_WINDOW}]) and on (instance) lakeproof_pg_is_primary == 1)`,
    about: "WAL the primary writes",
  },
  {
    record: "lakeproof:postgres_commits:rate",
    expr: primary("lakeproof_pg_database_commits_total"),
    about: "Transactions committed in the bank's database, those of its watchers included",
  },
  {
    record: "lakeproof:postgres_changes:rate",
    expr: primary("lakeproof_pg_database_rows_changed_total"),
    about: "Rows inserted, updated or deleted in the bank's database",
  },
  {
    record: "lakeproof:debezium_events:rate",
    expr: `sum(rate(debezium_events_seen_total[${RATE_WINDOW}]))`,
    about: "Changes Debezium reads",
  },
  {
    record: "lakeproof:connect_records:rate",
    expr: `sum(rate(connect_source_records_written_total[${RATE_WINDOW}]))`,
    about: "Records Connect writes to Kafka, heartbeats included",
  },
  {
    record: "lakeproof:kafka_events_in:rate",
    expr: `sum(rate(kafka_topic_messages_in_total{${BANK_TOPICS}}[${RATE_WINDOW}]))`,
    about: "Records appended to the change topics",
  },
  {
    record: "lakeproof:flink_events_in:rate",
    expr: `sum(rate(flink_taskmanager_job_task_operator_numRecordsOut{operator_name=~"Source.*"}[${RATE_WINDOW}]))`,
    about: "Records Flink's sources have read from Kafka and passed on",
  },
  {
    record: "lakeproof:flink_events_out:rate",
    expr: `sum(rate(flink_taskmanager_job_task_operator_numRecordsIn{operator_name=~"IcebergStreamWriter.*"}[${RATE_WINDOW}]))`,
    about: "Records Flink's writers have put into data files",
  },
  {
    record: "lakeproof:iceberg_records:rate",
    expr: `sum(rate(flink_taskmanager_job_task_operator_IcebergFilesCommitter_table_committedDataFilesRecordCount[${SLOW_WINDOW}]))`,
    about: "Records in commits to the lake",
  },
  {
    record: "lakeproof:trino_queries:rate",
    expr: `sum(rate(trino_execution_name_QueryManager_CompletedQueries{job="trino"}[${SLOW_WINDOW}]))`,
    about: "Queries Trino has finished, whether well or not",
  },
  {
    record: "lakeproof:checkpoint_age_seconds",
    // Before the first checkpoint the timestamp is negative, and there is no age yet.
    expr: "time() - max(flink_jobmanager_job_lastCheckpointCompletedTimestamp > 0) / 1000",
    about: "Time since Flink last completed a checkpoint",
  },
];

/** A standby counts what it replays: only the primary's figure is that of the clients. */
function primary(metric: MetricName): string {
  return `sum(rate(${metric}{datname="${BANK_DATABASE}"}[${RATE_WINDOW}]) and on (instance) lakeproof_pg_is_primary == 1)`;
}
