/** The seed's second board: how the lake is read, written and filled. */
import { type Board, type Panel, TARGETS } from "./panel.ts";

const COMMITTER = "flink_taskmanager_job_task_operator_IcebergFilesCommitter_table";
const QUERIES = "trino_execution_name_QueryManager";

const TRINO: readonly Panel[] = [
  {
    title: "Queries per second",
    item: "Trino query performance",
    kind: "timeseries",
    unit: "ops",
    queries: [
      { promql: "lakeproof:trino_queries:rate", legend: "finished" },
      {
        promql: `sum(rate(${QUERIES}_SubmittedQueries{job="trino"}[1m]))`,
        legend: "submitted",
      },
      { promql: `sum(rate(${QUERIES}_FailedQueries{job="trino"}[1m]))`, legend: "failed" },
    ],
    description: "Finished counts those that failed too.",
  },
  {
    title: "Time a query runs",
    item: "Trino query performance",
    kind: "timeseries",
    unit: "ms",
    queries: [
      {
        promql: `max by (quantile) (${QUERIES}_ExecutionTime_OneMinute{job="trino"})`,
        legend: "p{{quantile}}",
      },
    ],
    description:
      "Quantiles of all queries together over a decaying minute, as Trino computes them. The seed's classes (simple, medium, complex, large) are told apart by the harness, not by Trino.",
    thresholds: { red: TARGETS.queryTimeMsP95 },
  },
  {
    title: "Time a query waits",
    item: "Trino query performance",
    kind: "timeseries",
    unit: "ms",
    queries: [
      {
        promql: `max by (quantile) (${QUERIES}_QueuedTime_OneMinute{job="trino"})`,
        legend: "p{{quantile}}",
      },
    ],
    description: "In a resource group's queue, before it runs.",
  },
  {
    title: "Queries at work",
    item: "Trino query performance",
    kind: "timeseries",
    unit: "short",
    queries: [
      { promql: `sum(${QUERIES}_RunningQueries{job="trino"})`, legend: "running" },
      { promql: `sum(${QUERIES}_QueuedQueries{job="trino"})`, legend: "queued" },
      {
        promql: 'max(trino_metadata_name_DiscoveryNodeManager_ActiveNodeCount{job="trino"})',
        legend: "active nodes",
      },
    ],
    description: "Nodes as the coordinator counts them, itself included.",
  },
  {
    title: "Why queries fail",
    item: "Trino query performance",
    kind: "timeseries",
    unit: "ops",
    queries: [
      {
        promql: `sum(rate(${QUERIES}_InternalFailures{job="trino"}[1m]))`,
        legend: "Trino itself",
      },
      {
        promql: `sum(rate(${QUERIES}_ExternalFailures{job="trino"}[1m]))`,
        legend: "catalog or store",
      },
      {
        promql: `sum(rate(${QUERIES}_InsufficientResourcesFailures{job="trino"}[1m]))`,
        legend: "no resources",
      },
      { promql: `sum(rate(${QUERIES}_UserErrorFailures{job="trino"}[1m]))`, legend: "the query" },
      {
        promql: "sum(rate(trino_execution_name_SqlTaskManager_FailedTasks[1m]))",
        legend: "tasks on workers",
      },
      {
        promql:
          "sum(rate(trino_memory_name_ClusterMemoryManager_QueriesKilledDueToOutOfMemory[1m]))",
        legend: "killed for memory",
      },
    ],
    description: "Failed queries by Trino's own classes, and the tasks behind them.",
  },
  {
    title: "Share of queries that fail",
    item: "Trino query performance",
    kind: "timeseries",
    unit: "percentunit",
    queries: [
      {
        promql: `sum(rate(${QUERIES}_FailedQueries{job="trino"}[5m])) / (sum(rate(${QUERIES}_CompletedQueries{job="trino"}[5m])) > 0)`,
        legend: "failed",
      },
    ],
    description: "Over five minutes. The seed allows one in a thousand.",
    thresholds: { red: TARGETS.errorRatio },
  },
  {
    title: "Memory of the cluster",
    item: "Trino query performance",
    kind: "timeseries",
    unit: "bytes",
    queries: [
      {
        promql: "max(trino_memory_name_ClusterMemoryManager_ClusterTotalMemoryReservation)",
        legend: "taken by queries",
      },
      {
        promql: "max(trino_memory_name_ClusterMemoryManager_ClusterMemoryBytes)",
        legend: "there is",
      },
    ],
    description: "As the coordinator sees it.",
  },
];

const ICEBERG: readonly Panel[] = [
  {
    title: "Records committed per second",
    item: "Iceberg table statistics",
    kind: "timeseries",
    unit: "eps",
    queries: [
      {
        promql: `sum by (table) (rate(${COMMITTER}_committedDataFilesRecordCount[1m]))`,
        legend: "{{table}}",
      },
    ],
    description:
      "From Flink's committer. Iceberg itself has no metrics endpoint: the number of snapshots, files and rows a table has now is in its metadata tables ($snapshots, $files), which Trino reads.",
  },
  {
    title: "Average size of a data file",
    item: "Iceberg table statistics",
    kind: "timeseries",
    unit: "bytes",
    queries: [
      {
        promql: `sum by (table) (increase(${COMMITTER}_committedDataFilesByteCount[5m])) / (sum by (table) (increase(${COMMITTER}_committedDataFilesCount[5m])) > 0)`,
        legend: "{{table}}",
      },
    ],
    description:
      "Of those committed within five minutes. Small files make queries slow until they are merged.",
  },
  {
    title: "Data files per minute",
    item: "Iceberg table statistics",
    kind: "timeseries",
    unit: "short",
    queries: [
      {
        promql: `sum by (table) (increase(${COMMITTER}_committedDataFilesCount[1m]))`,
        legend: "{{table}}",
      },
    ],
    description: "Each is one more that a query may have to open.",
  },
  {
    title: "Commits to the lake",
    item: "Iceberg table statistics",
    kind: "timeseries",
    unit: "s",
    queries: [
      {
        promql: `max by (table) (${COMMITTER}_elapsedSecondsSinceLastSuccessfulCommit)`,
        legend: "since the last {{table}}",
      },
      {
        promql: `max by (table) (${COMMITTER}_lastCommitDurationMs) / 1000`,
        legend: "the last took {{table}}",
      },
    ],
    description: "A table that nobody changes gets no commits.",
    thresholds: { orange: TARGETS.freshnessS, red: TARGETS.cdcLagS },
  },
];

const STORE: readonly Panel[] = [
  {
    title: "Bytes per second",
    item: "MinIO throughput",
    kind: "timeseries",
    unit: "Bps",
    queries: [
      { promql: "sum(rate(minio_s3_traffic_received_bytes[1m]))", legend: "in" },
      { promql: "sum(rate(minio_s3_traffic_sent_bytes[1m]))", legend: "out" },
    ],
    description: "S3 traffic with clients, not what nodes exchange. MinIO refreshes it every 10 s.",
  },
  {
    title: "Requests per second",
    item: "MinIO throughput",
    kind: "timeseries",
    unit: "reqps",
    queries: [
      { promql: "sum by (api) (rate(minio_s3_requests_total[1m]))", legend: "{{api}}" },
      { promql: "sum(rate(minio_s3_requests_errors_total[1m]))", legend: "errors (4xx, 5xx)" },
    ],
    description: "A look-up of an object that is not there counts as an error.",
  },
  {
    title: "Requests at work",
    item: "MinIO throughput",
    kind: "timeseries",
    unit: "short",
    queries: [
      { promql: "sum by (instance) (minio_s3_requests_inflight_total)", legend: "{{instance}}" },
    ],
    description: "Rises when the store is slower than its clients.",
  },
  {
    title: "Files and snapshots of the tables",
    item: "Iceberg table statistics",
    kind: "timeseries",
    unit: "short",
    queries: [
      { promql: "max by (table) (lakeproof_maintenance_files)", legend: "files of {{table}}" },
      {
        promql: "max by (table) (lakeproof_maintenance_snapshots)",
        legend: "snapshots of {{table}}",
      },
      {
        promql: "sum by (operation, outcome) (increase(lakeproof_maintenance_runs_total[10m]))",
        legend: "{{operation}} {{outcome}} in 10 min",
      },
    ],
    description: "As the maintenance that runs beside the stream finds them after each round.",
  },
  {
    title: "Share of the store that is full",
    item: "Storage utilization",
    kind: "timeseries",
    unit: "percentunit",
    queries: [
      {
        promql:
          "1 - max(minio_cluster_capacity_usable_free_bytes) / max(minio_cluster_capacity_usable_total_bytes)",
        legend: "used",
      },
    ],
    description:
      "Of what erasure coding leaves usable. In a lab all drives stand on one disk, and its other files count.",
    thresholds: { orange: 0.8, red: 0.9 },
  },
  {
    title: "Bytes stored",
    item: "Storage utilization",
    kind: "timeseries",
    unit: "bytes",
    queries: [{ promql: "max(minio_cluster_usage_total_bytes)", legend: "in objects" }],
    description:
      "Counted by MinIO's scanner: absent until it has been round once, then minutes old.",
  },
  {
    title: "Objects stored",
    item: "Storage utilization",
    kind: "timeseries",
    unit: "short",
    queries: [{ promql: "max(minio_cluster_usage_object_total)", legend: "objects" }],
    description: "By the same scanner. Grows with every commit until old snapshots expire.",
  },
  {
    title: "Drives",
    item: "Storage utilization",
    kind: "timeseries",
    unit: "short",
    queries: [
      {
        promql: "min(sum by (instance) (minio_cluster_health_erasure_set_online_drives))",
        legend: "online",
      },
      { promql: "max(minio_cluster_drive_total)", legend: "there are" },
      {
        promql: "max(minio_cluster_health_erasure_set_write_quorum)",
        legend: "a set needs to write",
      },
      {
        promql: "sum by (set) (minio_cluster_health_erasure_set_healing_drives)",
        legend: "healing in set {{set}}",
      },
    ],
    description: "As the most pessimistic node sees them.",
  },
];

export const LAKE_BOARD: Board = {
  name: "lake",
  title: "Data Lake Performance",
  description: "Queries, tables, object store and space.",
  panels: [...TRINO, ...ICEBERG, ...STORE],
};
