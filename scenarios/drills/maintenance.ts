/** What is done to the pipeline on purpose: nobody is refused, and nothing is lost or comes twice. */
import { drill } from "./drill.ts";

export const maintenanceDrill = drill(
  "maintenance",
  "Planned work under load: a drained worker, reloaded balancers, and the job from its savepoint.",
  [
    // Longer than the worker takes to leave: two grace periods and its tasks.
    { fault: "trino-drain", service: "trino-worker", holdMs: 60_000 },
    { fault: "haproxy-reload", service: "minio-endpoint", holdMs: 5000 },
    { fault: "haproxy-reload", service: "postgres-leader", holdMs: 5000 },
    { fault: "haproxy-reload", service: "bi-edge", holdMs: 5000 },
    { fault: "flink-savepoint-restore", service: "flink-jobmanager", holdMs: 1000 },
  ],
);
