import { describe, expect, it } from "vitest";
import { groupsOf } from "../../../../slo/maths/design-effect.ts";
import { judgeBadRatio, type BadRatioJudgement } from "../../../../slo/maths/judge-bad-ratio.ts";
import { uniform } from "../../../fixtures/random-series.ts";

const P95 = 0.05;

describe("judgeBadRatio", () => {
  it("proves with 59 good samples and not with 58", () => {
    expect(judgeBadRatio({ n: 59, bad: 0, badRatioMax: P95 }).status).toBe("PROVEN");
    expect(judgeBadRatio({ n: 58, bad: 0, badRatioMax: P95 }).status).toBe("INCONCLUSIVE");
  });

  it("accuses only when the lower bound is beyond the limit", () => {
    expect(judgeBadRatio({ n: 100, bad: 8, badRatioMax: P95 }).status).toBe("INCONCLUSIVE");
    const violated = judgeBadRatio({ n: 100, bad: 12, badRatioMax: P95 });
    expect(violated.status).toBe("VIOLATED");
    expect(violated.bound).toBe(violated.lowerBound);
  });

  it("concludes nothing from nothing", () => {
    expect(judgeBadRatio({ n: 0, bad: 0, badRatioMax: P95 }).status).toBe("INCONCLUSIVE");
    expect(judgeBadRatio({ n: 0, bad: 0, missing: 500, badRatioMax: P95 }).status).toBe(
      "INCONCLUSIVE",
    );
  });

  it("holds missing and doubtful samples against the proof, not against the system", () => {
    expect(judgeBadRatio({ n: 200, bad: 0, missing: 20, badRatioMax: P95 }).status).toBe(
      "INCONCLUSIVE",
    );
    expect(judgeBadRatio({ n: 200, bad: 0, doubtful: 20, badRatioMax: P95 }).status).toBe(
      "INCONCLUSIVE",
    );
    expect(judgeBadRatio({ n: 200, bad: 20, badRatioMax: P95 }).status).toBe("VIOLATED");
  });

  it("scales n and bad down when bad samples come in a burst", () => {
    const spread = Array.from({ length: 1_000 }, (_, index) => index % 25 === 0);
    const burst = Array.from({ length: 1_000 }, (_, index) => index >= 500 && index < 540);
    const of = (series: readonly boolean[]): BadRatioJudgement =>
      judgeBadRatio({
        n: series.length,
        bad: series.filter(Boolean).length,
        groups: groupsOf(series),
        badRatioMax: 0.055,
      });
    expect(of(spread)).toMatchObject({ status: "PROVEN", nEff: 1_000, designEffect: 1 });
    expect(of(burst).status).toBe("INCONCLUSIVE");
    expect(of(burst).nEff).toBeLessThan(100);
    expect(of(burst).badRatio).toBe(of(spread).badRatio);
  });

  it("comes no nearer to a proof when samples go missing", () => {
    const random = uniform(89);
    for (let round = 0; round < 500; round += 1) {
      const n = 2 + Math.floor(random() * 3_000);
      const bad = Math.floor(random() * random() * 0.1 * n);
      const lost = Math.floor(random() * (n - bad));
      const lostBad = Math.floor(random() * (bad + 1));
      const whole = judgeBadRatio({ n, bad, badRatioMax: P95 });
      const withHoles = judgeBadRatio({
        n: n - lost - lostBad,
        bad: bad - lostBad,
        missing: lost + lostBad,
        badRatioMax: P95,
      });
      expect(withHoles.upperBound).toBeGreaterThanOrEqual(whole.upperBound);
      if (whole.status !== "PROVEN") expect(withHoles.status).not.toBe("PROVEN");
    }
  });
});
