/**
 * The seed's six alerts. Each is seen in more than one way, because a broken part may be slow, wrong or silent:
 * a metric that is gone fires as well as one that is bad.
 */
import type { AlertRule } from "./alert.ts";
import { CDC_LAG } from "./cdc.ts";
import { DATABASE_FAILURE } from "./database.ts";
import { FLINK_FAILURE } from "./flink.ts";
import { MINIO_DEGRADED } from "./minio.ts";
import { BI_BELOW_TWO, TRINO_DOWN } from "./serving.ts";

export { ALERTS, detectionOf, type AlertName, type AlertRule } from "./alert.ts";

export const ALERT_RULES: readonly AlertRule[] = [
  ...CDC_LAG,
  ...FLINK_FAILURE,
  ...DATABASE_FAILURE,
  ...MINIO_DEGRADED,
  ...TRINO_DOWN,
  ...BI_BELOW_TWO,
];
