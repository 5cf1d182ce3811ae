import { describe, expect, it } from "vitest";
import { LakeproofError } from "../../../../core/errors.ts";
import { binomialAtMost } from "../../../../slo/maths/binomial.ts";
import {
  badRatioLowerBound,
  badRatioUpperBound,
  samplesNeeded,
} from "../../../../slo/maths/clopper-pearson.ts";
import { uniform } from "../../../fixtures/random-series.ts";

describe("badRatioUpperBound", () => {
  it.each([10, 59, 300, 2_995])("is 1 - 0.05^(1/n) with none bad of %i", (n) => {
    expect(badRatioUpperBound(n, 0)).toBeCloseTo(1 - 0.05 ** (1 / n), 10);
  });

  it("follows the rule of three for large n", () => {
    expect(badRatioUpperBound(10_000, 0) * 10_000).toBeCloseTo(3, 1);
  });

  it("gives the published limits for 10 trials", () => {
    // Two-sided 95 % Clopper–Pearson for 1 of 10 is (0.0025, 0.4450): each side one-sided at 97.5 %.
    expect(badRatioUpperBound(10, 1, 0.975)).toBeCloseTo(0.445, 3);
    expect(badRatioLowerBound(10, 1, 0.975)).toBeCloseTo(0.0025, 4);
  });

  // scipy 1.17: beta.ppf(0.95, k+1, n−k) and beta.ppf(0.05, k, n−k+1); the last is an effective sample size.
  it.each([
    [1e7, 9_800, 0.0009964325107977392, 0.000963781602134324],
    [1e7, 5e6, 0.5002601241698342, 0.49973987583016577],
    [1e6, 3, 7.75363809884006e-6, 8.176919305463174e-7],
    [123_456, 789, 0.006776755175589776, 0.00602244947681553],
    [1e7, 9_999_999, 0.9999999948706706, 0.999999525613637],
    [556, 21.1, 0.05414471555680711, 0.025594856499367685],
  ])("of %d samples with %d bad are scipy's", (n, bad, upper, lower) => {
    expect(badRatioUpperBound(n, bad) / upper).toBeCloseTo(1, 8);
    expect(badRatioLowerBound(n, bad) / lower).toBeCloseTo(1, 8);
    expect((1 - badRatioUpperBound(n, bad)) / (1 - upper)).toBeCloseTo(1, 6);
  });

  it("is where the binomial tail is 5 %, for counts and fractions of any size", () => {
    const random = uniform(239);
    for (let round = 0; round < 500; round += 1) {
      const n = 10 ** (random() * 7);
      const bad = n * random() ** (1 + 4 * random());
      const upper = badRatioUpperBound(n, bad);
      const lower = badRatioLowerBound(n, bad);
      // Within less than one sample of an end the bound is so near to it that no digits are left to tell them apart.
      if (n - bad >= 1) expect(binomialAtMost(bad, n, upper)).toBeCloseTo(0.05, 6);
      if (bad >= 1) expect(binomialAtMost(n - bad, n, 1 - lower)).toBeCloseTo(0.05, 6);
      expect(lower).toBeLessThanOrEqual(bad / n);
      expect(upper).toBeGreaterThanOrEqual(bad / n);
    }
  });

  it("says nothing without samples and everything when all are bad", () => {
    expect(badRatioUpperBound(0, 0)).toBe(1);
    expect(badRatioUpperBound(7, 7)).toBe(1);
    expect(badRatioLowerBound(0, 0)).toBe(0);
    expect(badRatioLowerBound(10, 10)).toBeCloseTo(0.05 ** (1 / 10), 10);
  });

  it("mirrors the lower bound", () => {
    expect(badRatioLowerBound(40, 31)).toBeCloseTo(1 - badRatioUpperBound(40, 9), 10);
  });

  it("refuses more bad samples than samples", () => {
    expect(() => badRatioUpperBound(3, 4)).toThrow(LakeproofError);
    expect(() => badRatioLowerBound(3, -1)).toThrow(LakeproofError);
    expect(() => badRatioUpperBound(Infinity, 0)).toThrow(LakeproofError);
    expect(() => badRatioUpperBound(3, 0, 1)).toThrow(/confidence is 1/);
  });
});

describe("samplesNeeded", () => {
  it.each([
    [0.001, 0.95, [2_995, 4_742, 6_294, 10_511]],
    [0.001, 0.99, [4_603, 6_636, 8_403, 13_105]],
    [0.05, 0.95, [59, 93, 124, 208]],
    [0.01, 0.95, [299, 473, 628, 1_049]],
  ])("for a share of %d at confidence %d is the published table", (limit, confidence, needed) => {
    const counted = [0, 1, 2, 5].map((bad) => samplesNeeded(limit, confidence, bad));
    expect(counted).toEqual(needed);
  });

  it("is the least: one sample fewer proves nothing", () => {
    expect(badRatioUpperBound(93, 1)).toBeLessThanOrEqual(0.05);
    expect(badRatioUpperBound(92, 1)).toBeGreaterThan(0.05);
  });

  it("refuses a limit no sample can prove", () => {
    expect(() => samplesNeeded(0)).toThrow(/No sample size/);
    expect(() => samplesNeeded(0.05, 1)).toThrow(/No sample size/);
  });
});
