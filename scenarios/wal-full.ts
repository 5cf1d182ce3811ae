/** The disk of the primary is full: no WAL can be written, and a standby has to take over. */
import { miniVolumes as topology } from "../infra/topologies/index.ts";
import { defineScenario } from "./define.ts";

export const walFull = defineScenario({
  name: "wal-full",
  purpose: "The primary's WAL volume is full under load: nothing acknowledged may be lost.",
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
  readIntervalMs: 3000,
  faults: [{ fault: "wal-disk-full", service: "postgres", holdMs: 30_000 }],
  warmupMs: 15_000,
  controlMs: 30_000,
  quietMs: 10_000,
  drainMsMax: 180_000,
  claims: [],
});
