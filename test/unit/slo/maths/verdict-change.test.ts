import { describe, expect, it } from "vitest";
import { LakeproofError } from "../../../../core/errors.ts";
import { judgeBadRatio } from "../../../../slo/maths/judge-bad-ratio.ts";
import { growthUntil, verdictChange } from "../../../../slo/maths/verdict-change.ts";
import { uniform } from "../../../fixtures/random-series.ts";

const P95 = 0.05;

describe("growthUntil", () => {
  it("says by how much the samples must grow", () => {
    expect(growthUntil({ n: 30, bad: 0, badRatioMax: P95 }, "PROVEN")).toBeCloseTo(58.4 / 30, 2);
  });

  it("is undefined when no length would do", () => {
    expect(growthUntil({ n: 100, bad: 6, badRatioMax: P95 }, "PROVEN")).toBeUndefined();
    expect(growthUntil({ n: 0, bad: 0, badRatioMax: P95 }, "PROVEN")).toBeUndefined();
    expect(growthUntil({ n: 100, bad: 4, badRatioMax: P95 }, "VIOLATED")).toBeUndefined();
  });

  it("gives the verdict at that size and not well before it", () => {
    const random = uniform(173);
    for (let round = 0; round < 200; round += 1) {
      const n = 20 + Math.floor(random() * 2_000);
      const bad = Math.floor(n * random() * 0.12);
      const input = { n, bad, badRatioMax: P95 };
      for (const status of ["PROVEN", "VIOLATED"] as const) {
        const factor = growthUntil(input, status);
        if (factor === undefined) continue;
        const at = (size: number): string =>
          judgeBadRatio({ n: n * size, bad: bad * size, badRatioMax: P95 }).status;
        expect(at(factor)).toBe(status);
        if (factor > 1) expect(at(factor * 0.99)).not.toBe(status);
      }
    }
  });
});

describe("verdictChange", () => {
  const timeMs = 60_000;

  it("has nothing to add to a verdict that stands", () => {
    expect(verdictChange({ n: 59, bad: 0, badRatioMax: P95, timeMs })).toEqual({ kind: "decided" });
    expect(verdictChange({ n: 100, bad: 30, badRatioMax: P95, timeMs })).toEqual({
      kind: "decided",
    });
  });

  it("names the least number of samples when there are none", () => {
    expect(verdictChange({ n: 0, bad: 0, missing: 9, badRatioMax: P95, timeMs })).toEqual({
      kind: "no-samples",
      sampleCountIfNoneBad: 59,
    });
  });

  it("says how many more samples and how much more time prove it", () => {
    const change = verdictChange({ n: 30, bad: 0, badRatioMax: P95, timeMs });
    expect(change).toMatchObject({
      kind: "more-samples",
      sampleCount: 59,
      sampleCountMore: 29,
      badCountAllowed: undefined,
      isOnlyDoubt: false,
    });
    if (change.kind !== "more-samples") return;
    expect(change.timeMs).toBeCloseTo((58.4 / 30) * timeMs, -3);
    expect(change.timeMsMore).toBeCloseTo(change.timeMs - timeMs, 6);
  });

  it("says what a run of this size could have had", () => {
    expect(verdictChange({ n: 1_000, bad: 42, badRatioMax: P95, timeMs })).toMatchObject({
      kind: "more-samples",
      badCountAllowed: 38,
    });
  });

  it("says that nothing proves a share above the limit, and when it would be violated", () => {
    const change = verdictChange({ n: 100, bad: 7, badRatioMax: P95, timeMs });
    expect(change).toMatchObject({
      kind: "share-too-high",
      badRatio: 0.07,
      badCountAllowed: 1,
      sampleCountIfNoneBad: 59,
      isOnlyDoubt: false,
    });
    if (change.kind !== "share-too-high") return;
    expect(change.timeMsUntilViolated).toBeGreaterThan(timeMs);
  });

  it("tells apart what only doubt keeps open", () => {
    const change = verdictChange({
      n: 200,
      bad: 2,
      doubtful: 10,
      missing: 5,
      badRatioMax: P95,
      timeMs,
    });
    expect(change).toMatchObject({ kind: "share-too-high", isOnlyDoubt: true });
    // Doubt is never evidence of guilt, so no length turns it into a violation.
    expect(change).toMatchObject({ timeMsUntilViolated: undefined });
  });

  it("never asks for less than there is", () => {
    const random = uniform(179);
    for (let round = 0; round < 300; round += 1) {
      const n = 1 + Math.floor(random() * 1_000);
      const bad = Math.floor(n * random() * 0.06);
      const missing = Math.floor(random() * 5);
      const change = verdictChange({ n, bad, missing, badRatioMax: P95, timeMs });
      if (change.kind !== "more-samples") continue;
      expect(change.sampleCountMore).toBeGreaterThan(0);
      expect(change.timeMsMore).toBeGreaterThan(0);
    }
  });

  it("refuses a time that is none", () => {
    expect(() => verdictChange({ n: 1, bad: 0, badRatioMax: P95, timeMs: NaN })).toThrow(
      LakeproofError,
    );
  });
});
