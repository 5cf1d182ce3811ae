/** Bounds of a share over all pairs: against closed forms, and kept by simulated pairs that share their things. */
import { describe, expect, it } from "vitest";
import { LakeproofError } from "../../../../core/errors.ts";
import { badRatioUpperBound } from "../../../../slo/maths/clopper-pearson.ts";
import { pairShareBounds } from "../../../../slo/maths/pair-share.ts";
import { uniform } from "../../../fixtures/random-series.ts";

describe("pairShareBounds", () => {
  it.each([2, 3, 7, 10, 41])(
    "with none of the pairs of %i is Clopper and Pearson's of the disjoint",
    (n) => {
      const { lowerRatio, upperRatio } = pairShareBounds(0, n);
      expect(lowerRatio).toBe(0);
      expect(upperRatio).toBeCloseTo(badRatioUpperBound(Math.floor(n / 2), 0), 12);
    },
  );

  it("is its own mirror, holds the share, and narrows with more things and less confidence", () => {
    const random = uniform(77);
    for (let round = 0; round < 300; round += 1) {
      const share = random();
      const n = 2 + Math.floor(random() * 60);
      const confidence = 0.5 + 0.49 * random();
      const here = pairShareBounds(share, n, confidence);
      expect(here.lowerRatio).toBeGreaterThanOrEqual(0);
      expect(here.lowerRatio).toBeLessThanOrEqual(share);
      expect(here.upperRatio).toBeGreaterThanOrEqual(share);
      expect(here.upperRatio).toBeLessThanOrEqual(1);
      const mirrored = pairShareBounds(1 - share, n, confidence);
      expect(mirrored.lowerRatio).toBeCloseTo(1 - here.upperRatio, 9);
      const more = pairShareBounds(share, n + 2, confidence);
      expect(more.upperRatio).toBeLessThanOrEqual(here.upperRatio);
      expect(more.lowerRatio).toBeGreaterThanOrEqual(here.lowerRatio);
      const surer = pairShareBounds(share, n, (1 + confidence) / 2);
      expect(surer.upperRatio).toBeGreaterThanOrEqual(here.upperRatio);
    }
  });

  it.each([4, 9, 20])(
    "holds the true share of pairs that differ, of %i things, as often as it says",
    (n) => {
      // Two uniform numbers are further apart than 1 − s with probability s².
      const s = 0.4;
      const truth = s ** 2;
      const random = uniform(1000 + n);
      const trialCount = 800;
      let missedAbove = 0;
      let missedBelow = 0;
      for (let trial = 0; trial < trialCount; trial += 1) {
        const values = Array.from({ length: n }, () => random());
        const pairs = values.flatMap((a, index) =>
          values.slice(index + 1).map((b) => Math.abs(a - b)),
        );
        const share = pairs.filter((distance) => distance > 1 - s).length / pairs.length;
        const { lowerRatio, upperRatio } = pairShareBounds(share, n);
        if (upperRatio < truth) missedAbove += 1;
        if (lowerRatio > truth) missedBelow += 1;
      }
      expect(missedAbove / trialCount).toBeLessThanOrEqual(0.05);
      expect(missedBelow / trialCount).toBeLessThanOrEqual(0.05);
    },
  );

  it.each([
    [-0.1, 5, 0.95],
    [1.1, 5, 0.95],
    [Number.NaN, 5, 0.95],
    [0.5, 1, 0.95],
    [0.5, 2.5, 0.95],
    [0.5, 5, 1],
  ])("refuses a share of %d among %d things at %d", (share, n, confidence) => {
    expect(() => pairShareBounds(share, n, confidence)).toThrow(LakeproofError);
  });
});
