/** Whole comparisons from journals on: how often the gate cries without a cause, and whether it hears one. */
import { describe, expect, it } from "vitest";
import type { Comparison } from "../../core/contracts/comparison.ts";
import { pairsOfRuns, twoRuns } from "../fixtures/comparisons.ts";

const TRIALS = Array.from({ length: 20 }, (_, trial) => trial);
const NOISE = { noiseRatio: 0.02 };

const isRegressed = ({ status }: Comparison): boolean => status === "REGRESSED";

function trial(number: number, slowdownRatio: number): Comparison {
  return twoRuns(
    { ...NOISE, runId: "A", seed: 100 + 2 * number },
    { ...NOISE, runId: "B", seed: 101 + 2 * number, slowdownRatio },
  );
}

describe("two runs at 2 % noise", () => {
  it("raise a false alarm in at most one of ten comparisons without a change", () => {
    const alarms = TRIALS.map((number) => trial(number, 0)).filter(isRegressed);
    expect(alarms.length).toBeLessThanOrEqual(2);
  });

  it("find a slowdown of 15 % nearly always", () => {
    const found = TRIALS.slice(0, 10)
      .map((number) => trial(number, 0.15))
      .filter(isRegressed);
    expect(found.length).toBeGreaterThanOrEqual(9);
  });
});

describe("nine pairs at 2 % noise", () => {
  it("find ten percent, and call nothing REGRESSED without it", () => {
    expect(isRegressed(pairsOfRuns(9, NOISE, { slowdownRatio: 0.1 }))).toBe(true);
    expect(isRegressed(pairsOfRuns(9, NOISE, {}))).toBe(false);
  });
});
