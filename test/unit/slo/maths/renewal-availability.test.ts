import { describe, expect, it } from "vitest";
import { LakeproofError } from "../../../../core/errors.ts";
import {
  availabilityLowerBound,
  meanBounds,
  projectedAvailability,
  type FaultDowntime,
  type ProjectionInput,
} from "../../../../slo/maths/renewal-availability.ts";
import { normals, uniform } from "../../../fixtures/random-series.ts";

const HOUR_MS = 3_600_000;
const MONTH_MS = 30 * 24 * HOUR_MS;

describe("availabilityLowerBound", () => {
  it("gives the published bounds", () => {
    // Trivedi, eq. 10.20, two-sided 95 %: one outage of 1 h in 1 000 h (0.9624, 1), ten of 6 min (0.9975, 0.9996).
    expect(availabilityLowerBound(1, 999 * HOUR_MS, HOUR_MS, 0.975)).toBeCloseTo(0.9624, 4);
    expect(availabilityLowerBound(10, 999 * HOUR_MS, HOUR_MS, 0.975)).toBeCloseTo(0.9975, 4);
    expect(availabilityLowerBound(10, 999 * HOUR_MS, HOUR_MS, 0.025)).toBeCloseTo(0.9996, 4);
  });

  // Largest share of downtime that proves 99.9 %: scipy 1.17, f.ppf.
  it.each([
    [1, 5.268148772521807e-5],
    [5, 0.0003359922890555319],
    [10, 0.0004710246684192339],
    [30, 0.0006519840443906693],
  ])("with %i outages proves three nines up to a downtime share of %d", (count, share) => {
    const bound = (down: number): number => availabilityLowerBound(count, 1 - down, down);
    expect(bound(share * 0.999)).toBeGreaterThan(0.999);
    expect(bound(share * 1.001)).toBeLessThan(0.999);
  });

  it("covers the true availability of exponential times", () => {
    const random = uniform(191);
    const drawn = (mean: number): number => -mean * Math.log(1 - random());
    const rounds = 2_000;
    let misses = 0;
    for (let round = 0; round < rounds; round += 1) {
      const up = Array.from({ length: 6 }, () => drawn(99)).reduce((sum, one) => sum + one);
      const down = Array.from({ length: 6 }, () => drawn(1)).reduce((sum, one) => sum + one);
      if (availabilityLowerBound(6, up, down) > 0.99) misses += 1;
    }
    expect(misses / rounds).toBeGreaterThan(0.035);
    expect(misses / rounds).toBeLessThan(0.065);
  });

  it("refuses to know repairs without an outage", () => {
    expect(() => availabilityLowerBound(0, 1, 0)).toThrow(LakeproofError);
    expect(() => availabilityLowerBound(1, 0, 1)).toThrow(LakeproofError);
    expect(() => availabilityLowerBound(1, 1, -1)).toThrow(LakeproofError);
  });
});

describe("meanBounds", () => {
  it("is Student's t below, and above Hall's transformation of it", () => {
    // numpy and scipy 1.17 (t.ppf, skew without bias), by the formula of Hall 1992.
    const found = meanBounds([1000, 1200, 900, 1100, 1500, 1300, 950, 1050, 1250, 8000]);
    expect(found.mean).toBe(1825);
    expect(found.lower).toBeCloseTo(562.926189087799, 6);
    expect(found.upper).toBeCloseTo(5989.732486573607, 6);
    const mild = meanBounds([6300, 17_400, 27_800, 18_700, 9500, 11_800]);
    expect(mild.lower).toBeCloseTo(8887.476119207357, 6);
    expect(mild.upper).toBeCloseTo(23_761.497298013215, 6);
  });

  it("bounds nothing with a single time", () => {
    expect(meanBounds([5])).toEqual({ mean: 5, lower: 0, upper: Infinity });
    expect(meanBounds([])).toEqual({ mean: 0, lower: 0, upper: Infinity });
    expect(meanBounds([5, 5])).toEqual({ mean: 5, lower: 5, upper: 5 });
  });

  it("covers the mean of skewed recoveries better than t alone", () => {
    const random = uniform(193);
    const rounds = 3_000;
    let misses = 0;
    let plainMisses = 0;
    for (let round = 0; round < rounds; round += 1) {
      // Lognormal with σ = 0.5: some recoveries take three times as long as others.
      const times = normals(10, random).map((one) => Math.exp(0.5 * one));
      const truth = Math.exp(0.125);
      const { mean, lower, upper } = meanBounds(times);
      if (upper < truth) misses += 1;
      if (mean + (mean - lower) < truth) plainMisses += 1;
    }
    // As the docstring says: 92 %, and 89 % with t alone.
    expect(misses / rounds).toBeGreaterThan(0.06);
    expect(misses / rounds).toBeLessThan(0.092);
    expect(plainMisses / rounds).toBeGreaterThan(0.092);
  });
});

describe("projectedAvailability", () => {
  const kill = (more: Partial<FaultDowntime> = {}): FaultDowntime => ({
    name: "kill",
    countPerPeriod: 4,
    downMs: [9, 10, 11, 10, 9, 11, 10, 10, 9, 11].map((one) => one * 1_000),
    unrecoveredCount: 0,
    ...more,
  });
  const input = (more: Partial<ProjectionInput> = {}): ProjectionInput => ({
    faults: [kill()],
    background: { n: 200_000, bad: 0 },
    periodMs: MONTH_MS,
    badRatioMax: 0.001,
    ...more,
  });

  it("shows the arithmetic: every sum is made of its terms", () => {
    const found = projectedAvailability(input());
    expect(found.status).toBe("PROVEN");
    expect(found.budgetMs).toBe(43.2 * 60_000);
    expect(found.terms.map((term) => term.name)).toEqual(["kill", "background"]);
    const [fault, background] = found.terms;
    expect(fault?.downMsMean).toBe(10_000);
    expect(fault?.periodDownMsMean).toBe(40_000);
    expect(fault?.periodDownMsUpper).toBeCloseTo(4 * (fault?.downMsUpper ?? 0), 6);
    // None bad of 200 000: the rule of three, 1 − 0.05^(1/n).
    expect(background?.periodDownMsUpper).toBeCloseTo((1 - 0.05 ** (1 / 200_000)) * MONTH_MS, 3);
    const sum = (fault?.periodDownMsUpper ?? 0) + (background?.periodDownMsUpper ?? 0);
    expect(found.periodDownMsUpper).toBeCloseTo(sum, 6);
    expect(found.availabilityRatioLower).toBeCloseTo(1 - sum / MONTH_MS, 12);
    expect(found.availabilityRatioLower).toBeLessThan(found.availabilityRatio);
    expect(found.availabilityRatio).toBeLessThan(found.availabilityUpper);
  });

  it("is violated when even the lower bounds overrun the budget", () => {
    const slow = kill({ downMs: kill().downMs.map((one) => one * 100) });
    expect(projectedAvailability(input({ faults: [slow] })).status).toBe("VIOLATED");
  });

  it("proves nothing from few injections, however good they were", () => {
    const few = kill({ downMs: [10_000, 10_100, 9_900] });
    const found = projectedAvailability(input({ faults: [few] }));
    expect(found.status).toBe("INCONCLUSIVE");
    expect(found.terms[0]?.injectionCountMissing).toBe(7);
    expect(projectedAvailability(input({ faults: [kill({ downMs: [] })] })).status).toBe(
      "INCONCLUSIVE",
    );
  });

  it("never leaves out an injection that did not recover", () => {
    const open = projectedAvailability(input({ faults: [kill({ unrecoveredCount: 1 })] }));
    expect(open.status).toBe("INCONCLUSIVE");
    expect(open.periodDownMsUpper).toBe(Infinity);
    expect(open.availabilityRatioLower).toBe(0);
    const repaired = projectedAvailability(
      input({ faults: [kill({ unrecoveredCount: 1, repairMs: HOUR_MS })] }),
    );
    expect(repaired.terms[0]?.injectionCount).toBe(11);
    expect(repaired.terms[0]?.downMsMean).toBeGreaterThan(300_000);
    expect(repaired.status).toBe("INCONCLUSIVE");
  });

  it("proves nothing without a background", () => {
    const found = projectedAvailability(input({ background: { n: 0, bad: 0 } }));
    expect(found.status).toBe("INCONCLUSIVE");
    expect(found.availabilityRatioLower).toBe(0);
  });

  it("costs nothing for a fault that is declared never to happen", () => {
    const never = kill({ name: "never", countPerPeriod: 0, downMs: [], unrecoveredCount: 2 });
    const found = projectedAvailability(input({ faults: [kill(), never] }));
    expect(found.status).toBe("PROVEN");
    expect(found.terms[1]?.periodDownMsUpper).toBe(0);
  });

  it("never improves when a fault comes more often, lasts longer or is added", () => {
    const random = uniform(197);
    for (let round = 0; round < 100; round += 1) {
      const downMs = Array.from({ length: 10 }, () => random() * 60_000);
      const countPerPeriod = random() * 40;
      const of = (faults: readonly FaultDowntime[]): number =>
        projectedAvailability(input({ faults })).availabilityRatioLower;
      const here = of([kill({ downMs, countPerPeriod })]);
      expect(of([kill({ downMs, countPerPeriod: countPerPeriod * 1.5 })])).toBeLessThanOrEqual(
        here,
      );
      const longer = downMs.map((one) => one * 1.5);
      expect(of([kill({ downMs: longer, countPerPeriod })])).toBeLessThanOrEqual(here);
      expect(of([kill({ downMs, countPerPeriod }), kill()])).toBeLessThanOrEqual(here);
    }
  });

  it("refuses rates and times that are none", () => {
    expect(() => projectedAvailability(input({ faults: [kill({ countPerPeriod: -1 })] }))).toThrow(
      /negative/,
    );
    expect(() => projectedAvailability(input({ faults: [kill({ downMs: [NaN] })] }))).toThrow(
      LakeproofError,
    );
    expect(() => projectedAvailability(input({ periodMs: 0 }))).toThrow(/periodMs/);
    expect(() => projectedAvailability(input({ badRatioMax: 1 }))).toThrow(LakeproofError);
  });
});
