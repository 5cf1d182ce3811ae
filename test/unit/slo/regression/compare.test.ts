/** The gate: a planted change is found, a lack of change is shown, and neither is claimed without evidence. */
import { describe, expect, test } from "vitest";
import type { MetricComparison } from "../../../../core/contracts/comparison.ts";
import { decide, type Evidence } from "../../../../slo/regression/decide.ts";
import { pairsEstimate } from "../../../../slo/regression/pairs.ts";
import { metricsTogether, pairCountNeeded } from "../../../../slo/regression/power.ts";
import { metricOf, OPTIONS, pairsOfRuns, twoRuns } from "../../../fixtures/comparisons.ts";

describe("two runs", () => {
  const BASE = { runId: "A", seed: 1 };

  test("ten percent slower: REGRESSED, exit 12, and the estimate is near the plant", () => {
    const comparison = twoRuns(BASE, { runId: "B", seed: 2, slowdownRatio: 0.1 });
    expect(comparison).toMatchObject({ status: "REGRESSED", exit: { code: 12 }, noiseRatio: 0.02 });
    const simple = metricOf(comparison, "latency.simple.p50");
    expect(simple.status).toBe("REGRESSED");
    expect(simple.change?.changeRatio).toBeGreaterThan(0.07);
    expect(simple.change?.changeRatio).toBeLessThan(0.13);
    expect(simple.change?.changeRatioLower).toBeGreaterThan(0);
    expect(comparison.exit.reasons[0]).toMatch(/^12 latency\.simple\.p50: REGRESSED, 40 ms → 4\d/);
  });

  test.each([3, 4, 5, 6, 7])(
    "the same thing again (seed %i): nothing is called REGRESSED",
    (seed) => {
      const comparison = twoRuns(BASE, { runId: "B", seed });
      expect(comparison.metrics.filter((one) => one.status === "REGRESSED")).toEqual([]);
      expect(comparison.metrics.filter((one) => one.status === "IMPROVED")).toEqual([]);
      expect(metricOf(comparison, "rate.bank").status).toBe("EQUIVALENT");
    },
  );

  test("the other way round the same change is an improvement", () => {
    const slow = { runId: "B", seed: 2, slowdownRatio: 0.1 };
    const comparison = twoRuns(slow, BASE);
    expect(metricOf(comparison, "latency.simple.p50").status).toBe("IMPROVED");
    expect(comparison.metrics.map((one) => one.status)).not.toContain("REGRESSED");
    expect(comparison.exit.code).toBe(11);
  });

  test("half a percent of failing queries is a regression, though nothing divides by zero", () => {
    const comparison = twoRuns(BASE, { runId: "B", seed: 2, failedPerWindow: 1 });
    const errors = metricOf(comparison, "errors.queries");
    expect(errors).toMatchObject({
      status: "REGRESSED",
      base: { value: 0 },
      head: { value: 0.02 },
    });
    expect(errors.change?.changeRatio).toBeCloseTo(0.02, 6);
  });

  test("the assumed noise widens every interval: with 10 % a slowdown of 10 % is open", () => {
    const slow = { runId: "B", seed: 2, slowdownRatio: 0.1 };
    const comparison = twoRuns(BASE, slow, { ...OPTIONS, noiseRatio: 0.1 });
    const simple = metricOf(comparison, "latency.simple.p50");
    expect(simple.status).toBe("INCONCLUSIVE");
    expect(simple.needed).toMatch(/^\d+ interleaved pairs of runs \(ABBA\)$/);
    expect(comparison.exit.code).toBe(11);
  });

  test("a measured noise counts for its own metric, more where fewer runs measured it", () => {
    const slow = { runId: "B", seed: 2, slowdownRatio: 0.1 };
    const at = (ratio: number, runCount: number): MetricComparison =>
      metricOf(
        twoRuns(BASE, slow, {
          ...OPTIONS,
          noiseMeasured: new Map([["latency.simple.p50", { ratio, runCount }]]),
        }),
        "latency.simple.p50",
      );
    const reach = ({ change }: MetricComparison): number => change?.changeRatioUpper ?? Number.NaN;
    expect(at(0.01, 10).status).toBe("REGRESSED");
    expect(at(0.1, 10).status).toBe("INCONCLUSIVE");
    expect(reach(at(0.01, 3))).toBeGreaterThan(reach(at(0.01, 30)));
    expect(at(0.01, 10).change?.method).toContain("1 % noise between runs measured over 10 others");
  });

  test("one recovery in each run is never a verdict", () => {
    const comparison = twoRuns(BASE, { runId: "B", seed: 2 });
    const recovery = metricOf(comparison, "recovery.f1");
    expect(recovery).toMatchObject({
      status: "INCONCLUSIVE",
      because: "One observation in each run says nothing about chance.",
      base: { value: 19_000, unit: "ms" },
    });
    expect(recovery.change).toBeUndefined();
  });

  test("a metric that only one run has is open, never equivalent", () => {
    const comparison = twoRuns(BASE, {
      runId: "B",
      seed: 2,
      plan: () => ({ canary: { ratePerS: 0, freshnessTargetMs: 30_000 } }),
    });
    expect(metricOf(comparison, "freshness.p50")).toMatchObject({
      status: "INCONCLUSIVE",
      because: "Not measured in the head run B: it left no sample.",
    });
  });

  test("the same seed gives the same comparison, byte for byte", () => {
    const once = JSON.stringify(twoRuns(BASE, { runId: "B", seed: 2 }));
    expect(JSON.stringify(twoRuns(BASE, { runId: "B", seed: 2 }))).toBe(once);
  });
});

describe("pairs of runs", () => {
  test("ten percent through 2 % noise and a drift of 1 % a run: found with eight pairs", () => {
    const comparison = pairsOfRuns(8, { noiseRatio: 0.02 }, { slowdownRatio: 0.1 }, 0.01);
    expect(comparison).toMatchObject({ status: "REGRESSED", exit: { code: 12 }, design: "pairs" });
    const medium = metricOf(comparison, "latency.medium.p50");
    expect(medium.status).toBe("REGRESSED");
    expect(medium.tests.map((one) => one.name)).toEqual([
      "Wilcoxon signed rank, worse",
      "Wilcoxon signed rank, better",
      "sign test, more",
      "sign test, less",
    ]);
    // All eight pairs point one way: one outcome of 2^8.
    expect(medium.tests[0]?.pValue).toBeCloseTo(1 / 256, 12);
  });

  test("nothing changed, and ABBA takes the drift out: EQUIVALENT is shown", () => {
    const comparison = pairsOfRuns(8, { noiseRatio: 0.02 }, {}, 0.01);
    expect(comparison.metrics.filter((one) => one.status === "REGRESSED")).toEqual([]);
    expect(metricOf(comparison, "latency.simple.p50").status).toBe("EQUIVALENT");
    expect(metricOf(comparison, "recovery.f1").status).toBe("EQUIVALENT");
  });

  test("four pairs show nothing, not even that nothing changed", () => {
    const comparison = pairsOfRuns(4, {}, { slowdownRatio: 0.5 });
    expect(new Set(comparison.metrics.map((one) => one.status))).toEqual(new Set(["INCONCLUSIVE"]));
    expect(comparison.exit.code).toBe(11);
    expect(comparison.deviations.join()).toContain("no change at all can be called REGRESSED");
  });

  test("five pairs say how many metrics must move together", () => {
    const comparison = pairsOfRuns(5, {}, {});
    expect(comparison.deviations.join()).toMatch(/only where 14 metrics move together/);
  });
});

describe("the decision", () => {
  const rule = { effectRatioMin: 0.05 };
  const evidence = (
    id: string,
    logRatios: readonly number[],
    more?: Partial<Evidence>,
  ): Evidence => ({
    metric: { id, title: id, unit: "ms", better: "lower" },
    base: 100,
    head: 100,
    baseCount: 1,
    headCount: 1,
    estimate: pairsEstimate(logRatios, rule.effectRatioMin),
    needed: "more",
    ...more,
  });
  const spread = (centre: number): readonly number[] =>
    Array.from({ length: 10 }, (_, index) => centre + 0.001 * (index - 4.5));
  const statusOf = (one: Evidence, others: readonly Evidence[] = []): string | undefined =>
    decide([one, ...others], rule)[0]?.status;

  test("below the minimum effect a certain change is no regression", () => {
    expect(statusOf(evidence("a", spread(0.03)))).toBe("EQUIVALENT");
    expect(statusOf(evidence("a", spread(0.06)))).toBe("REGRESSED");
    expect(statusOf(evidence("a", spread(-0.06)))).toBe("IMPROVED");
  });

  test("for a rate less is worse", () => {
    const metric = { id: "r", title: "r", unit: "eventsPerS", better: "higher" } as const;
    expect(statusOf(evidence("r", spread(-0.06), { metric }))).toBe("REGRESSED");
    expect(statusOf(evidence("r", spread(0.06), { metric }))).toBe("IMPROVED");
  });

  test("one wild pair among quiet ones does not make a regression", () => {
    const wild = [...spread(0.01).slice(1), 2];
    expect(statusOf(evidence("a", wild))).toBe("INCONCLUSIVE");
  });

  test("what is significant alone is not among hundred others", () => {
    // Nine up, one down by the least: p = 2/1024 alone.
    const nine = [...spread(0.1).slice(1), -0.01];
    const quiet = Array.from({ length: 100 }, (_, index) =>
      evidence(`quiet${String(index)}`, spread(0)),
    );
    expect(statusOf(evidence("a", nine))).toBe("REGRESSED");
    expect(statusOf(evidence("a", nine), quiet)).toBe("INCONCLUSIVE");
  });

  test("with a gap in the data nothing is said in the head's favour, but harm is", () => {
    const gap = { gap: "not measured in 1 of 11 pairs" };
    expect(statusOf(evidence("a", spread(0), gap))).toBe("INCONCLUSIVE");
    expect(statusOf(evidence("a", spread(-0.06), gap))).toBe("INCONCLUSIVE");
    expect(statusOf(evidence("a", spread(0.06), gap))).toBe("REGRESSED");
  });
});

describe("pairs that are needed", () => {
  test("agree with the published table: 5 % noise of a pair takes 9 pairs for 5 %, 10 % takes 33", () => {
    expect(pairCountNeeded(0.05, 0.05, 1)).toBe(9);
    expect(pairCountNeeded(0.1, 0.05, 1)).toBe(33);
  });

  test("the exact test has its own least: 5 pairs for one metric, 9 for twenty", () => {
    expect(pairCountNeeded(0, 0.05, 1)).toBe(5);
    expect(pairCountNeeded(0, 0.05, 20)).toBe(9);
    expect(metricsTogether(9, 20)).toBe(1);
    expect(metricsTogether(6, 20)).toBe(7);
  });
});
