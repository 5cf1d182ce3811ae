/** The tier of people: Superset behind its balancer, and the caches on Redis. */
import { drill } from "./drill.ts";

export const businessDrill = drill(
  "business",
  "Superset restarted one by one, hung behind its balancer, and without a master of its caches.",
  [
    { fault: "rolling-restart", service: "superset", count: "all", holdMs: 1000 },
    { fault: "hung-backend", service: "superset", holdMs: 15_000 },
    { fault: "cache-master-loss", service: "redis", holdMs: 15_000 },
    { fault: "node-power-off", service: "superset", holdMs: 15_000 },
  ],
);
