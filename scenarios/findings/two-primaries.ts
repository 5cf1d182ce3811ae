/** docs/findings/patroni-killed-alone.md: exit code 0, because with synchronous_mode the second primary acknowledges nothing. */
import { mini as topology } from "../../infra/topologies/index.ts";
import { defineScenario } from "../define.ts";

export const twoPrimaries = defineScenario({
  name: "findings/two-primaries",
  purpose:
    "The finding patroni-killed-alone: Patroni alone is killed, two primaries answer, and nothing acknowledged is lost.",
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
  // Long enough to see whether the old primary ends by itself.
  faults: [{ fault: "supervisor-kill", service: "postgres", target: "leader", holdMs: 90_000 }],
  warmupMs: 15_000,
  controlMs: 30_000,
  quietMs: 10_000,
  drainMsMax: 180_000,
  claims: [],
});
