import { describe, expect, it } from "vitest";
import { LakeproofError } from "../../../../core/errors.ts";
import { effectiveSampleSize } from "../../../../slo/maths/effective-sample-size.ts";
import { varianceOfSum } from "../../../../slo/maths/initial-sequence.ts";
import { autoregressive, uniform } from "../../../fixtures/random-series.ts";

/** A step under a pulse every eight values, so that pairs of autocovariances rise again on their way down. */
const PULSES = Array.from(
  { length: 48 },
  (_, index) => (index >= 24 ? 12 : 0) + (index % 8 === 0 ? 9 : 0) + ((index * 5) % 3),
);

describe("varianceOfSum", () => {
  const mean = PULSES.reduce((sum, value) => sum + value, 0) / PULSES.length;
  const residuals = PULSES.map((value) => value - mean);
  const squares = residuals.reduce((sum, value) => sum + value * value, 0);

  it("is the initial sequence estimator", () => {
    // numpy, by the formulas of Geyer 1992, §3.3.
    expect(varianceOfSum(residuals, "positive") / squares).toBeCloseTo(11.969439995423865, 10);
    expect(varianceOfSum(residuals, "monotone") / squares).toBeCloseTo(11.928655188193572, 10);
  });

  it("is never larger when monotone", () => {
    const random = uniform(37);
    for (let round = 0; round < 100; round += 1) {
      const series = autoregressive(200, random() * 0.95, random);
      expect(varianceOfSum(series, "monotone")).toBeLessThanOrEqual(
        varianceOfSum(series, "positive") * (1 + 1e-12),
      );
    }
  });

  it("has nothing to say of nothing", () => {
    expect(varianceOfSum([], "monotone")).toBe(0);
    expect(varianceOfSum([1, -1, 1, -1], "positive")).toBeGreaterThanOrEqual(0);
  });
});

describe("effectiveSampleSize", () => {
  it.each([0, 0.5, 0.8, 0.9])("nears n(1−ρ)/(1+ρ) for an AR(1) series with ρ = %d", (rho) => {
    const random = uniform(41);
    const { n, autocorrelationTime } = effectiveSampleSize(autoregressive(50_000, rho, random));
    expect(n).toBe(50_000);
    const ratio = (autocorrelationTime * (1 - rho)) / (1 + rho);
    expect(ratio).toBeGreaterThan(0.85);
    expect(ratio).toBeLessThan(1.15);
  });

  it("gives intervals of the mean that cover it, where the bare count does not", () => {
    const random = uniform(43);
    const rounds = 400;
    let bare = 0;
    let corrected = 0;
    for (let round = 0; round < rounds; round += 1) {
      const series = autoregressive(1_000, 0.8, random);
      const { n, nEff } = effectiveSampleSize(series);
      const mean = series.reduce((sum, value) => sum + value, 0) / n;
      const variance = series.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n;
      if (Math.abs(mean) <= 1.96 * Math.sqrt(variance / n)) bare += 1;
      if (Math.abs(mean) <= 1.96 * Math.sqrt(variance / nEff)) corrected += 1;
    }
    expect(bare / rounds).toBeLessThan(0.6);
    expect(corrected / rounds).toBeGreaterThan(0.9);
  });

  it("earns no credit for avoidance, and gives none for a constant", () => {
    const alternating = Array.from({ length: 50 }, (_, index) => index % 2);
    expect(effectiveSampleSize(alternating)).toMatchObject({ nEff: 50, autocorrelationTime: 1 });
    const constant = Array.from({ length: 30 }, () => 0.1);
    expect(effectiveSampleSize(constant)).toMatchObject({ nEff: 30, autocorrelationTime: 1 });
    expect(effectiveSampleSize([])).toEqual({ n: 0, nEff: 0, autocorrelationTime: 1 });
  });

  it("does not change with the unit or the zero of the series", () => {
    const series = autoregressive(500, 0.7, uniform(47));
    const shifted = series.map((value) => 1_000 - 3 * value);
    expect(effectiveSampleSize(shifted).nEff).toBeCloseTo(effectiveSampleSize(series).nEff, 6);
  });

  it("refuses values that are none", () => {
    expect(() => effectiveSampleSize([1, NaN])).toThrow(LakeproofError);
  });
});
