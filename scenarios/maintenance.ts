/** What is done to the pipeline on purpose, under load: nobody is refused, and nothing is lost or comes twice. */
import { mini as topology } from "../infra/topologies/index.ts";
import { defineScenario } from "./define.ts";
import { mini } from "./mini.ts";

export const maintenance = defineScenario({
  ...mini,
  name: "maintenance",
  purpose:
    "Planned work on the highly available pipeline: a drain, reloads, and the job from its savepoint.",
  topology,
  faults: [
    // Longer than the worker takes to leave: two grace periods and its tasks.
    { fault: "trino-drain", service: "trino-worker", holdMs: 60_000 },
    { fault: "haproxy-reload", service: "minio-endpoint", holdMs: 5_000 },
    { fault: "haproxy-reload", service: "postgres-leader", holdMs: 5_000 },
    { fault: "haproxy-reload", service: "bi-edge", holdMs: 5_000 },
    { fault: "flink-savepoint-restore", service: "flink-jobmanager", holdMs: 1_000 },
  ],
  beyondDesign: false,
});
