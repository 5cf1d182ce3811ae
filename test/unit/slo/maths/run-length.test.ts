import { describe, expect, it } from "vitest";
import { LakeproofError } from "../../../../core/errors.ts";
import {
  injectionCountNeeded,
  recoveryRatioProven,
  runLength,
} from "../../../../slo/maths/run-length.ts";

const HOUR_MS = 3_600_000;

describe("runLength", () => {
  it("needs 49.9 hours of minutes for 99.9 %, and 8.3 hours of ten-second slices", () => {
    const minutes = runLength({ ratePerS: 1 / 60, badRatioMax: 0.001 });
    expect(minutes).toMatchObject({ sampleCount: 2_995, badCountAllowed: 0, power: 1 });
    expect((minutes?.durationMs ?? 0) / HOUR_MS).toBeCloseTo(49.9, 1);
    const slices = runLength({ ratePerS: 0.1, badRatioMax: 0.001 });
    expect((slices?.durationMs ?? 0) / HOUR_MS).toBeCloseTo(8.3, 1);
  });

  it("takes longer when bad samples are expected, and is as sure as it says", () => {
    const least = runLength({ ratePerS: 2, badRatioMax: 0.05 });
    const expected = runLength({ ratePerS: 2, badRatioMax: 0.05, expectedBadRatio: 0.025 });
    expect(least?.durationMs).toBe(29_500);
    expect(expected?.durationMs).toBeGreaterThan(29_500);
    expect(expected?.power).toBeGreaterThanOrEqual(0.9);
    const surer = runLength({
      ratePerS: 2,
      badRatioMax: 0.05,
      expectedBadRatio: 0.025,
      power: 0.99,
    });
    expect(surer?.durationMs).toBeGreaterThan(expected?.durationMs ?? Infinity);
  });

  it("grows with the design effect", () => {
    const plain = runLength({ ratePerS: 1, badRatioMax: 0.05 });
    const dependent = runLength({ ratePerS: 1, badRatioMax: 0.05, designEffect: 4 });
    expect(dependent?.sampleCount).toBe(4 * (plain?.sampleCount ?? 0));
  });

  it("is undefined when the expected share is not within the limit", () => {
    expect(runLength({ ratePerS: 1, badRatioMax: 0.05, expectedBadRatio: 0.05 })).toBeUndefined();
  });

  it("refuses what is out of range", () => {
    expect(() => runLength({ ratePerS: 0, badRatioMax: 0.05 })).toThrow(/ratePerS/);
    expect(() => runLength({ ratePerS: 1, badRatioMax: 1 })).toThrow(LakeproofError);
    expect(() => runLength({ ratePerS: 1, badRatioMax: 0.1, designEffect: 0 })).toThrow(
      LakeproofError,
    );
    expect(() => runLength({ ratePerS: 1, badRatioMax: 0.1, expectedBadRatio: -1 })).toThrow(
      LakeproofError,
    );
  });
});

describe("injections", () => {
  // 0.05^(1/n): what n recoveries of n prove.
  it.each([
    [3, 0.368],
    [10, 0.741],
    [29, 0.902],
    [59, 0.95],
    [299, 0.99],
  ])("of which all %i recovered prove a recovery probability of %d", (count, ratio) => {
    expect(recoveryRatioProven(count)).toBeCloseTo(0.05 ** (1 / count), 10);
    expect(recoveryRatioProven(count)).toBeCloseTo(ratio, 3);
  });

  it("needed are 59 for 95 %, 93 when one of them fails", () => {
    expect(injectionCountNeeded(0.95)).toBe(59);
    expect(injectionCountNeeded(0.95, 1)).toBe(93);
    expect(recoveryRatioProven(93, 1)).toBeGreaterThanOrEqual(0.95);
    expect(recoveryRatioProven(0)).toBe(0);
    expect(() => injectionCountNeeded(1)).toThrow(LakeproofError);
  });
});
