/** No fault at all: whatever such a run is accused of is a false alarm. */
import { dev } from "../infra/topologies/index.ts";
import { defineScenario } from "./define.ts";

export const control = defineScenario({
  name: "control",
  purpose: "The dev pipeline left alone: ten such runs must not raise one alarm.",
  topology: dev,
  bank: {
    laneCount: 4,
    userCountPerLane: 500,
    rateEventsPerS: 300,
    arrivals: "poisson",
    bucketMs: 10_000,
  },
  queries: [{ name: "simple", ratePerS: 0.1, targetMs: 100 }],
  canaryRatePerS: 2,
  faults: [{ fault: "none", service: "kafka", holdMs: 60_000 }],
  warmupMs: 15_000,
  controlMs: 30_000,
  quietMs: 5000,
  drainMsMax: 120_000,
  claims: [],
});
