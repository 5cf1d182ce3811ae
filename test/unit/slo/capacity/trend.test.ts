import { describe, expect, it } from "vitest";
import { Random } from "../../../../generators/random.ts";
import { slopePerS, thinned, type Point } from "../../../../slo/capacity/trend.ts";

describe("slopePerS", () => {
  it("is the slope of a line, whatever its points' distances", () => {
    const points = [0, 1000, 1500, 4000, 9000].map((atMs) => ({
      atMs,
      value: 7 + 3 * (atMs / 1000),
    }));
    expect(slopePerS(points)).toBeCloseTo(3, 12);
  });

  it("is the median of all pairs, by hand", () => {
    // Slopes of the pairs: 1, 4.5, 2, 8, 2.5, -3; their median lies between 2 and 2.5.
    const points = [0, 1, 9, 6].map((value, index) => ({ atMs: index * 1000, value }));
    expect(slopePerS(points)).toBeCloseTo(2.25, 12);
  });

  it("does not move by one spike in ten", () => {
    const random = new Random(5n);
    const points = Array.from({ length: 20 }, (_, index) => ({
      atMs: index * 1000,
      value: 10 * index + random.unit() + (index % 10 === 4 ? 5_000 : 0),
    }));
    expect(slopePerS(points)).toBeGreaterThan(9);
    expect(slopePerS(points)).toBeLessThan(11);
  });

  it("is unknown for three points, and for points at one moment", () => {
    const point = { atMs: 5, value: 1 };
    expect(slopePerS([point, { atMs: 6, value: 2 }, { atMs: 7, value: 3 }])).toBeUndefined();
    expect(slopePerS([point, point, point, point])).toBeUndefined();
  });
});

describe("thinned", () => {
  it("leaves short windows as they are, and long ones in an even selection", () => {
    const points = (count: number): Point[] =>
      Array.from({ length: count }, (_, index) => ({ atMs: index, value: 3 * index }));
    expect(thinned(points(400))).toHaveLength(400);
    const few = thinned(points(7000));
    expect(few.length).toBeLessThanOrEqual(400);
    expect(slopePerS(few)).toBeCloseTo(3000, 6);
  });
});
