/** docs/findings/failover-slot-not-ready.md: a run that has to end VIOLATED, with exit code 13 and every lost change named. */
import { mini as topology } from "../../infra/topologies/index.ts";
import { defineScenario } from "../define.ts";

export const unreadySlot = defineScenario({
  name: "findings/unready-slot",
  purpose:
    "The finding failover-slot-not-ready: a failover while the standbys' copies of the slot are temporary loses it (exit 13).",
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
    { fault: "unready-slot-failover", service: "postgres", target: "leader", holdMs: 120_000 },
  ],
  // No number of servers bears the loss of a slot.
  beyondDesign: true,
  warmupMs: 15_000,
  controlMs: 30_000,
  quietMs: 10_000,
  drainMsMax: 180_000,
  claims: [],
});
