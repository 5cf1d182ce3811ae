/** Large reports beside simple queries, in turns with and without resource groups, on one system in one run. */
import { dev } from "../infra/topologies/index.ts";
import { defineScenario } from "./define.ts";

export const mixed = defineScenario({
  name: "mixed",
  purpose:
    "What large reports do to simple queries, and what Trino's resource groups do against it.",
  topology: dev,
  bank: {
    laneCount: 4,
    userCountPerLane: 500,
    rateEventsPerS: 300,
    arrivals: "poisson",
    bucketMs: 10_000,
  },
  queries: [
    { name: "simple", ratePerS: 1, targetMs: 100 },
    { name: "large", ratePerS: 0.5, targetMs: 30_000 },
  ],
  mixed: { blockMs: 30_000 },
  canaryRatePerS: 2,
  faults: [],
  warmupMs: 30_000,
  controlMs: 240_000,
  quietMs: 0,
  drainMsMax: 120_000,
  claims: [],
});
