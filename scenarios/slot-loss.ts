/** The connector's slot goes, twice: a run that has to end VIOLATED, with exit code 13 and every lost change named. */
import { dev as topology } from "../infra/topologies/index.ts";
import { defineScenario } from "./define.ts";

export const slotLoss = defineScenario({
  name: "slot-loss",
  purpose:
    "The replication slot is dropped, then invalidated: changes in between are lost, and the run has to say so (exit 13).",
  topology,
  bank: {
    laneCount: 4,
    userCountPerLane: 500,
    rateEventsPerS: 300,
    arrivals: "poisson",
    bucketMs: 10_000,
  },
  queries: [{ name: "simple", ratePerS: 0.1, targetMs: 100 }],
  canaryRatePerS: 2,
  faults: [
    { fault: "slot-drop", service: "postgres", holdMs: 20_000 },
    { fault: "slot-invalidation", service: "postgres", holdMs: 60_000 },
  ],
  // No number of servers bears the loss of a slot.
  beyondDesign: true,
  warmupMs: 15_000,
  controlMs: 20_000,
  quietMs: 10_000,
  drainMsMax: 120_000,
  claims: [],
});
