/** The seed's "CDC lag > 1 minute", at each place where a minute can be lost. */
import { BANK_DATABASE } from "../../../core/bank-schema.ts";
import { TIMINGS } from "../timings.ts";
import { type AlertRule, need } from "./alert.ts";

const ONE_MINUTE_S = 60;
/** A metric must be gone for longer than a connector or a job takes to start again. */
const UNKNOWN_S = ONE_MINUTE_S;
const { scrapeTimeoutS } = TIMINGS;

const COMMIT_AGE =
  "flink_taskmanager_job_task_operator_IcebergFilesCommitter_table_elapsedSecondsSinceLastSuccessfulCommit";

export const CDC_LAG: readonly AlertRule[] = [
  {
    alert: "CdcLagAboveOneMinute",
    signal: "debezium-lag",
    needs: [need("connect")],
    expr: `max by (server) (debezium_lag_milliseconds) > ${String(ONE_MINUTE_S * 1000)}`,
    forS: 0,
    // The first change that is read after the pause is as old as the pause was long.
    growsS: ONE_MINUTE_S,
    severity: "critical",
    summary: "Debezium reads changes that were committed more than a minute ago",
    description: 'The last change Debezium read was {{ printf "%.0f" $value }} ms old.',
    runbook:
      "Compare queue, Kafka latency and the slot's backlog: the first that is full is the slow one.",
    firedBy: { fault: "process-pause", component: "connect", holdS: 75 },
  },
  {
    alert: "CdcLagAboveOneMinute",
    signal: "debezium-silent",
    needs: [need("connect"), need("postgres-exporter")],
    // The lag itself keeps its last good value when nothing arrives any more.
    expr: `min by (server) (debezium_since_last_event_milliseconds) > ${String(ONE_MINUTE_S * 1000)} and on () lakeproof:postgres_changes:rate > 0`,
    forS: 0,
    growsS: ONE_MINUTE_S,
    severity: "critical",
    summary: `Rows of ${BANK_DATABASE} change, but Debezium has seen no change for more than a minute`,
    description: 'Debezium saw its last change {{ printf "%.0f" $value }} ms ago.',
    runbook: "Look at the connector's status and at whether its replication slot is active.",
    firedBy: { fault: "process-pause", component: "postgres", holdS: 75 },
  },
  {
    alert: "CdcLagAboveOneMinute",
    signal: "lake",
    needs: [need("flink-taskmanager"), need("kafka")],
    // A table without changes gets no commits: the youngest commit of all tables tells.
    expr: `min(${COMMIT_AGE}) > ${String(ONE_MINUTE_S)} and on () lakeproof:kafka_events_in:rate > 0`,
    forS: 0,
    growsS: ONE_MINUTE_S,
    severity: "critical",
    summary: "Changes are in Kafka, but Iceberg has had no commit for more than a minute",
    description: 'The last commit to the lake was {{ printf "%.0f" $value }} s ago.',
    runbook:
      "Look at Flink's checkpoints: no commit without one. Then at the object store and the catalog.",
    firedBy: { fault: "process-pause", component: "minio", holdS: 75 },
  },
  {
    alert: "CdcLagAboveOneMinute",
    signal: "freshness",
    needs: [need("trino")],
    expr: `max(lakeproof_freshness_seconds) > ${String(ONE_MINUTE_S)}`,
    forS: 0,
    growsS: ONE_MINUTE_S,
    severity: "critical",
    summary: "Readers see rows more than a minute after they were committed",
    description: 'A committed row was not readable after {{ printf "%.0f" $value }} s.',
    runbook: "Find the stage whose events per second fell behind the stage before it.",
    firedBy: { fault: "process-pause", component: "flink-taskmanager", holdS: 75 },
  },
  {
    alert: "CdcLagAboveOneMinute",
    signal: "debezium-unknown",
    needs: [need("connect")],
    expr: "absent(debezium_lag_milliseconds)",
    forS: UNKNOWN_S,
    sourceS: scrapeTimeoutS,
    severity: "critical",
    summary: "Nobody has said for a minute how far Debezium is behind",
    description: "No Connect worker runs a streaming Debezium task.",
    runbook: "Look at the connector's status; a failed task tells its reason there.",
    firedBy: { fault: "process-pause", component: "connect", holdS: 90 },
  },
  {
    alert: "CdcLagAboveOneMinute",
    signal: "lake-unknown",
    needs: [need("flink-taskmanager")],
    expr: `absent(${COMMIT_AGE})`,
    forS: UNKNOWN_S,
    sourceS: scrapeTimeoutS,
    severity: "critical",
    summary: "Nobody has said for a minute when the lake was last committed to",
    description: "No TaskManager runs an Iceberg committer.",
    runbook: "Look at Flink's job: a committer is there as long as the job runs.",
    firedBy: { fault: "process-pause", component: "flink-taskmanager", holdS: 90 },
  },
];
