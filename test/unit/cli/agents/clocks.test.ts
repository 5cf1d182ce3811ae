/** The clocks of another host, from questions and answers. */
import { describe, expect, it } from "vitest";
import {
  CLOCK_MS_MAX,
  clockOffset,
  clockProblem,
  type ClockLook,
} from "../../../../cli/agents/clocks.ts";

/** A look at clocks that are ahead by so much, over a way there and a way back. */
function look(
  atMs: number,
  ahead: { readonly monotonicMs: number; readonly epochMs: number },
  [thereMs, backMs]: readonly [number, number],
): ClockLook {
  return {
    ...{ askedMonotonicMs: atMs, askedEpochMs: 1_700_000_000_000 + atMs },
    answeredMonotonicMs: atMs + thereMs + backMs,
    monotonicMs: atMs + thereMs + ahead.monotonicMs,
    epochMs: 1_700_000_000_000 + atMs + thereMs + ahead.epochMs,
  };
}

const AHEAD = { monotonicMs: -5_000_000, epochMs: 40 };

describe("clockOffset", () => {
  it("is exact over a way that is the same in both directions", () => {
    expect(clockOffset([look(100, AHEAD, [3, 3])])).toEqual({ ...AHEAD, errorMs: 3 });
  });

  it("takes the quickest answer, and is within its error whatever the way was", () => {
    const ways = [
      [80, 2],
      [1, 9],
      [0.5, 2.5],
      [60, 60],
    ] as const;
    const offset = clockOffset(ways.map((way, index) => look(index * 50, AHEAD, way)));
    expect(offset.errorMs).toBe(1.5);
    expect(Math.abs(offset.monotonicMs - AHEAD.monotonicMs)).toBeLessThanOrEqual(offset.errorMs);
    expect(Math.abs(offset.epochMs - AHEAD.epochMs)).toBeLessThanOrEqual(offset.errorMs);
  });
});

describe("clockProblem", () => {
  it.each([
    [0, 0.2],
    [-60, 30],
    [CLOCK_MS_MAX - 5, 5],
  ])("has nothing against %d ms give or take %d ms", (epochMs, errorMs) => {
    expect(clockProblem({ monotonicMs: 0, epochMs, errorMs })).toBeUndefined();
  });

  it.each([
    [96, 5, /96 ms ahead, give or take 5 ms/],
    [-3_600_000, 1, /3600000 ms behind/],
    [0, 150, /only be read to within 150 ms/],
    [Number.NaN, Number.NaN, /only be read/],
  ])("refuses %d ms give or take %d ms", (epochMs, errorMs, text) => {
    expect(clockProblem({ monotonicMs: 0, epochMs, errorMs })).toMatch(text);
  });
});
