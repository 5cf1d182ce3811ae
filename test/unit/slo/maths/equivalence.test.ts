import { describe, expect, it } from "vitest";
import { LakeproofError } from "../../../../core/errors.ts";
import { tostPaired } from "../../../../slo/maths/equivalence.ts";
import { normals, uniform } from "../../../fixtures/random-series.ts";

describe("tostPaired", () => {
  // scipy 1.17: ttest_1samp against ∓ln(bound) with one-sided alternatives, confidence_interval at 1 − 2α.
  it.each([
    {
      logRatios: [0.012, -0.008, 0.021, 0.004, -0.015, 0.009],
      bound: 1.05,
      confidence: 0.95,
      expected: [
        9.886681280234839e-5, 0.00020879388607442922, 1.0038406899526766, 0.9929273544202298,
        1.014873974736107,
      ],
    },
    {
      logRatios: [0.03, 0.05, 0.01, 0.06, 0.02, 0.04],
      bound: 1.05,
      confidence: 0.95,
      expected: [
        5.472630646161454e-5, 0.06540925594853143, 1.0356197087996233, 1.0198033492273106,
        1.0516813678508112,
      ],
    },
    {
      logRatios: [0.2, -0.1, 0.15],
      bound: 1.05,
      confidence: 0.95,
      expected: [
        0.1452537773060003, 0.627274378022513, 1.086904049521229, 0.8289214666992534,
        1.4251777283194227,
      ],
    },
    {
      logRatios: [0.012, -0.008, 0.021, 0.004, -0.015, 0.009],
      bound: 1.02,
      confidence: 0.9,
      expected: [
        0.0036551916797838793, 0.01605767116030677, 1.0038406899526766, 0.9958357443334677,
        1.0119099826840787,
      ],
    },
  ])("of $logRatios within $bound is scipy's", ({ logRatios, bound, confidence, expected }) => {
    const found = tostPaired(logRatios, bound, confidence);
    const figures = [
      found.pValueLower,
      found.pValueUpper,
      found.ratio,
      found.ratioLower,
      found.ratioUpper,
    ];
    for (const [index, figure] of figures.entries()) {
      expect(figure / (expected[index] ?? NaN)).toBeCloseTo(1, 8);
    }
  });

  it("is equivalent exactly when the interval lies inside the margin", () => {
    const random = uniform(79);
    for (let round = 0; round < 300; round += 1) {
      const spread = random() * 0.1;
      const logRatios = normals(2 + Math.floor(random() * 12), random).map((one) => one * spread);
      const found = tostPaired(logRatios, 1.05);
      const inside = found.ratioLower > 1 / 1.05 && found.ratioUpper < 1.05;
      expect(found.isEquivalent).toBe(inside);
      expect(found.pValue).toBe(Math.max(found.pValueLower, found.pValueUpper));
    }
  });

  it("does not call equivalent what is merely not significantly different", () => {
    expect(tostPaired([0.3, -0.28, 0.05], 1.05).isEquivalent).toBe(false);
  });

  it("mirrors when base and candidate change places", () => {
    const there = tostPaired([0.01, 0.03, -0.02, 0.02], 1.05);
    const back = tostPaired([-0.01, -0.03, 0.02, -0.02], 1.05);
    expect(back.pValueUpper).toBeCloseTo(there.pValueLower, 12);
    expect(back.ratioUpper).toBeCloseTo(1 / there.ratioLower, 12);
  });

  it("says equivalent at the margin no more often than its level", () => {
    const random = uniform(83);
    const rounds = 2_000;
    let wrong = 0;
    for (let round = 0; round < rounds; round += 1) {
      const logRatios = normals(8, random).map((one) => Math.log(1.05) + 0.02 * one);
      if (tostPaired(logRatios, 1.05).isEquivalent) wrong += 1;
    }
    expect(wrong / rounds).toBeLessThan(0.065);
    expect(wrong / rounds).toBeGreaterThan(0.035);
  });

  it("takes identical pairs by their word", () => {
    expect(tostPaired([0.01, 0.01], 1.05)).toMatchObject({ pValue: 0, isEquivalent: true });
    expect(tostPaired([0, 0, 0], 1.05)).toMatchObject({ ratio: 1, isEquivalent: true });
    expect(tostPaired([0.5, 0.5], 1.05)).toMatchObject({ pValue: 1, isEquivalent: false });
  });

  it("refuses a single pair, and a margin that is none", () => {
    expect(() => tostPaired([0.01], 1.05)).toThrow(/holds 1 values/);
    expect(() => tostPaired([0.01, 0.02], 0.05)).toThrow(/boundRatio is 0.05/);
    expect(() => tostPaired([0.01, NaN], 1.05)).toThrow(LakeproofError);
  });
});
