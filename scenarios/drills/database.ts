/** PostgreSQL, Patroni and etcd: who is primary, who confirms, and who decides it. */
import { drill } from "./drill.ts";

export const databaseDrill = drill(
  "database",
  "Everything that changes the primary or takes away what it leans on, under load.",
  [
    { fault: "none", service: "postgres", holdMs: 20_000 },
    { fault: "postgres-switchover", service: "postgres", holdMs: 15_000 },
    { fault: "sync-standby-loss", service: "postgres", holdMs: 15_000 },
    { fault: "cpu-pressure", service: "postgres", target: "leader", holdMs: 15_000 },
    { fault: "graceful-stop", service: "etcd", holdMs: 10_000 },
    { fault: "dcs-loss", service: "etcd", holdMs: 20_000 },
    // Longer than its lease in etcd: it wakes up as a primary that has been replaced.
    { fault: "process-pause", service: "postgres", target: "leader", holdMs: 50_000 },
    { fault: "node-power-off", service: "postgres", target: "leader", holdMs: 20_000 },
  ],
);
