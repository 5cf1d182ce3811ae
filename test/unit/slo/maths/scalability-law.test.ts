import { describe, expect, it } from "vitest";
import { LakeproofError } from "../../../../core/errors.ts";
import {
  fitScalabilityLaw,
  throughputAt,
  type LoadPoint,
  type ScalabilityLaw,
} from "../../../../slo/maths/scalability-law.ts";
import { normals, uniform } from "../../../fixtures/random-series.ts";

/** SPEC SDM91 on a Sun SPARCcenter 2000 (Gunther 2007, ch. 5; `specsdm91` of the R package usl). */
const SPEC_SDM91: readonly LoadPoint[] = [
  [1, 64.9],
  [18, 995.9],
  [36, 1652.4],
  [72, 1853.2],
  [108, 1828.9],
  [144, 1775.0],
  [216, 1702.2],
].map(([load = 0, throughput = 0]) => ({ load, throughput }));

/** Peak at √(0.98/0.000506) = 44.0. */
const LAW: ScalabilityLaw = { lambda: 100, sigma: 0.02, kappa: 0.000506 };

function ladder(
  loads: readonly number[],
  noise: number,
  random: () => number,
): readonly LoadPoint[] {
  return loads.map((load) => ({
    load,
    throughput: throughputAt(LAW, load) * (1 + noise * (normals(1, random)[0] ?? 0)),
  }));
}

describe("fitScalabilityLaw", () => {
  it("gives back a law without noise", () => {
    const random = uniform(199);
    for (let round = 0; round < 30; round += 1) {
      const law = { lambda: 1 + random() * 1e4, sigma: random() * 0.3, kappa: random() * 1e-3 };
      const points = [1, 2, 4, 8, 16, 32, 64, 128].map((load) => ({
        load,
        throughput: throughputAt(law, load),
      }));
      const found = fitScalabilityLaw(points, { random, resampleCount: 20 });
      expect(found.lambda / law.lambda).toBeCloseTo(1, 6);
      expect(found.sigma).toBeCloseTo(law.sigma, 6);
      expect(found.kappa).toBeCloseTo(law.kappa, 8);
      expect(found.residualRatio).toBeLessThan(1e-6);
    }
  });

  it("is weighted least squares, as numpy solves it", () => {
    const found = fitScalabilityLaw(SPEC_SDM91, { random: uniform(211) });
    // numpy.linalg.lstsq on the rows (X/N)·(1, N−1, N(N−1)) with 1 on the right.
    expect(found.lambda).toBeCloseTo(68.1607052154526, 6);
    expect(found.sigma).toBeCloseTo(0.01336125459065001, 9);
    expect(found.kappa).toBeCloseTo(0.0001152025984697631, 11);
  });

  it("agrees with the published fit of SPEC SDM91 within its standard errors", () => {
    const found = fitScalabilityLaw(SPEC_SDM91, { random: uniform(211) });
    // R usl (least squares of X itself): α 0.0277285 ± 0.0091217, β 0.0001044 ± 0.0000199, γ 89.995 ± 14.213; peak at 96.5.
    expect(Math.abs(found.sigma - 0.0277285)).toBeLessThan(2 * 0.0091217);
    expect(Math.abs(found.kappa - 0.0001044)).toBeLessThan(2 * 0.0000199);
    expect(Math.abs(found.lambda - 89.995)).toBeLessThan(2 * 14.213);
    expect(found.kappaInterval.lower).toBeLessThan(0.0001044);
    expect(found.kappaInterval.upper).toBeGreaterThan(0.0001044);
    expect(found.throughputMaxMeasured).toBe(1853.2);
    expect(found.peak?.load).toBeGreaterThan(80);
    expect(found.peak?.load).toBeLessThan(115);
  });

  it("reports a peak only when the ladder went past it", () => {
    const random = uniform(223);
    const past = fitScalabilityLaw(ladder([1, 4, 8, 16, 32, 64, 96], 0.01, random), { random });
    expect((past.peak?.load ?? 0) / 44).toBeCloseTo(1, 1);
    expect(past.peak?.throughput).toBeCloseTo(throughputAt(LAW, 44), -2);
    const below = fitScalabilityLaw(ladder([1, 2, 4, 8, 12, 16], 0.01, random), { random });
    expect(below.peak).toBeUndefined();
    expect(below.loadMax).toBe(16);
    expect(below.throughputMaxMeasured).toBeGreaterThan(0);
  });

  it("never reports a peak at or beyond the highest load", () => {
    const random = uniform(227);
    for (let round = 0; round < 40; round += 1) {
      const loads = [1, 2, 4, 8, 16, 24, 32, 48, 64].slice(0, 5 + Math.floor(random() * 5));
      const options = { random, resampleCount: 100 };
      const { peak, loadMax } = fitScalabilityLaw(ladder(loads, 0.03, random), options);
      if (peak === undefined) continue;
      expect(peak.load).toBeLessThan(loadMax);
      expect(peak.loadInterval.upper).toBeLessThan(loadMax);
      expect(peak.throughputInterval.lower).toBeLessThanOrEqual(peak.throughputInterval.upper);
    }
  });

  it("covers the true parameters about as often as it says", () => {
    const random = uniform(229);
    const rounds = 200;
    let covered = 0;
    for (let round = 0; round < rounds; round += 1) {
      const points = ladder([1, 2, 4, 8, 16, 32, 48, 64, 96], 0.03, random);
      const { kappaInterval } = fitScalabilityLaw(points, { random, resampleCount: 200 });
      if (kappaInterval.lower <= LAW.kappa && kappaInterval.upper >= LAW.kappa) covered += 1;
    }
    expect(covered / rounds).toBeGreaterThan(0.86);
  });

  it("holds contention and coherency at zero or above", () => {
    const random = uniform(233);
    // More than linear, as with a cache that grows along: the law cannot bend upwards.
    const points = [1, 2, 4, 8, 16].map((load) => ({ load, throughput: 10 * load ** 1.1 }));
    const found = fitScalabilityLaw(points, { random, resampleCount: 50 });
    expect(found.sigma).toBe(0);
    expect(found.kappa).toBe(0);
    expect(found.peak).toBeUndefined();
  });

  it("refuses a ladder that cannot tell noise from shape", () => {
    const random = uniform(1);
    const three = ladder([1, 2, 4, 4], 0, random);
    expect(() => fitScalabilityLaw(three, { random })).toThrow(/3 different loads/);
    const zero = [...ladder([1, 2, 4], 0, random), { load: 8, throughput: 0 }];
    expect(() => fitScalabilityLaw(zero, { random })).toThrow(LakeproofError);
    const points = ladder([1, 2, 4, 8], 0, random);
    expect(() => fitScalabilityLaw(points, { random, confidence: 0 })).toThrow(LakeproofError);
  });
});
