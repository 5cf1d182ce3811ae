/** On dev, what is under way when something dies: a commit, a batch, and bytes that wait. Nothing lost, nothing twice. */
import { dev as topology } from "../infra/topologies/index.ts";
import { defineScenario } from "./define.ts";

export const delivery = defineScenario({
  name: "delivery",
  purpose:
    "A lost commit acknowledgement, a connector killed inside a batch, a jammed link: nothing is lost or doubled.",
  topology,
  bank: {
    laneCount: 4,
    userCountPerLane: 500,
    rateEventsPerS: 500,
    arrivals: "poisson",
    bucketMs: 10_000,
  },
  queries: [{ name: "simple", ratePerS: 0.1, targetMs: 100 }],
  canaryRatePerS: 2,
  faults: [
    { fault: "link-jam", service: "pg-link", holdMs: 15_000 },
    { fault: "connector-mid-batch", service: "connect", holdMs: 5000 },
    { fault: "commit-ack-loss", service: "flink-taskmanager", holdMs: 5000 },
    { fault: "commit-ack-loss", service: "flink-taskmanager", holdMs: 5000 },
  ],
  // One of each: whatever dies is one too many.
  beyondDesign: true,
  warmupMs: 15_000,
  controlMs: 20_000,
  quietMs: 8000,
  drainMsMax: 120_000,
  claims: [],
});
