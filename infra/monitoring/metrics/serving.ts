/** Metrics of the lake's store, the query engine and the BI tier, and of the watchers themselves. */
import { metricsOf } from "./metric.ts";

const MINIO = "seen in a running MinIO of 2026-02-12";

export const SERVING_METRICS = {
  ...metricsOf("minio", MINIO, {
    minio_s3_requests_total: ["counter", "count"],
    minio_s3_requests_errors_total: ["counter", "count"],
    minio_s3_requests_inflight_total: ["gauge", "count"],
    minio_s3_traffic_received_bytes: ["counter", "bytes"],
    minio_s3_traffic_sent_bytes: ["counter", "bytes"],
  }),
  ...metricsOf("minio-cluster", MINIO, {
    minio_cluster_health_status: ["gauge", "boolean"],
    minio_cluster_health_erasure_set_online_drives: ["gauge", "count"],
    minio_cluster_health_erasure_set_write_quorum: ["gauge", "count"],
    minio_cluster_health_erasure_set_healing_drives: ["gauge", "count"],
    minio_cluster_drive_total: ["gauge", "count"],
    minio_cluster_capacity_usable_total_bytes: ["gauge", "bytes"],
    minio_cluster_capacity_usable_free_bytes: ["gauge", "bytes"],
  }),
  ...metricsOf(
    "minio-cluster",
    "docs/metrics/prometheus/list.md of MinIO; written by its scanner",
    {
      minio_cluster_usage_total_bytes: ["gauge", "bytes"],
      minio_cluster_usage_object_total: ["gauge", "count"],
    },
  ),
  ...metricsOf("trino", "seen in a running Trino 476", {
    trino_execution_name_QueryManager_RunningQueries: ["gauge", "count"],
    trino_execution_name_QueryManager_QueuedQueries: ["gauge", "count"],
    trino_execution_name_QueryManager_SubmittedQueries: ["counter", "count"],
    trino_execution_name_QueryManager_CompletedQueries: ["counter", "count"],
    trino_execution_name_QueryManager_FailedQueries: ["counter", "count"],
    trino_execution_name_QueryManager_InternalFailures: ["counter", "count"],
    trino_execution_name_QueryManager_ExternalFailures: ["counter", "count"],
    trino_execution_name_QueryManager_InsufficientResourcesFailures: ["counter", "count"],
    trino_execution_name_QueryManager_UserErrorFailures: ["counter", "count"],
    trino_execution_name_QueryManager_ExecutionTime_OneMinute: ["summary", "ms"],
    trino_execution_name_QueryManager_QueuedTime_OneMinute: ["summary", "ms"],
    trino_execution_name_SqlTaskManager_FailedTasks: ["counter", "count"],
    trino_metadata_name_DiscoveryNodeManager_ActiveNodeCount: ["gauge", "count"],
    trino_memory_name_ClusterMemoryManager_ClusterMemoryBytes: ["gauge", "bytes"],
    trino_memory_name_ClusterMemoryManager_ClusterTotalMemoryReservation: ["gauge", "bytes"],
    trino_memory_name_ClusterMemoryManager_QueriesKilledDueToOutOfMemory: ["counter", "count"],
  }),
  ...metricsOf("haproxy", "seen in a running HAProxy 2.6.12", {
    haproxy_server_status: ["gauge", "boolean"],
    haproxy_backend_active_servers: ["gauge", "count"],
    haproxy_backend_connection_errors_total: ["counter", "count"],
    haproxy_backend_http_responses_total: ["counter", "count"],
    haproxy_backend_response_time_average_seconds: ["gauge", "s"],
    haproxy_backend_total_time_average_seconds: ["gauge", "s"],
    haproxy_frontend_current_sessions: ["gauge", "count"],
    haproxy_frontend_sessions_total: ["counter", "count"],
    haproxy_frontend_http_requests_total: ["counter", "count"],
  }),
  ...metricsOf("redis", "seen in redis_exporter 1.45.0 on Redis 7.0.15", {
    redis_up: ["gauge", "boolean"],
    redis_keyspace_hits_total: ["counter", "count"],
    redis_keyspace_misses_total: ["counter", "count"],
    redis_evicted_keys_total: ["counter", "count"],
    redis_memory_used_bytes: ["gauge", "bytes"],
    redis_memory_max_bytes: ["gauge", "bytes"],
    redis_connected_clients: ["gauge", "count"],
  }),
  ...metricsOf(
    "postgres-exporter",
    "exporter-queries.ts, on the logs table of Superset 6.1.0's model; seen with rows written by hand",
    {
      lakeproof_superset_action_calls_total: ["counter", "count"],
      lakeproof_superset_action_duration_milliseconds_total: ["counter", "ms"],
      lakeproof_superset_dashboard_calls_total: ["counter", "count"],
      lakeproof_superset_active_users: ["gauge", "count"],
    },
  ),
  ...metricsOf("blackbox", "seen in blackbox_exporter 0.23.0", {
    probe_success: ["gauge", "boolean"],
    probe_duration_seconds: ["gauge", "s"],
  }),
  ...metricsOf("prometheus", "seen in a running Prometheus 2.42.0", {
    prometheus_notifications_dropped_total: ["counter", "count"],
    prometheus_rule_evaluation_failures_total: ["counter", "count"],
  }),
  ...metricsOf("alertmanager", "seen in a running Alertmanager 0.25.0", {
    alertmanager_alerts: ["gauge", "count"],
  }),
  ...metricsOf("every scrape", "Prometheus adds it to every target or rule", {
    up: ["gauge", "boolean"],
    scrape_duration_seconds: ["gauge", "s"],
    ALERTS: ["gauge", "boolean"],
  }),
  ...metricsOf("recording rule", "recordings.ts", {
    "lakeproof:postgres_wal_bytes:rate": ["gauge", "bytesPerS"],
    "lakeproof:postgres_commits:rate": ["gauge", "operationsPerS"],
    "lakeproof:postgres_changes:rate": ["gauge", "eventsPerS"],
    "lakeproof:debezium_events:rate": ["gauge", "eventsPerS"],
    "lakeproof:connect_records:rate": ["gauge", "eventsPerS"],
    "lakeproof:kafka_events_in:rate": ["gauge", "eventsPerS"],
    "lakeproof:flink_events_in:rate": ["gauge", "eventsPerS"],
    "lakeproof:flink_events_out:rate": ["gauge", "eventsPerS"],
    "lakeproof:iceberg_records:rate": ["gauge", "eventsPerS"],
    "lakeproof:trino_queries:rate": ["gauge", "operationsPerS"],
    "lakeproof:checkpoint_age_seconds": ["gauge", "s"],
  }),
} as const;
