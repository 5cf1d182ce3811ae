import { describe, expect, it } from "vitest";
import { LakeproofError } from "../../../../core/errors.ts";
import { benjaminiHochberg } from "../../../../slo/maths/benjamini-hochberg.ts";
import { uniform } from "../../../fixtures/random-series.ts";

/** The fifteen p-values of the paper's own example (Benjamini & Hochberg 1995, §4.2). */
const PAPER = [
  0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719,
  0.6528, 0.759, 1,
];

describe("benjaminiHochberg", () => {
  it("rejects the four hypotheses of the paper's example at 0.05", () => {
    const rejected = benjaminiHochberg(PAPER, 0.05).filter((one) => one.isDiscovery);
    expect(rejected.map((one) => one.pValue)).toEqual([0.0001, 0.0004, 0.0019, 0.0095]);
  });

  it("gives the adjusted p-values m·p/rank, made monotone from above", () => {
    const qValues = benjaminiHochberg(PAPER, 0.05).map((one) => one.qValue);
    const byHand = [0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.063857142857];
    for (const [index, expected] of byHand.entries()) {
      expect(qValues[index]).toBeCloseTo(expected, 10);
    }
    expect(qValues[14]).toBe(1);
  });

  it("steps up: a p-value above its own line is carried by a later one below it", () => {
    // 0.03 and 0.04 are above their lines 0.0167 and 0.0333; the third, 0.045, is below its own, 0.05.
    const rows = benjaminiHochberg([0.03, 0.04, 0.045], 0.05);
    expect(rows.map((one) => one.isDiscovery)).toEqual([true, true, true]);
  });

  it("keeps the order it was given, and takes nothing for nothing", () => {
    const shuffled = [0.5, 0.001, 0.2];
    expect(benjaminiHochberg(shuffled, 0.05).map((one) => one.pValue)).toEqual(shuffled);
    expect(benjaminiHochberg([], 0.05)).toEqual([]);
  });

  it("is the definition: the largest k with p(k) ≤ k·rate/m, found by trying all", () => {
    const random = uniform(53);
    for (let round = 0; round < 200; round += 1) {
      const m = 1 + Math.floor(random() * 20);
      const pValues = Array.from({ length: m }, () => random() ** 3);
      const sorted = [...pValues].sort((a, b) => a - b);
      const k = sorted.findLastIndex((pValue, index) => pValue <= ((index + 1) * 0.1) / m);
      const limit = k === -1 ? -1 : (sorted[k] ?? -1);
      const expected = pValues.map((pValue) => pValue <= limit);
      expect(benjaminiHochberg(pValues, 0.1).map((one) => one.isDiscovery)).toEqual(expected);
    }
  });

  it("keeps the share of false discoveries below the rate", () => {
    const random = uniform(59);
    let falseShare = 0;
    const rounds = 500;
    for (let round = 0; round < rounds; round += 1) {
      // 30 metrics without any change and 10 with a large one.
      const pValues = Array.from({ length: 40 }, (_, index) =>
        index < 30 ? random() : random() * 0.001,
      );
      const found = benjaminiHochberg(pValues, 0.1);
      const all = found.filter((one) => one.isDiscovery).length;
      const wrong = found.slice(0, 30).filter((one) => one.isDiscovery).length;
      falseShare += all === 0 ? 0 : wrong / all / rounds;
    }
    expect(falseShare).toBeLessThan(0.1);
    expect(falseShare).toBeGreaterThan(0.03);
  });

  it("refuses what is no p-value", () => {
    expect(() => benjaminiHochberg([0.5, NaN], 0.05)).toThrow(LakeproofError);
    expect(() => benjaminiHochberg([1.5], 0.05)).toThrow(/pValues\[0\] is 1.5/);
    expect(() => benjaminiHochberg([0.5], 1)).toThrow(LakeproofError);
  });
});
