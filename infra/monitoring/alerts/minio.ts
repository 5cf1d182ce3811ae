/** The seed's "MinIO cluster degraded": it still serves, but has less to lose. */
import { TIMINGS } from "../timings.ts";
import { type AlertRule, need } from "./alert.ts";

const { scrapeTimeoutS, minioClusterIntervalS, minioClusterTimeoutS, twiceS } = TIMINGS;
/** MinIO keeps what it found out about its health for so long. */
const HEALTH_CACHE_S = 10;

export const MINIO_DEGRADED: readonly AlertRule[] = [
  {
    alert: "MinioDegraded",
    signal: "drives-missing",
    needs: [need("minio")],
    // Not minio_cluster_drive_offline_total: that one is computed once a minute.
    expr: "max(minio_cluster_drive_total) - min(sum by (instance) (minio_cluster_health_erasure_set_online_drives)) > 0",
    forS: 0,
    sourceS: HEALTH_CACHE_S,
    scrapeS: minioClusterIntervalS,
    severity: "critical",
    summary: "Drives of the object store are missing from their erasure sets",
    description: '{{ printf "%.0f" $value }} drive(s) are missing.',
    runbook: "Look which node is down; with all nodes up, which drive its log complains of.",
    firedBy: { fault: "process-kill", component: "minio", holdS: 30 },
  },
  {
    alert: "MinioDegraded",
    signal: "node-down",
    needs: [need("minio")],
    expr: 'up{job="minio"} == 0',
    forS: twiceS,
    sourceS: scrapeTimeoutS,
    severity: "critical",
    summary: "A node of the object store does not answer",
    description: "{{ $labels.instance }} did not answer two scrapes.",
    runbook: "Look whether its process is there and reads its drives.",
    firedBy: { fault: "process-pause", component: "minio", holdS: 30 },
  },
  {
    alert: "MinioDegraded",
    signal: "no-write-quorum",
    needs: [need("minio")],
    expr: "min(minio_cluster_health_status) == 0",
    forS: 0,
    sourceS: HEALTH_CACHE_S,
    scrapeS: minioClusterIntervalS,
    severity: "critical",
    summary: "The object store has lost its write quorum",
    description: "Writes to at least one erasure set fail until drives come back.",
    runbook:
      "Bring nodes back before anything else: Flink cannot checkpoint and nothing reaches the lake.",
    firedBy: { fault: "process-kill", component: "minio", holdS: 30 },
  },
  {
    alert: "MinioDegraded",
    signal: "unknown",
    needs: [need("minio")],
    expr: "absent(minio_cluster_health_status)",
    forS: 30,
    sourceS: minioClusterTimeoutS,
    scrapeS: minioClusterIntervalS,
    severity: "critical",
    summary: "No node tells the state of the object store",
    description: "Not one MinIO node answered with the cluster's health.",
    runbook: "Look whether any node is up, and whether its metrics are public.",
    firedBy: { fault: "process-pause", component: "minio", holdS: 60 },
  },
];
