import { describe, expect, it } from "vitest";
import type { CurveDrain } from "../../../../core/contracts/connector-curve.ts";
import {
  curvePoints,
  drainFigures,
  type DrainLook,
} from "../../../../slo/capacity/connector-curve.ts";

/** Looks every 100 ms at a connector that begins after `startMs` and does so many a second, at 50 µs each. */
function looksAt(ratePerS: number, eventCount: number, startMs = 2000): readonly DrainLook[] {
  const endMs = startMs + (eventCount / ratePerS) * 1000 + 200;
  return Array.from({ length: Math.ceil(endMs / 100) + 1 }, (_, index) => {
    const atMs = index * 100;
    const done = Math.min(eventCount, Math.max(0, ((atMs - startMs) / 1000) * ratePerS));
    return { atMs, eventCount: done, cpuMs: { connector: done * 0.05, kafka: 0 } };
  });
}

describe("drainFigures", () => {
  it.each([1000, 7300, 25_000])("finds the rate of a steady drain: %i/s", (ratePerS) => {
    const figures = drainFigures(looksAt(ratePerS, 40_000), 40_000);
    expect(figures?.eventsPerS).toBeCloseTo(ratePerS, -1);
    expect(figures?.cpuMicrosPerEvent["connector"]).toBeCloseTo(50, 1);
    expect(figures?.cpuMicrosPerEvent["kafka"]).toBe(0);
  });

  it("does not count how long the task took to start", () => {
    const late = drainFigures(looksAt(5000, 40_000, 30_000), 40_000);
    expect(late?.eventsPerS).toBeCloseTo(5000, -1);
  });

  it("tells nothing of a drain that one look missed, or that never ended", () => {
    const atOnce = [0, 40_000].map((eventCount, index) => ({
      ...{ atMs: index * 100, eventCount },
      cpuMs: {},
    }));
    expect(drainFigures(atOnce.slice(1), 40_000)).toBeUndefined();
    expect(drainFigures(looksAt(5000, 40_000).slice(0, 40), 40_000)).toBeUndefined();
  });
});

function drainOf(slotCount: number, transactionRowCount: number, eventsPerS: number): CurveDrain {
  return {
    ...{ slotCount, transactionRowCount, eventsPerS, eventCount: 40_000, extraEventCount: 0 },
    ...{ firstEventMs: 900, walBytesPerEvent: 300, cpuMicrosPerEvent: {} },
  };
}

describe("curvePoints", () => {
  it("takes the median of each cell and keeps the range", () => {
    const points = curvePoints([3000, 1000, 2000].map((rate) => drainOf(1, 10, rate)));
    expect(points).toMatchObject([
      { drainCount: 3, eventsPerS: 2000, eventsPerSMin: 1000, eventsPerSMax: 3000 },
    ]);
  });

  it("compares with one slot at the same size only", () => {
    const points = curvePoints([drainOf(2, 10, 3000), drainOf(1, 10, 2000), drainOf(2, 100, 9000)]);
    expect(
      points.map(({ slotCount, transactionRowCount, speedupRatio }) => [
        slotCount,
        transactionRowCount,
        speedupRatio,
      ]),
    ).toEqual([
      [1, 10, undefined],
      [2, 10, 1.5],
      [2, 100, undefined],
    ]);
  });
});
