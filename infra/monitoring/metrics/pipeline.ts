/** Metrics of the way from PostgreSQL to the lake. */
import { metricsOf } from "./metric.ts";

const JMX = "jmx.ts gives it its name";

export const PIPELINE_METRICS = {
  ...metricsOf("kafka", `${JMX}; bean seen in a running Kafka 4.3.1 broker`, {
    kafka_under_replicated_partitions: ["gauge", "count"],
    kafka_under_min_isr_partitions: ["gauge", "count"],
    kafka_active_controllers: ["gauge", "count"],
    kafka_offline_partitions: ["gauge", "count"],
    kafka_active_brokers: ["gauge", "count"],
    kafka_topic_messages_in_total: ["counter", "count"],
    kafka_topic_bytes_in_total: ["counter", "bytes"],
    kafka_topic_bytes_out_total: ["counter", "bytes"],
    kafka_request_time_p99_milliseconds: ["gauge", "ms"],
    kafka_request_handler_idle_ratio: ["gauge", "ratio"],
  }),
  ...metricsOf(
    "connect",
    `${JMX}; attribute of Debezium 3.7.0's StreamingChangeEventSourceMetricsMXBean`,
    {
      debezium_lag_milliseconds: ["gauge", "ms"],
      debezium_since_last_event_milliseconds: ["gauge", "ms"],
      debezium_events_seen_total: ["counter", "count"],
      debezium_events_erroneous_total: ["counter", "count"],
      debezium_connected: ["gauge", "boolean"],
      debezium_queue_capacity: ["gauge", "count"],
      debezium_queue_remaining: ["gauge", "count"],
    },
  ),
  ...metricsOf("connect", `${JMX}; bean seen in a running Connect 4.3.1 worker`, {
    connect_source_records_written_total: ["counter", "count"],
    connect_tasks: ["gauge", "count"],
    connect_failed_tasks: ["gauge", "count"],
    connect_running_tasks: ["gauge", "count"],
  }),
  ...metricsOf("flink-jobmanager", "seen in a running Flink 2.1.1", {
    flink_jobmanager_job_numRestarts: ["counter", "count"],
    flink_jobmanager_job_runningState: ["gauge", "boolean"],
    flink_jobmanager_job_restartingState: ["gauge", "boolean"],
    flink_jobmanager_job_failingState: ["gauge", "boolean"],
    flink_jobmanager_job_lastCheckpointDuration: ["gauge", "ms"],
    flink_jobmanager_job_lastCheckpointCompletedTimestamp: ["gauge", "epochMs"],
    flink_jobmanager_job_numberOfCompletedCheckpoints: ["counter", "count"],
    flink_jobmanager_job_numberOfFailedCheckpoints: ["counter", "count"],
    flink_jobmanager_numRegisteredTaskManagers: ["gauge", "count"],
    flink_jobmanager_numRunningJobs: ["gauge", "count"],
  }),
  ...metricsOf("flink-taskmanager", "seen in a running Flink 2.1.1 with Iceberg 1.11.0", {
    flink_taskmanager_job_task_operator_numRecordsIn: ["counter", "count"],
    flink_taskmanager_job_task_operator_numRecordsOut: ["counter", "count"],
    flink_taskmanager_job_task_backPressuredTimeMsPerSecond: ["gauge", "ms"],
    flink_taskmanager_job_task_operator_IcebergFilesCommitter_table_committedDataFilesCount: [
      "counter",
      "count",
    ],
    flink_taskmanager_job_task_operator_IcebergFilesCommitter_table_committedDataFilesRecordCount: [
      "counter",
      "count",
    ],
    flink_taskmanager_job_task_operator_IcebergFilesCommitter_table_committedDataFilesByteCount: [
      "counter",
      "bytes",
    ],
    flink_taskmanager_job_task_operator_IcebergFilesCommitter_table_lastCommitDurationMs: [
      "gauge",
      "ms",
    ],
    flink_taskmanager_job_task_operator_IcebergFilesCommitter_table_elapsedSecondsSinceLastSuccessfulCommit:
      ["gauge", "s"],
  }),
  ...metricsOf(
    "flink-taskmanager",
    "MetricNames of Flink 2.1.1, set by KafkaSourceReaderMetrics of flink-sql-connector-kafka 4.0.1-2.0",
    { flink_taskmanager_job_task_operator_pendingRecords: ["gauge", "count"] },
  ),
  ...metricsOf("postgres-exporter", "seen in postgres_exporter 0.11.1 on PostgreSQL 18.4", {
    pg_up: ["gauge", "boolean"],
  }),
  ...metricsOf(
    "postgres-exporter",
    "exporter-queries.ts; seen in postgres_exporter 0.11.1 on PostgreSQL 18.4",
    {
      lakeproof_pg_is_primary: ["gauge", "boolean"],
      lakeproof_pg_wal_bytes_total: ["counter", "bytes"],
      lakeproof_pg_connections: ["gauge", "count"],
      lakeproof_pg_connections_max: ["gauge", "count"],
      lakeproof_pg_database_commits_total: ["counter", "count"],
      lakeproof_pg_database_rollbacks_total: ["counter", "count"],
      lakeproof_pg_database_rows_changed_total: ["counter", "count"],
      lakeproof_pg_slot_active: ["gauge", "boolean"],
      lakeproof_pg_slot_unconfirmed_bytes: ["gauge", "bytes"],
    },
  ),
  ...metricsOf("patroni", "do_GET_metrics in patroni/api.py of Patroni 4.1.5", {
    patroni_primary: ["gauge", "boolean"],
    patroni_postgres_streaming: ["gauge", "boolean"],
  }),
  ...metricsOf("etcd", "etcd.io/docs/v3.4/metrics", {
    etcd_server_has_leader: ["gauge", "boolean"],
  }),
  ...metricsOf("lakeproof", "a harness that runs exports it", {
    lakeproof_freshness_seconds: ["gauge", "s"],
  }),
  ...metricsOf("lake-maintenance", "infra/lake-maintenance/metrics.ts", {
    lakeproof_maintenance_runs_total: ["counter", "count"],
    lakeproof_maintenance_files: ["gauge", "count"],
    lakeproof_maintenance_snapshots: ["gauge", "count"],
  }),
} as const;
