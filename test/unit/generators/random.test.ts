/** Seeded randomness and arrivals: repeatable, independent by label, and of the shape they claim. */
import { describe, expect, it } from "vitest";
import { LakeproofError } from "../../../core/errors.ts";
import { arrivals } from "../../../generators/arrivals.ts";
import { Random, subSeed } from "../../../generators/random.ts";

const DRAWS = 100_000;

describe("subSeed", () => {
  it("tells labels, their borders and their types apart", () => {
    const seeds = [
      subSeed(1n, "a", "bc"),
      subSeed(1n, "ab", "c"),
      subSeed(1n, "a", "b", "c"),
      subSeed(1n, "lane", 1),
      subSeed(1n, "lane", "1"),
      subSeed(2n, "a", "bc"),
      subSeed(1n),
    ];
    expect(new Set(seeds).size).toBe(seeds.length);
    expect(subSeed(1n, "a", "bc")).toBe(seeds[0]);
    expect(seeds.every((seed) => seed >= 0n && seed < 1n << 64n)).toBe(true);
  });
});

describe("Random", () => {
  it("gives the same numbers for the same seed and others for another", () => {
    const draw = (seed: bigint): readonly number[] => {
      const random = new Random(seed);
      return Array.from({ length: 20 }, () => random.uint32());
    };
    expect(draw(42n)).toEqual(draw(42n));
    expect(draw(42n)).not.toEqual(draw(43n));
  });

  it("is even over ten cells: chi-square below 27.9, which chance exceeds once in a thousand", () => {
    const random = new Random(7n);
    const counts = new Array<number>(10).fill(0);
    for (let index = 0; index < DRAWS; index += 1) {
      const cell = random.below(10);
      counts[cell] = (counts[cell] ?? 0) + 1;
    }
    const expected = DRAWS / 10;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(27.9);
  });

  it("reaches both ends of between and stays inside", () => {
    const random = new Random(8n);
    const seen = new Set(Array.from({ length: 1_000 }, () => random.between(-1, 2)));
    expect([...seen].sort((a, b) => a - b)).toEqual([-1, 0, 1, 2]);
  });
});

describe("arrivals", () => {
  const take = (kind: "uniform" | "poisson", count: number, seed = 5n): readonly number[] => {
    const starts = arrivals({ kind, ratePerS: 400, seed });
    return Array.from({ length: count }, () => starts.next().value);
  };

  it("spaces uniform starts by 1000/rate without drift", () => {
    const starts = take("uniform", 4_001);
    expect(starts.slice(0, 3)).toEqual([0, 2.5, 5]);
    expect(starts.at(-1)).toBe(10_000);
  });

  it("draws Poisson gaps with mean and deviation 1000/rate, within 3 %", () => {
    const starts = take("poisson", DRAWS);
    const gaps = starts.map((start, index) => start - (starts[index - 1] ?? 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    expect(Math.abs(mean - 2.5)).toBeLessThan(0.075);
    expect(Math.abs(Math.sqrt(variance) - 2.5)).toBeLessThan(0.075);
    expect(gaps.every((gap) => gap >= 0)).toBe(true);
  });

  it("repeats for a seed and differs for another", () => {
    expect(take("poisson", 50)).toEqual(take("poisson", 50));
    expect(take("poisson", 50)).not.toEqual(take("poisson", 50, 6n));
  });

  it.each([0, -1, Number.NaN, Infinity])("refuses a rate of %d", (ratePerS) => {
    expect(() => arrivals({ kind: "uniform", ratePerS, seed: 1n })).toThrow(LakeproofError);
  });
});
