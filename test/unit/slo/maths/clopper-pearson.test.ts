import { describe, expect, it } from "vitest";
import { LakeproofError } from "../../../../core/errors.ts";
import {
  badRatioLowerBound,
  badRatioUpperBound,
  samplesNeeded,
} from "../../../../slo/maths/clopper-pearson.ts";

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
