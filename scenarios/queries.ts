/** The specification's query rate: more than a hundred a second in its four classes, arriving at random. */
import { dev } from "../infra/topologies/index.ts";
import { defineScenario } from "./define.ts";

export const queries = defineScenario({
  name: "queries",
  purpose:
    "103 queries a second at random, through the resource groups, their answers compared with the books.",
  topology: dev,
  bank: {
    laneCount: 4,
    userCountPerLane: 500,
    rateEventsPerS: 200,
    arrivals: "poisson",
    bucketMs: 10_000,
  },
  queries: [
    { name: "simple", ratePerS: 100, targetMs: 100, arrivals: "poisson", digestEvery: 50 },
    { name: "medium", ratePerS: 2.5, targetMs: 1000, arrivals: "poisson", digestEvery: 10 },
    { name: "complex", ratePerS: 0.4, targetMs: 5000, arrivals: "poisson" },
    { name: "large", ratePerS: 0.1, targetMs: 30_000, arrivals: "poisson", digestEvery: 2 },
  ],
  canaryRatePerS: 2,
  faults: [],
  warmupMs: 60_000,
  controlMs: 120_000,
  quietMs: 0,
  drainMsMax: 180_000,
  claims: [],
});
