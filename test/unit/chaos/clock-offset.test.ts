/** What an answer says about an instance's clock, and when it proves that the clock is wrong, or right again. */
import { describe, expect, it } from "vitest";
import { isRight, isShifted, offsetOf } from "../../../chaos/clock-offset.ts";

const minute = { offsetMs: 60_000, driftMsPerS: 0 };

describe("an answer", () => {
  it("is of a moment between question and answer, and leaves that much open", () => {
    const reading = offsetOf({ epochMs: 1_060_050, errorMs: 1 }, 1_000_000, 1_000_100);
    expect(reading).toEqual({ aheadMs: 60_000, errorMs: 51 });
  });

  it("in whole seconds leaves half of one open", () => {
    // Said at 12:00:07.9 by a clock that tells only the 7: anything from .0 to .999 is as good.
    const reading = offsetOf({ epochMs: 7500, errorMs: 500 }, 7900, 7902);
    expect(reading.aheadMs).toBe(-401);
    expect(isRight(reading)).toBe(true);
  });
});

describe("a shift", () => {
  it.for([
    [60_000, 1, true],
    [60_250, 1, true],
    [60_300, 1, false],
    [60_300, 500, true],
    [59_000, 1, false],
    [-60_000, 1, false],
    [0, 1, false],
    // So late an answer would be as good from a right clock.
    [60_000, 61_000, false],
  ] as const)("of a minute, read as %i ± %i: %s", ([aheadMs, errorMs, shifted]) => {
    expect(isShifted({ aheadMs, errorMs }, minute, [0, 100])).toBe(shifted);
  });

  it("that grows is judged by how long it has", () => {
    const params = { offsetMs: 10_000, driftMsPerS: 100 };
    const read = (aheadMs: number): boolean =>
      isShifted({ aheadMs, errorMs: 1 }, params, [19_000, 20_000]);
    expect(read(11_900)).toBe(true);
    expect(read(12_240)).toBe(true);
    expect(read(10_000)).toBe(false);
    expect(read(12_300)).toBe(false);
  });

  it("backwards that grows less, too", () => {
    const params = { offsetMs: -10_000, driftMsPerS: -100 };
    const reading = { aheadMs: -11_950, errorMs: 1 };
    expect(isShifted(reading, params, [19_000, 20_000])).toBe(true);
    expect(isShifted({ ...reading, aheadMs: 11_950 }, params, [19_000, 20_000])).toBe(false);
  });
});

it("a right clock is one that differs by no more than its answer leaves open", () => {
  expect(isRight({ aheadMs: -240, errorMs: 0 })).toBe(true);
  expect(isRight({ aheadMs: 260, errorMs: 0 })).toBe(false);
  expect(isRight({ aheadMs: 700, errorMs: 500 })).toBe(true);
});
