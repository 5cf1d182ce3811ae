import { describe, expect, it } from "vitest";
import { LakeproofError } from "../../../../core/errors.ts";
import {
  pairCountNeeded,
  signTest,
  wilcoxonSignedRank,
  type Alternative,
} from "../../../../slo/maths/paired-test.ts";
import { normals, uniform } from "../../../fixtures/random-series.ts";

const ALTERNATIVES: readonly Alternative[] = ["greater", "less", "two-sided"];

/** Darwin's maize plants, cross- minus self-fertilised, in eighths of an inch (Fisher 1935, §17). */
const MAIZE = [6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75];

describe("signTest", () => {
  it("is the share of the 2^n sign patterns that are as extreme", () => {
    // 13 of 15 positive: (1 + 15 + 105) / 2^15 on one side.
    expect(signTest(MAIZE)).toEqual({
      n: 15,
      statistic: 13,
      pValue: expect.closeTo(242 / 2 ** 15, 12) as number,
      pValueMin: 2 ** -14,
      method: "exact",
    });
    expect(signTest(MAIZE, "greater").pValue).toBeCloseTo(121 / 2 ** 15, 12);
    expect(signTest(MAIZE, "less").pValue).toBeCloseTo(1 - 16 / 2 ** 15, 12);
  });

  it("leaves out pairs without a difference", () => {
    expect(signTest([0, 1, 2, 0, 3])).toMatchObject({ n: 3, statistic: 3, pValue: 0.25 });
    expect(signTest([0, 0])).toMatchObject({ n: 0, pValue: 1, pValueMin: 1 });
    expect(signTest([])).toMatchObject({ n: 0, pValue: 1 });
  });

  it("cannot reach 0.05 with five pairs, and can with six", () => {
    expect(signTest([1, 1, 1, 1, 1]).pValue).toBe(0.0625);
    expect(signTest([1, 1, 1, 1, 1, 1]).pValue).toBe(0.03125);
  });

  it("does not overflow with many pairs", () => {
    const many = Array.from({ length: 100_000 }, (_, index) => (index % 2 === 0 ? 1 : -1));
    expect(signTest(many).pValue).toBe(1);
    expect(signTest(many.map(Math.abs)).pValue).toBe(0);
  });
});

describe("wilcoxonSignedRank", () => {
  it("gives the published p-value of Darwin's maize", () => {
    // scipy's documentation of wilcoxon: statistic 24 (the smaller sum), p = 0.041259765625, one-sided half of it.
    expect(wilcoxonSignedRank(MAIZE)).toMatchObject({ statistic: 96, pValue: 0.041259765625 });
    expect(wilcoxonSignedRank(MAIZE, "greater").pValue).toBe(0.0206298828125);
  });

  // Critical values of the smaller rank sum at two-sided 0.05: Wilcoxon & Wilcox 1964, table 2.
  it.each([
    [6, 0],
    [7, 2],
    [8, 3],
    [9, 5],
    [10, 8],
    [12, 13],
    [15, 25],
    [20, 52],
    [25, 89],
  ])("of %i pairs rejects at 0.05 up to a rank sum of %i and not beyond", (n, critical) => {
    expect(wilcoxonSignedRank(withPositiveSum(n, critical)).pValue).toBeLessThanOrEqual(0.05);
    expect(wilcoxonSignedRank(withPositiveSum(n, critical + 1)).pValue).toBeGreaterThan(0.05);
  });

  it("is, ties and all, the share of all sign patterns that are as extreme", () => {
    const random = uniform(61);
    for (let round = 0; round < 60; round += 1) {
      const n = 1 + Math.floor(random() * 9);
      const differences = Array.from({ length: n }, () => Math.floor(random() * 7) - 3);
      for (const alternative of ALTERNATIVES) {
        const expected = byEnumeration(differences, alternative);
        expect(wilcoxonSignedRank(differences, alternative).pValue).toBeCloseTo(expected, 12);
      }
    }
  });

  it("passes into the normal approximation without a step", () => {
    const random = uniform(67);
    const differences = normals(300, random).map((value) => value + 0.1);
    const exact = wilcoxonSignedRank(differences);
    // One pair more whose rank is the least of all.
    const approximate = wilcoxonSignedRank([...differences, 1e-9]);
    expect(exact.method).toBe("exact");
    expect(approximate.method).toBe("normal approximation");
    expect(Math.abs(approximate.pValue / exact.pValue - 1)).toBeLessThan(0.03);
  });

  it("is, above 300 pairs, the normal approximation with ties and continuity", () => {
    const differences = Array.from({ length: 399 }, (_, at) => (((at + 1) * 37) % 401) / 100 - 1.7);
    // scipy 1.17: wilcoxon(method="asymptotic", correction=True).
    const found = wilcoxonSignedRank(differences);
    expect(found.statistic).toBe(50_788);
    expect(found.pValue / 1.379446304409432e-6).toBeCloseTo(1, 6);
  });

  it("mirrors: turned round, greater becomes less", () => {
    const random = uniform(71);
    for (let round = 0; round < 50; round += 1) {
      const differences = normals(1 + Math.floor(random() * 25), random);
      const turned = differences.map((difference) => -difference);
      for (const test of [signTest, wilcoxonSignedRank]) {
        expect(test(turned, "less").pValue).toBeCloseTo(test(differences, "greater").pValue, 12);
        expect(test(turned).pValue).toBeCloseTo(test(differences).pValue, 12);
        expect(test(differences).pValue).toBeGreaterThanOrEqual(test(differences).pValueMin);
      }
    }
  });

  it("raises a false alarm no more often than it says", () => {
    const random = uniform(73);
    const rounds = 2_000;
    let alarms = 0;
    for (let round = 0; round < rounds; round += 1) {
      if (wilcoxonSignedRank(normals(8, random)).pValue <= 0.05) alarms += 1;
    }
    // The exact level for eight pairs is 10/256 = 0.039.
    expect(alarms / rounds).toBeGreaterThan(0.026);
    expect(alarms / rounds).toBeLessThan(0.052);
  });

  it("refuses differences that are none", () => {
    expect(() => wilcoxonSignedRank([1, NaN])).toThrow(LakeproofError);
    expect(() => signTest([Infinity])).toThrow(LakeproofError);
  });
});

describe("pairCountNeeded", () => {
  // research: sd 5 % needs 9 pairs for 5 %, sd 10 % needs 33; never fewer than six.
  it.each([
    [0.05, 1.05, 9],
    [0.1, 1.05, 33],
    [0.02, 1.05, 6],
  ])("with a spread of %d and an effect of %d is %i", (logRatioSd, effectRatio, pairs) => {
    expect(pairCountNeeded({ logRatioSd, effectRatio })).toBe(pairs);
  });

  it("is the same for a change for the better", () => {
    const worse = pairCountNeeded({ logRatioSd: 0.1, effectRatio: 1.05 });
    expect(pairCountNeeded({ logRatioSd: 0.1, effectRatio: 1 / 1.05 })).toBe(worse);
  });

  it("refuses an effect of nothing", () => {
    expect(() => pairCountNeeded({ logRatioSd: 0.1, effectRatio: 1 })).toThrow(
      /No number of pairs/,
    );
    expect(() => pairCountNeeded({ logRatioSd: 0, effectRatio: 1.05 })).toThrow(LakeproofError);
  });
});

/** Differences ±1…±n without ties whose positive ones have ranks that add up to `sum`. */
function withPositiveSum(n: number, sum: number): readonly number[] {
  let rest = sum;
  const descending = Array.from({ length: n }, (_, index) => n - index);
  return descending.map((rank) => {
    if (rank > rest) return -rank;
    rest -= rank;
    return rank;
  });
}

function byEnumeration(differences: readonly number[], alternative: Alternative): number {
  const magnitudes = differences.filter((one) => one !== 0).map(Math.abs);
  const ranks = magnitudes.map(
    (one) =>
      magnitudes.filter((other) => other < one).length +
      (magnitudes.filter((other) => other === one).length + 1) / 2,
  );
  const positive = differences.filter((one) => one !== 0).map((one) => one > 0);
  const observed = sumOf(ranks, (_, index) => positive[index] === true);
  const patterns = 2 ** ranks.length;
  let atLeast = 0;
  let atMost = 0;
  for (let pattern = 0; pattern < patterns; pattern += 1) {
    const sum = sumOf(ranks, (_, index) => ((pattern >> index) & 1) === 1);
    if (sum >= observed) atLeast += 1;
    if (sum <= observed) atMost += 1;
  }
  if (alternative === "greater") return atLeast / patterns;
  if (alternative === "less") return atMost / patterns;
  return Math.min(1, (2 * Math.min(atLeast, atMost)) / patterns);
}

function sumOf(ranks: readonly number[], counts: (rank: number, index: number) => boolean): number {
  return ranks.filter(counts).reduce((sum, rank) => sum + rank, 0);
}
