import { describe, expect, it } from "vitest";
import { binomialAtMost } from "../../../../slo/maths/binomial.ts";
import { binomialAtMostExact } from "../../../fixtures/exact-rational.ts";
import { uniform } from "../../../fixtures/random-series.ts";

describe("binomialAtMost", () => {
  it.each([
    [3, 10, 0.3, 0.6496107184],
    [9_500, 1e7, 0.001, 2.3487502850396693e-7],
    [10_000, 1e7, 0.001, 0.5026595815517878],
    [9_800, 1e7, 0.001, 0.022695426586164715],
    [0, 1e7, 1e-7, 0.36787942277746954],
    [38, 1_000, 0.05, 0.043348190606908005],
    [500_000, 1e6, 0.5, 0.5003989421806654],
    [4_999_000, 1e7, 0.5, 0.26364792810335774],
    [1, 1e7, 1e-6, 0.0004993971842496507],
    [83, 100_000, 0.001, 0.046240471520893146],
  ])("of %d of %d at %d is scipy 1.17's binom.cdf", (count, n, ratio, expected) => {
    expect(binomialAtMost(count, n, ratio) / expected).toBeCloseTo(1, 8);
  });

  it("is the sum of the terms in exact rational arithmetic", () => {
    const random = uniform(3);
    for (let round = 0; round < 60; round += 1) {
      const n = 1 + Math.floor(random() * 60);
      const count = Math.floor(random() * (n + 1));
      const perMille = 1 + Math.floor(random() * 998);
      const exact = binomialAtMostExact(count, n, perMille);
      expect(binomialAtMost(count, n, perMille / 1_000)).toBeCloseTo(exact, 10);
    }
  });

  it("says nothing beyond the ends", () => {
    expect(binomialAtMost(-1, 10, 0.3)).toBe(0);
    expect(binomialAtMost(10, 10, 0.3)).toBe(1);
    expect(binomialAtMost(0, 0, 0.3)).toBe(1);
  });

  it("grows with the count and falls with the ratio, for fractions too", () => {
    const random = uniform(5);
    for (let round = 0; round < 200; round += 1) {
      const n = 1 + random() * 1_000;
      const count = random() * (n - 1);
      const ratio = 0.01 + random() * 0.98;
      const here = binomialAtMost(count, n, ratio);
      expect(binomialAtMost(count + random(), n, ratio)).toBeGreaterThanOrEqual(here - 1e-12);
      expect(binomialAtMost(count, n, ratio * random())).toBeGreaterThanOrEqual(here - 1e-12);
    }
  });
});
