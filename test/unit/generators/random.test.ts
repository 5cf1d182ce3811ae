/** Seeded randomness and arrivals: repeatable, independent by label, and of the shape they claim. */
import { describe, expect, it } from "vitest";
import { LakeproofError } from "../../../core/errors.ts";
import { arrivals } from "../../../generators/arrivals.ts";
import { Random, streamKey, subSeed } from "../../../generators/random.ts";

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

describe("Random.restart", () => {
  const KEY = streamKey(1n, "test");
  const shared = new Random(0n);
  const first = (index: number, version: number, key = KEY): number => {
    shared.restart(key, index, version);
    return shared.uint32();
  };

  it("goes to the same stream from wherever it stands", () => {
    const random = new Random(9n);
    for (let draws = 0; draws < 5; draws += 1) {
      random.restart(KEY, 7, 3);
      expect(random.uint32()).toBe(first(7, 3));
      for (let draw = 0; draw < draws; draw += 1) random.uint32();
    }
    expect(first(7, 3)).not.toBe(first(7, 4));
    expect(first(7, 3)).not.toBe(first(8, 3));
    expect(first(7, 3)).not.toBe(first(7, 3, streamKey(2n, "test")));
  });

  it.each([
    ["neighbouring rows", (step: number): number => first(step, 0)],
    ["neighbouring versions", (step: number): number => first(5, step)],
    ["rows and versions that move together", (step: number): number => first(step, step)],
  ])("is even over 256 cells in %s: chi-square within five deviations of 255", (_, draw) => {
    for (const shift of [0, 12, 24]) {
      const counts = new Array<number>(256).fill(0);
      for (let step = 0; step < DRAWS; step += 1) {
        const cell = (draw(step) >>> shift) & 255;
        counts[cell] = (counts[cell] ?? 0) + 1;
      }
      const expected = DRAWS / 256;
      const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      // 255 ± 5 × 22.6: too even would be as wrong.
      expect(chiSquare).toBeLessThan(368);
      expect(chiSquare).toBeGreaterThan(142);
    }
  });

  it("has no correlation between one row's draw and the next's: below 5 / √n", () => {
    const draws = Array.from({ length: DRAWS }, (_, index) => first(index, 1) / 2 ** 32 - 0.5);
    const product = draws.reduce((sum, draw, index) => sum + draw * (draws[index + 1] ?? 0), 0);
    expect(Math.abs((12 * product) / DRAWS)).toBeLessThan(5 / Math.sqrt(DRAWS));
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
