/** A menu for a team that wants to see for itself; in a row, it is a tour through the topology. */
import { game } from "./game.ts";

export const freePlay = game("free-play", {
  purpose: "One loss of each kind on the highly available pipeline, to be taken in any order.",
  faults: [
    { fault: "process-kill", service: "postgres", target: "leader", holdMs: 20_000 },
    { fault: "process-kill", service: "kafka", holdMs: 15_000 },
    { fault: "process-kill", service: "connect", target: "task", holdMs: 15_000 },
    { fault: "process-kill", service: "flink-taskmanager", holdMs: 15_000 },
    { fault: "process-kill", service: "flink-jobmanager", holdMs: 5000 },
    { fault: "process-kill", service: "minio", holdMs: 15_000 },
    { fault: "process-kill", service: "trino-worker", holdMs: 15_000 },
    { fault: "process-kill", service: "trino", holdMs: 5000 },
    { fault: "process-kill", service: "redis", target: "master", holdMs: 15_000 },
    { fault: "process-pause", service: "kafka", holdMs: 20_000 },
    { fault: "partition", service: "kafka", holdMs: 20_000 },
    { fault: "zone-loss", service: "trino", holdMs: 20_000 },
  ],
  // The coordinator and the JobManager are alone.
  beyondDesign: true,
});
