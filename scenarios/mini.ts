/** High availability at the smallest counts: what goes is taken over by others, and nothing is lost. */
import { mini as topology } from "../infra/topologies/index.ts";
import { defineScenario } from "./define.ts";

export const mini = defineScenario({
  name: "mini",
  purpose: "Failovers on the highly available pipeline: each recovers by itself, nothing is lost.",
  topology,
  bank: {
    laneCount: 4,
    userCountPerLane: 500,
    rateEventsPerS: 300,
    arrivals: "poisson",
    bucketMs: 10_000,
  },
  queries: [{ name: "simple", ratePerS: 0.05, targetMs: 100 }],
  canaryRatePerS: 2,
  // The engine shares a small machine with thirty others: asked every second, it would take a core.
  readIntervalMs: 3000,
  faults: [
    { fault: "process-kill", service: "postgres", target: "leader", holdMs: 20_000 },
    { fault: "process-kill", service: "kafka", holdMs: 15_000 },
    { fault: "process-kill", service: "minio", holdMs: 10_000 },
    // All workers at once: longer than many a slot is kept, and the slot must still be there.
    { fault: "process-kill", service: "connect", count: 2, holdMs: 60_000 },
  ],
  // All Connect workers at once.
  beyondDesign: true,
  warmupMs: 15_000,
  controlMs: 30_000,
  quietMs: 10_000,
  drainMsMax: 180_000,
  claims: [],
});
