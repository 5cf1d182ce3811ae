import { describe, expect, it } from "vitest";
import { LakeproofError } from "../../../../core/errors.ts";
import { judgeBadRatio } from "../../../../slo/maths/judge-bad-ratio.ts";
import { badCountAllowed, proofPower, sizeForPower } from "../../../../slo/maths/power.ts";
import { uniform } from "../../../fixtures/random-series.ts";

describe("badCountAllowed and proofPower", () => {
  // Bad samples allowed and power at a true share: scipy 1.17, beta.ppf and binom.cdf.
  it.each([
    [10_000, 0.001, 0.0002, 4, 0.9473650291652508],
    [20_000, 0.001, 0.0005, 12, 0.7916038847330641],
    [50_000, 0.001, 0.0005, 38, 0.9943150965904011],
    [100_000, 0.001, 0.0008, 83, 0.6580589335625413],
    [200, 0.05, 0.02, 4, 0.6288435801288166],
    [500, 0.05, 0.03, 16, 0.6656043657008646],
    [1_000, 0.05, 0.03, 38, 0.9380787921730179],
    [5_000, 0.05, 0.04, 224, 0.9595988489058099],
    [1_000_000, 0.001, 0.0009, 947, 0.9424782957646173],
  ])(
    "of %i at most %d bad, truly %d: %i allowed, power %d",
    (n, badRatioMax, truth, allowed, power) => {
      expect(badCountAllowed({ n, badRatioMax })).toBe(allowed);
      expect(proofPower({ n, badRatioMax }, truth)).toBeCloseTo(power, 8);
    },
  );

  it("prove nothing with too few samples, and surely when nothing is bad", () => {
    expect(badCountAllowed({ n: 58, badRatioMax: 0.05 })).toBeUndefined();
    expect(badCountAllowed({ n: 59, badRatioMax: 0.05 })).toBe(0);
    expect(badCountAllowed({ n: 0, badRatioMax: 0.05 })).toBeUndefined();
    expect(proofPower({ n: 58, badRatioMax: 0.05 }, 0)).toBe(0);
    expect(proofPower({ n: 59, badRatioMax: 0.05 }, 0)).toBe(1);
  });

  it("allow exactly what the verdict allows, dependent or not", () => {
    const random = uniform(167);
    for (let round = 0; round < 150; round += 1) {
      const n = 1 + Math.floor(random() * 5_000);
      const badRatioMax = 0.001 + random() * 0.2;
      const designEffect = random() < 0.5 ? 1 : 1 + random() * 9;
      const proven = (bad: number): boolean =>
        judgeBadRatio({ n: n / designEffect, bad: bad / designEffect, badRatioMax }).status ===
        "PROVEN";
      const allowed = badCountAllowed({ n, badRatioMax, designEffect });
      if (allowed === undefined) expect(proven(0)).toBe(false);
      else {
        expect(proven(allowed)).toBe(true);
        expect(proven(allowed + 1)).toBe(false);
      }
    }
  });

  it("fall with the true share", () => {
    const size = { n: 2_000, badRatioMax: 0.02, designEffect: 1.7 };
    const powers = [0, 0.002, 0.005, 0.01, 0.015, 0.02, 0.05].map((truth) =>
      proofPower(size, truth),
    );
    expect(powers).toEqual([...powers].sort((a, b) => b - a));
    // At the limit itself the proof is a false one, and those are held at 5 %.
    expect(proofPower({ n: 2_000, badRatioMax: 0.02 }, 0.02)).toBeLessThanOrEqual(0.05);
  });

  it("refuse what is out of range", () => {
    expect(() => badCountAllowed({ n: 1.5, badRatioMax: 0.05 })).toThrow(/n is 1.5/);
    expect(() => badCountAllowed({ n: 10, badRatioMax: 0 })).toThrow(LakeproofError);
    expect(() => badCountAllowed({ n: 10, badRatioMax: 0.1, designEffect: 0.5 })).toThrow(
      /designEffect/,
    );
    expect(() => proofPower({ n: 10, badRatioMax: 0.1 }, 1)).toThrow(/trueBadRatio/);
  });
});

describe("sizeForPower", () => {
  // Found by trying every allowed count in turn with scipy 1.17.
  it.each([
    [0.05, 0.025, 17, 506],
    [0.001, 0.0005, 17, 25_495],
    [0.05, 0.04, 163, 3_701],
    [0.01, 0.005, 17, 2_546],
  ])(
    "for at most %d, truly %d, with power 0.9 is %i allowed of %i",
    (badRatioMax, truth, allowed, n) => {
      const size = sizeForPower({ badRatioMax, trueBadRatio: truth });
      expect(size).toMatchObject({ badCountAllowed: allowed, n });
      expect(size?.power).toBeGreaterThanOrEqual(0.9);
      expect(size?.power).toBeCloseTo(proofPower({ n, badRatioMax }, truth), 10);
    },
  );

  it("is the zero-failure test when nothing is bad", () => {
    expect(sizeForPower({ badRatioMax: 0.001, trueBadRatio: 0 })).toEqual({
      n: 2_995,
      badCountAllowed: 0,
      power: 1,
    });
  });

  it("is undefined where no size would do", () => {
    expect(sizeForPower({ badRatioMax: 0.05, trueBadRatio: 0.05 })).toBeUndefined();
    expect(sizeForPower({ badRatioMax: 0.05, trueBadRatio: 0.2 })).toBeUndefined();
  });
});
