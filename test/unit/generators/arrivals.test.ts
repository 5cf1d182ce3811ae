/** Bursts and days: the counts each stretch of a period must have, worked out by hand from the declared shape. */
import { describe, expect, it } from "vitest";
import { arrivalProblems, arrivalShape } from "../../../core/arrival-shape.ts";
import type { Arrivals, ArrivalSpacing } from "../../../core/contracts/plan.ts";
import { LakeproofError } from "../../../core/errors.ts";
import { arrivals } from "../../../generators/arrivals.ts";

const RATE_PER_S = 100;

/** 1 s in 10 at four times the mean: 400 of 1000 starts, and 600 in the 9 s before. */
const burst = (spacing: ArrivalSpacing, peakRatio = 4): Arrivals => ({
  kind: "burst",
  spacing,
  periodMs: 10_000,
  burstMs: 1_000,
  peakRatio,
});

const day = (spacing: ArrivalSpacing, peakRatio = 1.8): Arrivals => ({
  kind: "diurnal",
  spacing,
  periodMs: 60_000,
  peakRatio,
});

function startsBefore(kind: Arrivals, untilMs: number, seed = 5n): readonly number[] {
  const starts: number[] = [];
  for (const start of arrivals({ kind, ratePerS: RATE_PER_S, seed })) {
    if (start >= untilMs) return starts;
    starts.push(start);
  }
  return starts;
}

/** A start on an edge belongs to what follows it, even where rounding puts it a nanosecond before. */
const EDGE_MS = 1e-6;

const between = (starts: readonly number[], fromMs: number, toMs: number): number =>
  starts.filter((start) => start >= fromMs - EDGE_MS && start < toMs - EDGE_MS).length;

const isAscending = (starts: readonly number[]): boolean =>
  starts.every((start, index) => start >= (starts[index - 1] ?? 0));

describe("bursts, evenly spaced", () => {
  const starts = startsBefore(burst("uniform"), 100_000);

  it("puts exactly 400 of 1000 starts into the last second of every period of ten", () => {
    for (let periodMs = 0; periodMs < 100_000; periodMs += 10_000) {
      expect(between(starts, periodMs, periodMs + 9_000)).toBe(600);
      expect(between(starts, periodMs + 9_000, periodMs + 10_000)).toBe(400);
    }
    expect(isAscending(starts)).toBe(true);
  });

  it("spaces them by 15 ms in the quiet time and by 2.5 ms in the burst, within a nanosecond", () => {
    expect((starts[8] ?? 0) - (starts[7] ?? 0)).toBeCloseTo(15, 6);
    expect((starts[1_700] ?? 0) - (starts[1_699] ?? 0)).toBeCloseTo(2.5, 6);
  });

  it("is silent between bursts that take the whole mean", () => {
    const peaks = startsBefore(burst("uniform", 10), 100_000);
    expect(peaks).toHaveLength(10_000);
    expect(peaks.filter((start) => start % 10_000 < 8_999.999)).toEqual([]);
  });
});

describe("a day, evenly spaced", () => {
  const starts = startsBefore(day("uniform"), 240_000);

  it("keeps the mean in every period: exactly 6000 starts", () => {
    for (let periodMs = 0; periodMs < 240_000; periodMs += 60_000) {
      expect(between(starts, periodMs, periodMs + 60_000)).toBe(6_000);
    }
    expect(isAscending(starts)).toBe(true);
  });

  it("has the quarters of a sine from the trough: 1/4 ± 0.8 / 2π of a period, within one start", () => {
    const quarters = [0, 15_000, 30_000, 45_000].map((fromMs) =>
      between(starts, fromMs, fromMs + 15_000),
    );
    const nightCount = 6_000 * (0.25 - 0.8 / (2 * Math.PI));
    const dayCount = 6_000 * (0.25 + 0.8 / (2 * Math.PI));
    for (const [index, expected] of [nightCount, dayCount, dayCount, nightCount].entries()) {
      expect(Math.abs((quarters[index] ?? 0) - expected)).toBeLessThanOrEqual(1);
    }
  });

  it("stands still in a trough as deep as can be: 2 starts in the first 2.5 s, where 250 are the mean", () => {
    // 6000 (x - sin(2πx) / 2π) at x = 2.5 / 60 is 2.8: the third start (number 2) is the last before it.
    expect(startsBefore(day("uniform", 2), 2_500)).toHaveLength(3);
  });
});

describe("at random", () => {
  it.each([
    ["burst", burst("poisson")],
    ["day", day("poisson")],
  ])("%s: every second of 20 minutes is within chance of its expected count", (_, kind) => {
    const spanS = 1_200;
    const starts = startsBefore(kind, spanS * 1_000);
    const counts = new Array<number>(spanS).fill(0);
    for (const start of starts) {
      const second = Math.floor(start / 1_000);
      counts[second] = (counts[second] ?? 0) + 1;
    }
    const shape = arrivalShape(kind, RATE_PER_S);
    const chiSquare = counts.reduce((sum, count, second) => {
      const expected =
        shape.expectedCount((second + 1) * 1_000) - shape.expectedCount(second * 1_000);
      return sum + (count - expected) ** 2 / expected;
    }, 0);
    // Mean 1200, deviation √2400 = 49: five of them either way.
    expect(Math.abs(chiSquare - spanS)).toBeLessThan(5 * Math.sqrt(2 * spanS));
    expect(Math.abs(starts.length - RATE_PER_S * spanS)).toBeLessThan(
      5 * Math.sqrt(RATE_PER_S * spanS),
    );
    expect(isAscending(starts)).toBe(true);
  });

  it("bursts together with a writer of another seed, at other moments", () => {
    const one = startsBefore(burst("poisson"), 100_000, 1n);
    const other = startsBefore(burst("poisson"), 100_000, 2n);
    expect(one).toEqual(startsBefore(burst("poisson"), 100_000, 1n));
    expect(one.slice(0, 50)).not.toEqual(other.slice(0, 50));
    // 4000 ± 5 × 63 of 10000 in the ten burst seconds.
    for (const starts of [one, other]) {
      const inBursts = starts.filter((start) => start % 10_000 >= 9_000).length;
      expect(Math.abs(inBursts - 4_000)).toBeLessThan(316);
    }
  });
});

describe("arrivalShape", () => {
  it.each([["uniform"], [burst("uniform")], [burst("poisson", 10)], [day("uniform")]] as const)(
    "%j: the time of a count and the count of a time undo each other, within a microsecond",
    (kind) => {
      const shape = arrivalShape(kind, RATE_PER_S);
      for (let count = 0.5; count < 30_000; count += 7.3) {
        const offsetMs = shape.offsetMs(count);
        expect(Math.abs(shape.expectedCount(offsetMs) - count)).toBeLessThan(1e-6);
      }
    },
  );
});

describe("arrivalProblems", () => {
  it("accepts every shape that keeps its mean", () => {
    const shapes: readonly Arrivals[] = [
      "uniform",
      "poisson",
      burst("uniform", 10),
      day("poisson", 2),
    ];
    expect(shapes.flatMap((shape) => arrivalProblems(shape, "x"))).toEqual([]);
  });

  it.each<[Arrivals, string]>([
    [burst("uniform", 10.1), "x.peakRatio is 10.1: allowed are above 1 to 10"],
    [burst("uniform", 1), "x.peakRatio is 1"],
    [day("uniform", 2.1), "x.peakRatio is 2.1: allowed are above 1 to 2"],
    [day("uniform", Number.NaN), "x.peakRatio is NaN"],
    [{ kind: "diurnal", spacing: "poisson", periodMs: 1, peakRatio: 1.5 }, "x.periodMs is 1"],
    [
      { kind: "burst", spacing: "poisson", periodMs: 1_000, burstMs: 1_000, peakRatio: 1.5 },
      "x.burstMs is 1000: allowed are above 0 to below 1000",
    ],
    [burst("often" as ArrivalSpacing), 'x is spaced "often"'],
    ["often" as ArrivalSpacing, 'x is spaced "often"'],
  ])("refuses %j", (kind, problem) => {
    expect(arrivalProblems(kind, "x").join(" ")).toContain(problem);
    expect(() => arrivals({ kind, ratePerS: 1, seed: 1n })).toThrow(LakeproofError);
  });
});
