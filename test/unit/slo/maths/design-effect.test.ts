import { describe, expect, it } from "vitest";
import { designEffect, groupsOf } from "../../../../slo/maths/design-effect.ts";
import { seededRandom } from "../../../fixtures/seeded-random.ts";

describe("designEffect", () => {
  it("is 1 when nothing varies", () => {
    expect(designEffect(groupsOf([false, false, false]))).toBe(1);
    expect(designEffect(groupsOf([true, true]))).toBe(1);
    expect(designEffect([])).toBe(1);
  });

  it("earns no credit for samples that avoid each other", () => {
    const alternating = Array.from({ length: 100 }, (_, index) => index % 2 === 0);
    expect(designEffect(groupsOf(alternating))).toBe(1);
  });

  it("is near 1 for independent samples", () => {
    const random = seededRandom(7);
    const series = Array.from({ length: 4_000 }, () => random() < 0.1);
    expect(designEffect(groupsOf(series))).toBeLessThan(1.3);
  });

  it("is near (1+rho)/(1-rho) for a two-state Markov chain", () => {
    const random = seededRandom(11);
    // Stays where it is with 0.9: autocorrelation 0.8 a step, so DEFF = 1.8 / 0.2 = 9.
    let bad = false;
    const series = Array.from({ length: 20_000 }, () => {
      if (random() >= 0.9) bad = !bad;
      return bad;
    });
    const effect = designEffect(groupsOf(series));
    expect(effect).toBeGreaterThan(6.5);
    expect(effect).toBeLessThan(11.5);
  });

  it("counts a burst inside one group like the same burst spread over single samples", () => {
    const burst = Array.from({ length: 300 }, (_, index) => index >= 100 && index < 110);
    const grouped = Array.from({ length: 30 }, (_, index) => ({
      n: 10,
      bad: index === 10 ? 10 : 0,
    }));
    const single = designEffect(groupsOf(burst));
    expect(single).toBeGreaterThan(8);
    expect(designEffect(grouped)).toBeGreaterThan(8);
    expect(designEffect(grouped)).toBeLessThan(12);
  });
});
