/** What operators do on purpose: nothing breaks, so nobody may notice. */
import { drill } from "./drill.ts";

export const operationsDrill = drill(
  "operations",
  "Planned work under load: a drained worker, reloaded balancers, brokers and workers one by one.",
  [
    { fault: "trino-drain", service: "trino-worker", holdMs: 5000 },
    { fault: "haproxy-reload", service: "bi-edge", holdMs: 5000 },
    { fault: "haproxy-reload", service: "minio-endpoint", holdMs: 5000 },
    { fault: "haproxy-reload", service: "postgres-leader", holdMs: 5000 },
    { fault: "rolling-restart", service: "superset", count: "all", holdMs: 1000 },
    { fault: "hung-backend", service: "superset", holdMs: 15_000 },
    { fault: "cache-master-loss", service: "redis", holdMs: 15_000 },
  ],
);
