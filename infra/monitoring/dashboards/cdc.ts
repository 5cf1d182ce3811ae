/** The seed's first board: is every change on its way, and how far has it come? */
import { type Board, type Panel, TARGETS } from "./panel.ts";

const LAG: readonly Panel[] = [
  {
    title: "Records Flink has not read",
    item: "Kafka lag monitoring",
    kind: "timeseries",
    unit: "short",
    queries: [
      {
        promql: "sum by (operator_name) (flink_taskmanager_job_task_operator_pendingRecords)",
        legend: "{{operator_name}}",
      },
    ],
    description:
      "Consumer lag as the consumer tells it: Kafka 4 brokers have no metric of a group's lag. It is there once a partition was polled.",
  },
  {
    title: "Age of the last change Debezium read",
    item: "Kafka lag monitoring",
    kind: "timeseries",
    unit: "ms",
    queries: [
      { promql: "max by (server) (debezium_lag_milliseconds)", legend: "lag {{server}}" },
      {
        promql: "min by (server) (debezium_since_last_event_milliseconds)",
        legend: "silent for {{server}}",
      },
    ],
    description: "The lag keeps its last value when nothing arrives: read both lines together.",
    thresholds: { red: TARGETS.cdcLagS * 1000 },
  },
  {
    title: "Freshness for readers",
    item: "Kafka lag monitoring",
    kind: "timeseries",
    unit: "s",
    queries: [
      { promql: "max(lakeproof_freshness_seconds)", legend: "commit to readable" },
      { promql: "lakeproof:checkpoint_age_seconds", legend: "since last checkpoint" },
    ],
    description:
      "From the commit in PostgreSQL until Trino returns the row, measured while a harness runs. Without one only the age of the last checkpoint, its lower bound.",
    thresholds: { orange: TARGETS.freshnessS, red: TARGETS.cdcLagS },
  },
  {
    title: "WAL that Debezium has not confirmed",
    item: "Kafka lag monitoring",
    kind: "timeseries",
    unit: "bytes",
    queries: [
      {
        promql:
          "max by (slot_name) (lakeproof_pg_slot_unconfirmed_bytes and on (instance) lakeproof_pg_is_primary == 1)",
        legend: "{{slot_name}}",
      },
    ],
    description: "The primary keeps this WAL until the slot's reader confirms it.",
  },
];

const FLINK: readonly Panel[] = [
  {
    title: "State of the job",
    item: "Flink job status",
    kind: "stat",
    unit: "short",
    queries: [
      {
        promql: "max by (job_name) (flink_jobmanager_job_runningState)",
        legend: "{{job_name}} running",
      },
      {
        promql:
          "max by (job_name) (flink_jobmanager_job_restartingState + flink_jobmanager_job_failingState)",
        legend: "{{job_name}} failing or restarting",
      },
    ],
    description: "1 for the state the job is in.",
  },
  {
    title: "Jobs and TaskManagers",
    item: "Flink job status",
    kind: "timeseries",
    unit: "short",
    queries: [
      { promql: "max(flink_jobmanager_numRunningJobs)", legend: "jobs" },
      { promql: "max(flink_jobmanager_numRegisteredTaskManagers)", legend: "TaskManagers" },
      {
        promql: "sum(increase(flink_jobmanager_job_numRestarts[5m]))",
        legend: "restarts in 5 min",
      },
    ],
    description:
      "A job that restarts still counts as running here; its state is beside this panel.",
  },
  {
    title: "Duration of the last checkpoint",
    item: "Flink job status",
    kind: "timeseries",
    unit: "ms",
    queries: [{ promql: "max(flink_jobmanager_job_lastCheckpointDuration)", legend: "last took" }],
    description: "The lake is committed to at checkpoints: without them readers see nothing new.",
  },
  {
    title: "Checkpoints per minute",
    item: "Flink job status",
    kind: "timeseries",
    unit: "short",
    queries: [
      {
        promql: "sum(increase(flink_jobmanager_job_numberOfCompletedCheckpoints[1m]))",
        legend: "completed",
      },
      {
        promql: "sum(increase(flink_jobmanager_job_numberOfFailedCheckpoints[1m]))",
        legend: "failed",
      },
    ],
    description: "A failed one only delays the lake; the next may succeed.",
  },
  {
    title: "Back-pressure",
    item: "Flink job status",
    kind: "timeseries",
    unit: "ms",
    queries: [
      {
        promql: "max by (task_name) (flink_taskmanager_job_task_backPressuredTimeMsPerSecond)",
        legend: "{{task_name}}",
      },
    ],
    description: "Milliseconds of each second a task had to wait for the one after it.",
  },
];

const RATES: readonly Panel[] = [
  {
    title: "Events per second, stage by stage",
    item: "CDC event rates",
    kind: "timeseries",
    unit: "eps",
    queries: [
      { promql: "lakeproof:postgres_changes:rate", legend: "PostgreSQL rows changed" },
      { promql: "lakeproof:debezium_events:rate", legend: "Debezium" },
      { promql: "lakeproof:connect_records:rate", legend: "Connect, heartbeats included" },
      { promql: "lakeproof:kafka_events_in:rate", legend: "Kafka" },
      { promql: "lakeproof:flink_events_in:rate", legend: "Flink in" },
      { promql: "lakeproof:flink_events_out:rate", legend: "Flink out" },
      { promql: "lakeproof:iceberg_records:rate", legend: "Iceberg commits" },
    ],
    description: "The first line that stays below the one before it is the slow stage.",
  },
  {
    title: "Transactions per second",
    item: "CDC event rates",
    kind: "timeseries",
    unit: "ops",
    queries: [{ promql: "lakeproof:postgres_commits:rate", legend: "commits" }],
    description: "In the bank's database. Watchers commit a few transactions too.",
  },
  {
    title: "WAL per second",
    item: "CDC event rates",
    kind: "timeseries",
    unit: "Bps",
    queries: [{ promql: "lakeproof:postgres_wal_bytes:rate", legend: "written" }],
    description: "By the primary, for all of its databases.",
  },
  {
    title: "Bytes of the change topics",
    item: "CDC event rates",
    kind: "timeseries",
    unit: "Bps",
    queries: [
      { promql: "sum by (topic) (rate(kafka_topic_bytes_in_total[1m]))", legend: "in {{topic}}" },
      { promql: "sum by (topic) (rate(kafka_topic_bytes_out_total[1m]))", legend: "out {{topic}}" },
    ],
    description: "Compressed, as they stand on disk.",
  },
  {
    title: "Debezium's queue",
    item: "CDC event rates",
    kind: "timeseries",
    unit: "percentunit",
    queries: [
      {
        promql: "1 - max by (server) (debezium_queue_remaining / debezium_queue_capacity)",
        legend: "{{server}} full",
      },
    ],
    description: "Full: Kafka is slower than PostgreSQL. Empty with lag: PostgreSQL is.",
    thresholds: { orange: 0.7, red: 0.95 },
  },
];

const ERRORS: readonly Panel[] = [
  {
    title: "Alerts",
    item: "Error rates and alerts",
    kind: "table",
    unit: "short",
    queries: [{ promql: 'ALERTS{alertstate="firing"}', legend: "{{alertname}} {{signal}}" }],
    description: "What fires now. Prometheus keeps this series itself.",
  },
  {
    title: "Errors per second",
    item: "Error rates and alerts",
    kind: "timeseries",
    unit: "ops",
    queries: [
      { promql: "sum(rate(debezium_events_erroneous_total[1m]))", legend: "Debezium events" },
      {
        promql: "sum(rate(flink_jobmanager_job_numberOfFailedCheckpoints[1m]))",
        legend: "Flink checkpoints",
      },
      {
        promql: "sum(rate(lakeproof_pg_database_rollbacks_total[1m]))",
        legend: "PostgreSQL rollbacks",
      },
      {
        promql: "sum(rate(haproxy_backend_connection_errors_total[1m]))",
        legend: "connections through HAProxy",
      },
    ],
    description: "Each kind of failure a stage counts itself.",
  },
  {
    title: "Failed parts of Connect and Kafka",
    item: "Error rates and alerts",
    kind: "timeseries",
    unit: "short",
    queries: [
      { promql: "sum(connect_failed_tasks)", legend: "failed tasks" },
      { promql: "sum(connect_tasks) - sum(connect_running_tasks)", legend: "tasks not running" },
      { promql: "sum(kafka_under_replicated_partitions)", legend: "under-replicated partitions" },
      { promql: "sum(kafka_under_min_isr_partitions)", legend: "partitions below min ISR" },
      { promql: "max(kafka_offline_partitions)", legend: "partitions without leader" },
    ],
    description: "All zero is healthy. Below min ISR writes with acks=all fail.",
    thresholds: { red: 1 },
  },
  {
    title: "Brokers",
    item: "Error rates and alerts",
    kind: "timeseries",
    unit: "short",
    queries: [
      { promql: "max(kafka_active_brokers)", legend: "active brokers" },
      { promql: "sum(kafka_active_controllers)", legend: "controllers in charge" },
      { promql: "min(kafka_request_handler_idle_ratio)", legend: "busiest broker's idle share" },
    ],
    description: "Exactly one controller must be in charge.",
  },
  {
    title: "Kafka's request time (p99)",
    item: "Error rates and alerts",
    kind: "timeseries",
    unit: "ms",
    queries: [
      {
        promql: "max by (request) (kafka_request_time_p99_milliseconds)",
        legend: "{{request}}",
      },
    ],
    description:
      "Of the slowest broker. Fetches wait for data: theirs is long when little happens.",
  },
  {
    title: "PostgreSQL and its cluster",
    item: "Error rates and alerts",
    kind: "timeseries",
    unit: "short",
    queries: [
      { promql: "sum(pg_up)", legend: "servers that take connections" },
      { promql: "sum by (scope) (patroni_primary)", legend: "leaders of {{scope}}" },
      { promql: "sum by (scope) (patroni_postgres_streaming)", legend: "standbys of {{scope}}" },
      { promql: "min(etcd_server_has_leader)", legend: "etcd has a leader" },
      { promql: "max by (slot_name) (lakeproof_pg_slot_active)", legend: "{{slot_name}} is read" },
      {
        promql: "max(lakeproof_pg_connections / lakeproof_pg_connections_max)",
        legend: "share of connections taken",
      },
    ],
    description: "No leader: nobody can write, and no change can be captured.",
  },
  {
    title: "Targets that do not answer",
    item: "Error rates and alerts",
    kind: "timeseries",
    unit: "short",
    queries: [{ promql: "count by (job) (up == 0)", legend: "{{job}}" }],
    description: "Nothing to see is good: every watched process answered its last scrape.",
  },
  {
    title: "The watchers themselves",
    item: "Error rates and alerts",
    kind: "timeseries",
    unit: "short",
    queries: [
      { promql: "sum by (state) (alertmanager_alerts)", legend: "alerts told, {{state}}" },
      {
        promql: "sum(increase(prometheus_notifications_dropped_total[5m]))",
        legend: "alerts not told in 5 min",
      },
      {
        promql: "sum(increase(prometheus_rule_evaluation_failures_total[5m]))",
        legend: "rules failed in 5 min",
      },
    ],
    description: "An alert that was dropped on its way reached nobody.",
  },
  {
    title: "What watching costs",
    item: "Error rates and alerts",
    kind: "timeseries",
    unit: "s",
    queries: [{ promql: "max by (job) (scrape_duration_seconds)", legend: "{{job}}" }],
    description: "The slowest scrape of each job; at four seconds it counts as no answer.",
    thresholds: { orange: 2, red: 4 },
  },
];

export const CDC_BOARD: Board = {
  name: "cdc",
  title: "CDC Pipeline Health",
  description: "From PostgreSQL to the lake: how far behind, how fast, and what is broken.",
  panels: [...LAG, ...FLINK, ...RATES, ...ERRORS],
};
