/** Zipf, weighted choice and amounts against their theory, with the tolerance in each name. */
import { describe, expect, it } from "vitest";
import { LakeproofError } from "../../../core/errors.ts";
import {
  amountCents,
  exponential,
  WeightedChoice,
  Zipf,
} from "../../../generators/distributions.ts";
import { Random } from "../../../generators/random.ts";

const DRAWS = 200_000;

describe("Zipf", () => {
  it.each([0.6, 0.8, 1, 1.3])(
    "hits the probabilities of exponent %d within five standard errors on every rank",
    (exponent) => {
      const itemCount = 50;
      const zipf = new Zipf(exponent);
      const random = new Random(11n);
      const counts = new Array<number>(itemCount + 1).fill(0);
      for (let index = 0; index < DRAWS; index += 1) {
        const rank = zipf.sample(random, itemCount);
        counts[rank] = (counts[rank] ?? 0) + 1;
      }
      const ranks = Array.from({ length: itemCount }, (_, index) => index + 1);
      const total = ranks.reduce((sum, rank) => sum + rank ** -exponent, 0);
      const deviations = ranks.map((rank) => {
        const share = rank ** -exponent / total;
        const standardError = Math.sqrt(share * (1 - share) * DRAWS);
        return Math.abs((counts[rank] ?? 0) - share * DRAWS) / standardError;
      });
      expect(counts[0]).toBe(0);
      expect(Math.max(...deviations)).toBeLessThan(5);
    },
  );

  it("stays inside when the number of items changes from draw to draw, one item included", () => {
    const zipf = new Zipf(0.8);
    const random = new Random(12n);
    for (let itemCount = 1; itemCount < 2_000; itemCount += 1) {
      const rank = zipf.sample(random, itemCount);
      expect(rank).toBeGreaterThanOrEqual(1);
      expect(rank).toBeLessThanOrEqual(itemCount);
    }
  });

  it("refuses an exponent of 0", () => {
    expect(() => new Zipf(0)).toThrow(LakeproofError);
  });
});

describe("WeightedChoice", () => {
  it("draws in proportion to the weights, within 1 % of all draws, and never a weight of 0", () => {
    const choice = new WeightedChoice([
      ["a", 6],
      ["b", 3],
      ["never", 0],
      ["c", 1],
    ]);
    const random = new Random(13n);
    const counts = new Map<string, number>();
    for (let index = 0; index < DRAWS; index += 1) {
      const option = choice.pick(random);
      counts.set(option, (counts.get(option) ?? 0) + 1);
    }
    const share = (option: string): number => (counts.get(option) ?? 0) / DRAWS;
    expect(Math.abs(share("a") - 0.6)).toBeLessThan(0.01);
    expect(Math.abs(share("b") - 0.3)).toBeLessThan(0.01);
    expect(Math.abs(share("c") - 0.1)).toBeLessThan(0.01);
    expect(counts.has("never")).toBe(false);
  });

  it.each([
    [[]],
    [[["a", 0]]],
    [
      [
        ["a", 1],
        ["b", -1],
      ],
    ],
  ] as const)("refuses %j", (weights) => {
    expect(() => new WeightedChoice<string>(weights)).toThrow(LakeproofError);
  });
});

describe("exponential", () => {
  it("has the median mean * ln 2, within 2 %", () => {
    const random = new Random(14n);
    const sorted = Array.from({ length: DRAWS }, () => exponential(random, 10)).sort(
      (a, b) => a - b,
    );
    const median = sorted[DRAWS / 2] ?? Number.NaN;
    expect(Math.abs(median / (10 * Math.LN2) - 1)).toBeLessThan(0.02);
  });
});

describe("amountCents", () => {
  it("has the median asked for within 2 % and two thirds of the draws within a factor e^sigma", () => {
    const random = new Random(15n);
    const shape = { medianCents: 5_000, sigma: 1, maxCents: 1_000_000 };
    const sorted = Array.from({ length: DRAWS }, () => amountCents(random, shape)).sort(
      (a, b) => a - b,
    );
    const near = sorted.filter((cents) => cents > 5_000 / Math.E && cents < 5_000 * Math.E);
    expect(Math.abs((sorted[DRAWS / 2] ?? 0) / 5_000 - 1)).toBeLessThan(0.02);
    expect(Math.abs(near.length / DRAWS - 0.6827)).toBeLessThan(0.01);
    expect(sorted.every((cents) => Number.isInteger(cents) && cents >= 1)).toBe(true);
  });

  it("never exceeds the largest amount nor falls below one cent", () => {
    const random = new Random(16n);
    const shape = { medianCents: 2, sigma: 5, maxCents: 10 };
    const amounts = new Set(Array.from({ length: 1_000 }, () => amountCents(random, shape)));
    expect(Math.max(...amounts)).toBe(10);
    expect(Math.min(...amounts)).toBe(1);
  });
});
