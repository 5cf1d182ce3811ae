/** A thousand people, dashboards and programs at the specification's rates, through the load balancer. */
import type { BiLoads } from "../core/bi-load.ts";
import { mini as topology } from "../infra/topologies/index.ts";
import { defineScenario } from "./define.ts";

/** The specification's throughput targets of the BI tier, as load. */
export const CROWD = {
  dashboards: { ratePerMin: 500, targetMs: 2000, rampMs: 30_000 },
  apiCalls: { ratePerMin: 1000, targetMs: 1000, rampMs: 30_000 },
  users: { count: 1000, thinkMsMean: 60_000, targetMs: 2000, rampMs: 60_000 },
} as const satisfies BiLoads;

export const users = defineScenario({
  name: "users",
  purpose:
    "1000 users with think times beside 500 dashboard refreshes and 1000 API calls a minute, losing one BI instance.",
  topology,
  bank: {
    laneCount: 4,
    userCountPerLane: 500,
    rateEventsPerS: 100,
    arrivals: "poisson",
    bucketMs: 10_000,
  },
  queries: [
    { name: "simple", ratePerS: 0.05, targetMs: 100 },
    { name: "medium", ratePerS: 0.02, targetMs: 1000 },
  ],
  ...CROWD,
  canaryRatePerS: 2,
  faults: [{ fault: "process-kill", service: "superset", holdMs: 15_000 }],
  warmupMs: 90_000,
  controlMs: 90_000,
  quietMs: 10_000,
  drainMsMax: 180_000,
  claims: [],
});
