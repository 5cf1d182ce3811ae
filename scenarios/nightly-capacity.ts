/** What a night measures: how much each stage carries, against the nights before it. */
import type { CapacityScenario } from "../core/contracts/capacity.ts";
import { dev } from "../infra/topologies/index.ts";

export const nightlyCapacity = {
  name: "nightly-capacity",
  purpose:
    "The highest rate of each stage of the dev pipeline, kept in the history; a level that fell is looked at again before the night fails.",
  topology: dev,
  targets: ["end-to-end", "postgres", "slot-decoding", "connector", "lake"],
  windowMs: 30_000,
  settleMs: 10_000,
  // Always the same start and growth: the same limit is then found on the same rungs, one of which is 4.4 % wide.
  search: {
    startRatePerS: 200,
    ratePerSMin: 10,
    ratePerSMax: 1_000_000,
    growthRatio: 2,
    toleranceRatio: 0.05,
    attemptCountMax: 3,
    stepCountMax: 40,
  },
  effectRatioMin: 0.05,
} as const satisfies CapacityScenario;
