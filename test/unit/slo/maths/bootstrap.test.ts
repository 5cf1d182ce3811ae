import { describe, expect, it } from "vitest";
import { LakeproofError } from "../../../../core/errors.ts";
import { blockLengthOf } from "../../../../slo/maths/block-length.ts";
import { bootstrapInterval, type Statistic } from "../../../../slo/maths/bootstrap.ts";
import { autoregressive, normals, uniform } from "../../../fixtures/random-series.ts";

/** A loop: it is called some hundred million times here. */
const mean: Statistic = (values) => {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
};
const variance: Statistic = (values) => {
  const middle = mean(values);
  return mean(values.map((one) => (one - middle) ** 2));
};
const median: Statistic = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return (
    ((sorted[Math.floor((sorted.length - 1) / 2)] ?? 0) +
      (sorted[Math.floor(sorted.length / 2)] ?? 0)) /
    2
  );
};

/** Spatial perception scores of 26 children (Efron & Tibshirani 1993, table 14.1, test A). */
const SPATIAL = [
  48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6, 0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30,
  41,
];

/** Every sample of four values with repetition, once: the whole bootstrap distribution and nothing by chance. */
function enumeration(valueCount: number): () => number {
  let draw = 0;
  return () => {
    const place = draw % valueCount;
    const sample = Math.floor(draw / valueCount);
    draw += 1;
    const index = Math.floor(sample / valueCount ** place) % valueCount;
    return (index + 0.5) / valueCount;
  };
}

describe("bootstrapInterval", () => {
  it("is exact where all samples are enumerated", () => {
    const values = [1, 2, 4, 9];
    const options = { random: enumeration(4), resampleCount: 256 };
    // Python: itertools.product over the values, scipy 1.17 for the normal levels.
    const percentile = bootstrapInterval(values, mean, { ...options, method: "percentile" });
    expect(percentile).toMatchObject({ estimate: 4, blockLength: 1, method: "percentile" });
    expect(percentile.lower).toBeCloseTo(1.5, 10);
    expect(percentile.upper).toBeCloseTo(7.25, 10);
    const bca = bootstrapInterval(values, mean, { ...options, random: enumeration(4) });
    expect(bca.lower).toBeCloseTo(1.75, 10);
    expect(bca.upper).toBeCloseTo(7.852746991495728, 10);
  });

  it("gives the published BCa interval of the spatial test's variance", () => {
    // Efron & Tibshirani 1993, table 14.2, 90 %: BCa (115.8, 259.6), percentile (100.8, 233.9), with 2 000 draws.
    // scipy 1.17's bootstrap with 100 000: (116.1, 261.3) and (97.9, 235.4).
    const options = { confidence: 0.9, resampleCount: 20_000 };
    const bca = bootstrapInterval(SPATIAL, variance, { ...options, random: uniform(97) });
    expect(bca.estimate).toBeCloseTo(171.5, 1);
    expect(Math.abs(bca.lower - 116.1)).toBeLessThan(1.5);
    expect(Math.abs(bca.upper - 261.3)).toBeLessThan(2.5);
    const percentile = bootstrapInterval(SPATIAL, variance, {
      ...options,
      random: uniform(97),
      method: "percentile",
    });
    expect(Math.abs(percentile.lower - 97.9)).toBeLessThan(1.5);
    expect(Math.abs(percentile.upper - 235.4)).toBeLessThan(1.5);
  });

  it("is the same for the same seed", () => {
    const of = (seed: number): unknown =>
      bootstrapInterval(SPATIAL, median, { random: uniform(seed), resampleCount: 500 });
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
  });

  it("covers the mean of skewed values better with BCa than with percentiles", () => {
    const random = uniform(101);
    const rounds = 400;
    const misses = { bca: 0, percentile: 0 };
    for (let round = 0; round < rounds; round += 1) {
      const values = normals(25, random).map((one) => Math.exp(one));
      for (const method of ["bca", "percentile"] as const) {
        const { upper } = bootstrapInterval(values, mean, { random, method, resampleCount: 400 });
        // The mean of a standard lognormal.
        if (upper < Math.exp(0.5)) misses[method] += 1;
      }
    }
    expect(misses.bca).toBeLessThan(misses.percentile);
    expect(misses.bca / rounds).toBeLessThan(0.16);
  });

  it("needs blocks to cover the mean of an autocorrelated series", () => {
    const random = uniform(103);
    const rounds = 200;
    let single = 0;
    let blocks = 0;
    for (let round = 0; round < rounds; round += 1) {
      const series = autoregressive(600, 0.7, random);
      const options = { random, resampleCount: 300, method: "percentile" as const };
      const covers = ({ lower, upper }: { lower: number; upper: number }): boolean =>
        lower <= 0 && upper >= 0;
      if (covers(bootstrapInterval(series, mean, options))) single += 1;
      const blockLength = blockLengthOf(series);
      if (covers(bootstrapInterval(series, mean, { ...options, blockLength }))) blocks += 1;
    }
    expect(single / rounds).toBeLessThan(0.75);
    expect(blocks / rounds).toBeGreaterThan(0.85);
  });

  it("moves with the values, and contains the middle of its draws", () => {
    const random = uniform(107);
    for (let round = 0; round < 30; round += 1) {
      const values = normals(5 + Math.floor(random() * 40), random);
      const seed = Math.floor(random() * 1_000);
      const here = bootstrapInterval(values, mean, { random: uniform(seed), resampleCount: 300 });
      const there = bootstrapInterval(
        values.map((one) => 10 + 2 * one),
        mean,
        {
          random: uniform(seed),
          resampleCount: 300,
        },
      );
      expect(there.lower).toBeCloseTo(10 + 2 * here.lower, 8);
      expect(there.upper).toBeCloseTo(10 + 2 * here.upper, 8);
      expect(here.lower).toBeLessThanOrEqual(here.estimate);
      expect(here.upper).toBeGreaterThanOrEqual(here.estimate);
    }
  });

  it("shrinks to a point when nothing varies", () => {
    const found = bootstrapInterval([3, 3, 3], mean, { random: uniform(1), resampleCount: 50 });
    expect(found).toMatchObject({ estimate: 3, lower: 3, upper: 3 });
  });

  it("refuses options that are none", () => {
    const random = uniform(1);
    expect(() => bootstrapInterval([1], mean, { random })).toThrow(LakeproofError);
    expect(() => bootstrapInterval([1, 2], mean, { random, blockLength: 2 })).toThrow(
      /blockLength/,
    );
    expect(() => bootstrapInterval([1, 2], mean, { random, confidence: 1 })).toThrow(/confidence/);
    expect(() => bootstrapInterval([1, 2], mean, { random, resampleCount: 0.5 })).toThrow(
      /resampleCount is 0.5/,
    );
    expect(() => bootstrapInterval([1, 2], () => NaN, { random })).toThrow(/statistic is NaN/);
  });
});
