/** What is done to the pipeline on purpose: nobody is refused, and nothing is lost or comes twice. */
import { drill } from "./drill.ts";

export const maintenanceDrill = drill(
  "maintenance",
  "Planned work under load: a drained worker, reloaded balancers, the job from its savepoint, faults in the middle of a compaction, and compactions in the middle of a fault.",
  [
    // Longer than the worker takes to leave: two grace periods and its tasks.
    { fault: "trino-drain", service: "trino-worker", holdMs: 60_000 },
    { fault: "haproxy-reload", service: "minio-endpoint", holdMs: 5000 },
    { fault: "haproxy-reload", service: "postgres-leader", holdMs: 5000 },
    { fault: "haproxy-reload", service: "bi-edge", holdMs: 5000 },
    { fault: "flink-savepoint-restore", service: "flink-jobmanager", holdMs: 1000 },
    // In the middle of a round: its store, its catalog, its engine, and its rival for commits.
    {
      ...{ fault: "process-kill", service: "minio", holdMs: 15_000 },
      after: { event: "maintenance-started" },
      hypothesis:
        "The other nodes have enough of every object: statements go on or are tried again; recovery < 50 s, nothing lost",
    },
    {
      ...{ fault: "process-kill", service: "postgres", target: "leader", holdMs: 20_000 },
      after: { event: "maintenance-started" },
      hypothesis:
        "The catalog goes with its primary: a commit of the maintenance is made whole or not at all, and the stream's next one goes to the new primary; recovery < 80 s, nothing lost",
    },
    {
      ...{ fault: "process-kill", service: "trino-worker", holdMs: 20_000 },
      after: { event: "maintenance-started" },
      hypothesis:
        "A compaction whose worker dies fails without a commit and leaves files that no snapshot names; recovery < 50 s, nothing lost",
    },
    {
      ...{ fault: "process-kill", service: "flink-taskmanager", holdMs: 10_000 },
      after: { event: "maintenance-started" },
      hypothesis:
        "The job starts again from its checkpoint and commits on top of the compaction, and no deleted row comes back; recovery < 95 s, nothing lost",
    },
    // The other way round: a round begins while something is gone, and goes on while that comes back.
    { fault: "process-kill", service: "minio", holdMs: 45_000 },
    {
      ...{ fault: "maintenance-round", service: "lake-maintenance", holdMs: 20_000 },
      after: { event: "fault-active", delayMs: 1000 },
      hypothesis:
        "It compacts and expires with one node less, and the node that comes back is given what it missed; nothing lost",
    },
    { fault: "process-kill", service: "postgres", target: "leader", holdMs: 60_000 },
    {
      ...{ fault: "maintenance-round", service: "lake-maintenance", holdMs: 20_000 },
      params: { startMsMax: 90_000 },
      after: { event: "fault-active", delayMs: 1000 },
      hypothesis:
        "It begins once the catalog has a primary again; what it asked before that failed and changed nothing; nothing lost",
    },
  ],
  // Compaction is everyday work: whatever meets it here, the topology is meant to bear.
  { beyondDesign: false },
);
