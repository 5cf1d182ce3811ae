/** Starts of queries: the shapes of the house told to k6 as a table, and the same for every worker. */
import { describe, expect, it } from "vitest";
import { startShapeOf, workerCountOf } from "../../../../cli/run/query-starts.ts";
import { arrivalShape } from "../../../../core/arrival-shape.ts";
import type { Arrivals } from "../../../../core/contracts/plan.ts";
import { startSchedule, type StartShape } from "../../../../generators/k6/starts.ts";

const RATE_PER_S = 50;

function shapeOf(arrivals: Arrivals): StartShape {
  const shape = startShapeOf(arrivals);
  if (shape === undefined) throw new RangeError("even ticks have no table");
  return shape;
}

function startsMs(arrivals: Arrivals, count: number, seed = "7|simple|starts"): readonly number[] {
  const schedule = startSchedule(shapeOf(arrivals), RATE_PER_S, seed);
  return Array.from({ length: count }, (_, index) => schedule.atMs(index));
}

describe("starts at random", () => {
  const gaps = startsMs("poisson", 20_001).map((ms, index, all) => ms - (all[index - 1] ?? 0));
  const meanMs = 1000 / RATE_PER_S;

  it("have exponential gaps: mean and deviation of 20 ms within 3 %, a share of 1/e above the mean within 1 %", () => {
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    expect(Math.abs(mean / meanMs - 1)).toBeLessThan(0.03);
    expect(Math.abs(Math.sqrt(variance) / meanMs - 1)).toBeLessThan(0.03);
    const above = gaps.filter((gap) => gap > meanMs).length / gaps.length;
    expect(Math.abs(above - 1 / Math.E)).toBeLessThan(0.01);
  });

  it("have no memory: the correlation of neighbours is below 4 / √n", () => {
    const n = gaps.length - 1;
    const products = gaps.slice(1).map((gap, at) => (gap - meanMs) * ((gaps[at] ?? 0) - meanMs));
    const correlation = products.reduce((sum, one) => sum + one, 0) / n / meanMs ** 2;
    expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(n));
  });

  it("lie where they lie, whichever of them a worker gets", () => {
    const all = startsMs("poisson", 1000);
    const mine = startSchedule(shapeOf("poisson"), RATE_PER_S, "7|simple|starts");
    for (let index = 3; index < 1000; index += 24) expect(mine.atMs(index)).toBe(all[index]);
    expect(startsMs("poisson", 5, "8|simple|starts")).not.toEqual(all.slice(0, 5));
  });
});

describe("a shape", () => {
  it.each<Arrivals>([
    { kind: "burst", spacing: "uniform", periodMs: 10_000, burstMs: 1000, peakRatio: 4 },
    { kind: "burst", spacing: "uniform", periodMs: 10_000, burstMs: 2500, peakRatio: 4 },
    { kind: "diurnal", spacing: "uniform", periodMs: 60_000, peakRatio: 2 },
    { kind: "diurnal", spacing: "uniform", periodMs: 600_000, peakRatio: 1.5 },
  ])("%j goes as the bank's own does, within a hundredth of a period", (arrivals) => {
    if (typeof arrivals === "string") throw new RangeError("no shape");
    const exact = arrivalShape(arrivals, RATE_PER_S);
    for (const [index, ms] of startsMs(arrivals, 4000).entries()) {
      expect(Math.abs(ms - exact.offsetMs(index))).toBeLessThan(arrivals.periodMs / 100);
    }
  });

  it("is small enough for an environment variable, four classes together", () => {
    const day = {
      kind: "diurnal",
      spacing: "poisson",
      periodMs: 86_400_000,
      peakRatio: 1.9,
    } as const;
    expect(4 * JSON.stringify(shapeOf(day)).length).toBeLessThan(32_000);
  });

  it("is none for even ticks", () => {
    expect(startShapeOf(undefined)).toBeUndefined();
    expect(startShapeOf("uniform")).toBeUndefined();
  });
});

describe("workerCountOf", () => {
  it.each([
    [{ name: "simple", ratePerS: 0.3, targetMs: 100 }, 24],
    [{ name: "simple", ratePerS: 100, targetMs: 100 }, 100],
    [{ name: "medium", ratePerS: 20, targetMs: 5000 }, 100],
    [{ name: "simple", ratePerS: 5000, targetMs: 100 }, 200],
  ] as const)("of %j is %d", (query, count) => {
    expect(workerCountOf(query)).toBe(count);
  });
});
