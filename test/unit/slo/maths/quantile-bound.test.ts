import { describe, expect, it } from "vitest";
import { LakeproofError } from "../../../../core/errors.ts";
import { judgeBadRatio } from "../../../../slo/maths/judge-bad-ratio.ts";
import {
  exceedanceTest,
  quantileInterval,
  quantileRanks,
} from "../../../../slo/maths/quantile-bound.ts";
import { binomialAtMostExact } from "../../../fixtures/exact-rational.ts";
import { uniform } from "../../../fixtures/random-series.ts";

describe("quantileRanks", () => {
  // Two-sided 95 %: Hahn & Meeker's ranks, recomputed with scipy 1.17 (binom.cdf).
  it.each([
    [100, 0.95, 0.975, 90, 100],
    [1_000, 0.95, 0.975, 936, 964],
    [10_000, 0.95, 0.975, 9_457, 9_543],
    [1_000, 0.99, 0.975, 983, 997],
    [59, 0.95, 0.95, 53, 59],
    [10, 0.5, 0.95, 2, 9],
    [30, 0.9, 0.9, 25, 30],
    [10_000_000, 0.999, 0.95, 9_989_835, 9_990_165],
  ])(
    "of %i samples at %d with %d a side are %i and %i",
    (n, quantile, confidence, lower, upper) => {
      expect(quantileRanks(n, quantile, confidence)).toEqual({ lower, upper });
    },
  );

  it("has no upper bound before 59 samples of a p95, 299 of a p99", () => {
    expect(quantileRanks(58, 0.95).upper).toBeUndefined();
    expect(quantileRanks(59, 0.95).upper).toBe(59);
    expect(quantileRanks(298, 0.99).upper).toBeUndefined();
    expect(quantileRanks(299, 0.99).upper).toBe(299);
    expect(quantileRanks(0, 0.95)).toEqual({ lower: undefined, upper: undefined });
  });

  it("are the tightest ranks whose coverage is exact rational arithmetic's", () => {
    const random = uniform(19);
    for (let round = 0; round < 80; round += 1) {
      const n = 5 + Math.floor(random() * 60);
      const perMille = 50 + Math.floor(random() * 900);
      const { lower, upper } = quantileRanks(n, perMille / 1_000);
      const atMost = (count: number): number =>
        count < 0 ? 0 : binomialAtMostExact(count, n, perMille);
      if (upper === undefined) expect(atMost(n - 1)).toBeLessThan(0.95);
      else {
        expect(atMost(upper - 1)).toBeGreaterThanOrEqual(0.95);
        expect(atMost(upper - 2)).toBeLessThan(0.95);
      }
      if (lower === undefined) expect(atMost(0)).toBeGreaterThan(0.05);
      else {
        expect(atMost(lower - 1)).toBeLessThanOrEqual(0.05);
        expect(atMost(lower)).toBeGreaterThan(0.05);
      }
    }
  });

  it("refuses what is no quantile", () => {
    expect(() => quantileRanks(100, 1)).toThrow(LakeproofError);
    expect(() => quantileRanks(100, 0.95, 0)).toThrow(LakeproofError);
    expect(() => quantileRanks(2.5, 0.95)).toThrow(/n is 2.5/);
    expect(() => quantileRanks(100, NaN)).toThrow(LakeproofError);
  });
});

describe("quantileInterval", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);

  it("reads the bounds from the sample itself", () => {
    expect(quantileInterval(hundred, 0.95, 0.975)).toEqual({ estimate: 95, lower: 90, upper: 100 });
  });

  it("has no finite bound where there are too few samples", () => {
    expect(quantileInterval([7], 0.9)).toEqual({ estimate: 7, lower: -Infinity, upper: Infinity });
    expect(quantileInterval(hundred, 0.95, 0.95, 30).upper).toBe(Infinity);
  });

  it("never narrows when the effective sample size falls", () => {
    const random = uniform(23);
    const sorted = Array.from({ length: 4_000 }, random).sort((a, b) => a - b);
    let last = quantileInterval(sorted, 0.9);
    for (const nEff of [3_000, 1_500, 600, 200, 60, 10, 0]) {
      const now = quantileInterval(sorted, 0.9, 0.95, nEff);
      expect(now.lower).toBeLessThanOrEqual(last.lower);
      expect(now.upper).toBeGreaterThanOrEqual(last.upper);
      last = now;
    }
  });

  it("covers the true quantile as often as it says", () => {
    const random = uniform(29);
    const rounds = 600;
    let below = 0;
    let above = 0;
    for (let round = 0; round < rounds; round += 1) {
      const sorted = Array.from({ length: 300 }, random).sort((a, b) => a - b);
      const { lower, upper } = quantileInterval(sorted, 0.95);
      if (lower > 0.95) below += 1;
      if (upper < 0.95) above += 1;
    }
    // Each side may miss in 5 % of the rounds; three standard deviations more are chance.
    expect(below / rounds).toBeLessThan(0.077);
    expect(above / rounds).toBeLessThan(0.077);
  });

  it("refuses samples that are not sorted, and too large an effective size", () => {
    expect(() => quantileInterval([2, 1], 0.5)).toThrow(/not sorted/);
    expect(() => quantileInterval([], 0.5)).toThrow(/holds 0 values/);
    expect(() => quantileInterval([1, Infinity], 0.5)).toThrow(LakeproofError);
    expect(() => quantileInterval([1, 2], 0.5, 0.95, 3)).toThrow(/nEff is 3/);
  });
});

describe("exceedanceTest", () => {
  it("proves a p95 with 59 samples below the threshold, and not with 58", () => {
    expect(exceedanceTest({ n: 59, exceeding: 0, quantile: 0.95 }).status).toBe("PROVEN");
    expect(exceedanceTest({ n: 58, exceeding: 0, quantile: 0.95 }).status).toBe("INCONCLUSIVE");
    expect(exceedanceTest({ n: 0, exceeding: 0, quantile: 0.95 })).toMatchObject({
      status: "INCONCLUSIVE",
      pValueProof: 1,
      pValueViolation: 1,
    });
  });

  it("has the p-value 0.95^n with none exceeding", () => {
    expect(exceedanceTest({ n: 59, exceeding: 0, quantile: 0.95 }).pValueProof).toBeCloseTo(
      0.95 ** 59,
      12,
    );
  });

  it("decides by its p-values exactly as the bounds do", () => {
    const random = uniform(31);
    for (let round = 0; round < 400; round += 1) {
      const n = 1 + Math.floor(random() * 2_000);
      const quantile = 0.5 + random() * 0.49;
      const exceeding = Math.floor(Math.min(n, n * (1 - quantile) * 2 * random()));
      const tested = exceedanceTest({ n, exceeding, quantile });
      const judged = judgeBadRatio({ n, bad: exceeding, badRatioMax: 1 - quantile });
      expect(tested.status).toBe(judged.status);
      expect(tested.pValueProof <= 0.05).toBe(judged.status === "PROVEN");
      expect(tested.pValueViolation < 0.05).toBe(judged.status === "VIOLATED");
    }
  });

  it("refuses more exceeding samples than samples", () => {
    expect(() => exceedanceTest({ n: 3, exceeding: 4, quantile: 0.95 })).toThrow(LakeproofError);
  });
});
