import { describe, expect, it } from "vitest";
import { LakeproofError } from "../../../../core/errors.ts";
import { blockLengthOf } from "../../../../slo/maths/block-length.ts";
import { autoregressive, normals, uniform } from "../../../fixtures/random-series.ts";

function medianLength(n: number, rho: number, seed: number): number {
  const random = uniform(seed);
  const lengths = Array.from({ length: 41 }, () => blockLengthOf(autoregressive(n, rho, random)));
  return lengths.sort((a, b) => a - b)[20] ?? NaN;
}

describe("blockLengthOf", () => {
  // Politis & White 2004, eq. 14 with the corrected constant: (3/2)^(1/3) · (2ρ/(1−ρ²))^(2/3) · n^(1/3) for AR(1).
  it.each([
    [2_000, 0.5],
    [2_000, 0.7],
    [10_000, 0.8],
  ])("is near the best length for an AR(1) series of %i with ρ = %d", (n, rho) => {
    const best = Math.cbrt(1.5 * ((2 * rho) / (1 - rho * rho)) ** 2 * n);
    const found = medianLength(n, rho, 109);
    expect(found / best).toBeGreaterThan(0.75);
    expect(found / best).toBeLessThan(1.35);
  });

  it("is short for independent values and 1 for a constant", () => {
    expect(medianLength(1_000, 0, 113)).toBeLessThanOrEqual(4);
    expect(blockLengthOf(Array.from({ length: 20 }, () => 0.1))).toBe(1);
  });

  it("always fits into the series", () => {
    const random = uniform(127);
    for (let round = 0; round < 200; round += 1) {
      const n = 10 + Math.floor(random() * 60);
      let level = 0;
      const walk = normals(n, random).map((step) => (level += step));
      const length = blockLengthOf(walk);
      expect(Number.isInteger(length)).toBe(true);
      expect(length).toBeGreaterThanOrEqual(1);
      expect(length).toBeLessThanOrEqual(Math.ceil(n / 3));
    }
  });

  it("refuses a series too short to know itself", () => {
    expect(() => blockLengthOf([1, 2, 3])).toThrow(LakeproofError);
  });
});
