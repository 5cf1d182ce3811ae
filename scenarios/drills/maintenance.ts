/** What is done to the pipeline on purpose: nobody is refused, and nothing is lost or comes twice. */
import { drill } from "./drill.ts";

export const maintenanceDrill = drill(
  "maintenance",
  "Planned work under load: a drained worker, reloaded balancers, the job from its savepoint, and faults in the middle of a compaction.",
  [
    // Longer than the worker takes to leave: two grace periods and its tasks.
    { fault: "trino-drain", service: "trino-worker", holdMs: 60_000 },
    { fault: "haproxy-reload", service: "minio-endpoint", holdMs: 5000 },
    { fault: "haproxy-reload", service: "postgres-leader", holdMs: 5000 },
    { fault: "haproxy-reload", service: "bi-edge", holdMs: 5000 },
    { fault: "flink-savepoint-restore", service: "flink-jobmanager", holdMs: 1000 },
    // While compaction and expiry are under way: their store loses a node, their rival for commits starts again, and the
    // engine that runs them dies.
    {
      ...{ fault: "process-kill", service: "minio", holdMs: 15_000 },
      after: { event: "maintenance-started" },
    },
    {
      ...{ fault: "process-kill", service: "flink-taskmanager", holdMs: 10_000 },
      after: { event: "maintenance-started" },
    },
    {
      ...{ fault: "process-kill", service: "trino", holdMs: 10_000 },
      after: { event: "maintenance-started" },
    },
  ],
);
