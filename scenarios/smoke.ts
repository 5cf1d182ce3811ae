/** The main job: every stage of the real pipeline, loaded at dev capacity, broken six times, proven whole. */
import { defineScenario } from "./define.ts";
import { dev } from "../infra/topologies/index.ts";

export const smoke = defineScenario({
  name: "smoke",
  purpose: "Six faults on the dev pipeline at 1K change events/s: nothing lost, nothing doubled.",
  topology: dev,
  bank: {
    laneCount: 4,
    userCountPerLane: 500,
    rateEventsPerS: 1000,
    arrivals: "poisson",
    bucketMs: 10_000,
  },
  queries: [
    { name: "simple", ratePerS: 0.3, targetMs: 100 },
    { name: "medium", ratePerS: 0.15, targetMs: 1000 },
    { name: "complex", ratePerS: 0.05, targetMs: 5000 },
    { name: "large", ratePerS: 0.05, targetMs: 30_000 },
  ],
  canaryRatePerS: 2,
  faults: [
    { fault: "link-latency", service: "pg-link", holdMs: 15_000, params: { latencyMs: 250 } },
    { fault: "process-kill", service: "kafka", holdMs: 5000 },
    { fault: "process-kill", service: "connect", holdMs: 5000 },
    { fault: "process-kill", service: "flink-taskmanager", holdMs: 5000 },
    { fault: "process-pause", service: "minio", holdMs: 10_000 },
    { fault: "process-kill", service: "trino", holdMs: 3000 },
  ],
  // One of each: whatever goes is one too many.
  beyondDesign: true,
  warmupMs: 15_000,
  controlMs: 60_000,
  quietMs: 5000,
  drainMsMax: 120_000,
  claims: ["freshness", "errors.writes"],
});
