/** Looking again before a night fails: which rate is asked for, and what two windows of three have to say. */
import { describe, expect, it } from "vitest";
import type { StepStatus } from "../../../../core/contracts/capacity.ts";
import type { HistoryChange } from "../../../../core/contracts/comparison.ts";
import type { NightRerun, RerunQuestion } from "../../../../core/contracts/nightly.ts";
import { capacityMetrics } from "../../../../slo/capacity/metrics.ts";
import { nightExit } from "../../../../slo/capacity/night.ts";
import { rerunAnswer, rerunQuestions } from "../../../../slo/capacity/rerun.ts";
import { nightReport, stepOf } from "../../../fixtures/nights.ts";
import { uniform } from "../../../fixtures/random-series.ts";

const REPORT = nightReport({ kneePerS: 1400, postgresPerCore: 500, night: 0 });
const FOUND = REPORT.stages[0]?.result.ratePerS ?? 0;

function change(metricId: string, before: number): HistoryChange {
  return {
    ...{ id: "cp-1", metricId, direction: "worse", lastRunId: "a", firstRunId: "b" },
    before: { value: before, unit: "eventsPerS" },
    after: { value: before / 2, unit: "eventsPerS" },
    ...{ changeRatio: -0.5, pValue: 0.001, newest: true, configChanges: [] },
  };
}

function asked(metricId: string, before: number): RerunQuestion | undefined {
  return rerunQuestions([{ title: metricId, change: change(metricId, before) }], REPORT, 0.05)[0];
}

describe("the question", () => {
  it("of a rate is the lowest that would be no change worth a verdict", () => {
    expect(asked("capacity.end-to-end", 2100)).toMatchObject({
      ...{ target: "end-to-end", ratePerS: 2000, asks: { kind: "rate-holds" } },
    });
  });

  it("of a stage's figure per core is asked at the rate that held tonight", () => {
    const question = asked("per-core.end-to-end.postgres", 1050);
    expect(question).toMatchObject({ target: "end-to-end", ratePerS: FOUND });
    expect(question?.asks).toMatchObject({ kind: "per-core", stage: "postgres" });
    expect(question?.asks.kind === "per-core" && question.asks.refutedFromPerS).toBeCloseTo(
      1000,
      9,
    );
  });

  it("has no rate where tonight has none, and is undecided without a window", () => {
    const question = asked("per-core.lake.lake", 1000);
    expect(question?.ratePerS).toBeUndefined();
    expect(question === undefined ? undefined : rerunAnswer(question, [])?.status).toBe(
      "undecided",
    );
  });

  it("is none for what no search measures", () => {
    expect(asked("latency.simple.p95", 100)).toBeUndefined();
  });
});

const RATE: RerunQuestion = {
  ...{ changeId: "cp-1", metricId: "capacity.end-to-end", title: "capacity", target: "end-to-end" },
  ...{ ratePerS: 2000, asks: { kind: "rate-holds" } },
};

function answer(statuses: readonly (StepStatus | "nearly")[]): string | undefined {
  const steps = statuses.map((status) =>
    status === "nearly"
      ? stepOf("end-to-end", 2000, { isNear: true })
      : stepOf("end-to-end", 2000, { status }),
  );
  return rerunAnswer(RATE, steps)?.status;
}

describe("a rate that is offered again", () => {
  it.each([
    [[], undefined],
    [["holds"], "refuted"],
    [["nearly"], undefined],
    [["nearly", "holds"], "refuted"],
    [["breaks"], undefined],
    [["breaks", "breaks"], "confirmed"],
    [["breaks", "holds"], undefined],
    [["breaks", "holds", "breaks"], "confirmed"],
    [["breaks", "holds", "holds"], "refuted"],
    [["blind", "blind"], "undecided"],
    [["breaks", "blind", "holds"], "undecided"],
  ] as const)("%j: %s", (statuses, expected) => {
    expect(answer(statuses)).toBe(expected);
  });

  it("ends after three windows, and is confirmed only where two of them broke", () => {
    const random = uniform(11);
    const words = ["holds", "nearly", "breaks", "blind"] as const;
    for (let round = 0; round < 500; round += 1) {
      const seen: (typeof words)[number][] = [];
      while (answer(seen) === undefined) seen.push(words[Math.floor(random() * 4)] ?? "holds");
      expect(seen.length).toBeLessThanOrEqual(3);
      const count = (...wanted: readonly string[]): number =>
        seen.filter((one) => wanted.includes(one)).length;
      const outcome = answer(seen);
      if (outcome === "confirmed") expect(count("breaks")).toBe(2);
      else expect(count("breaks")).toBeLessThan(2);
      if (outcome === "refuted") expect(count("holds", "nearly")).toBeGreaterThan(0);
    }
  });
});

describe("a figure per core that is measured again", () => {
  const question: RerunQuestion = {
    ...{ ...RATE, metricId: "per-core.end-to-end.postgres" },
    asks: { kind: "per-core", stage: "postgres", refutedFromPerS: 1000 },
  };
  const seen = (postgres: number, status: StepStatus = "holds"): string | undefined =>
    rerunAnswer(question, [stepOf("end-to-end", 2000, { status, perCore: { postgres } })])?.status;

  it("is confirmed below what would be a change, and refuted from there on", () => {
    expect(seen(900)).toBe("confirmed");
    expect(seen(999)).toBe("confirmed");
    expect(seen(1000)).toBe("refuted");
    expect(seen(1200)).toBe("refuted");
  });

  it("counts only in a window that held, and gives up after three that did not", () => {
    expect(seen(900, "breaks")).toBeUndefined();
    const broken = Array.from({ length: 3 }, () =>
      stepOf("end-to-end", 2000, { status: "breaks", perCore: { postgres: 900 } }),
    );
    expect(rerunAnswer(question, broken)?.status).toBe("undecided");
  });
});

describe("the night's exit code", () => {
  const rerun = (status: NightRerun["status"]): NightRerun => ({
    ...{ ...RATE, status, because: "so it is", steps: [] },
  });

  it("fails what was confirmed with 12, and what could not be told with 21", () => {
    expect(nightExit(REPORT, [], undefined)).toEqual({ code: 0, reasons: [] });
    expect(nightExit(REPORT, [rerun("refuted")], undefined).code).toBe(0);
    expect(nightExit(REPORT, [rerun("refuted"), rerun("confirmed")], undefined).code).toBe(12);
    const both = nightExit(REPORT, [rerun("confirmed"), rerun("undecided")], undefined);
    expect(both.code).toBe(21);
    expect(both.reasons.map((reason) => reason.slice(0, 2))).toEqual(["21", "12"]);
    expect(nightExit(REPORT, [rerun("confirmed")], 130).code).toBe(130);
  });

  it("is that of the search where a stage has no rate", () => {
    const [stage] = REPORT.stages;
    if (stage === undefined) throw new RangeError("A stage is needed.");
    const withStatus = (status: "none" | "blind"): typeof REPORT => ({
      ...REPORT,
      stages: [{ ...stage, result: { ...stage.result, status } }],
    });
    expect(nightExit(withStatus("none"), [], undefined).code).toBe(11);
    expect(nightExit(withStatus("blind"), [], undefined).code).toBe(21);
    expect(nightExit({ ...REPORT, ended: "failed" }, [], undefined).code).toBe(1);
  });
});

describe("metrics of a search", () => {
  it("are the rate and each stage's figure, without the generator and what only looks", () => {
    const { metrics, unmeasured } = capacityMetrics(REPORT);
    expect(metrics.map(({ id, value }) => [id, value])).toEqual([
      ["capacity.end-to-end", FOUND],
      ["per-core.end-to-end.postgres", 500],
      ["per-core.end-to-end.kafka", 4000],
      ["per-core.end-to-end.lake", 900],
    ]);
    expect(metrics.every(({ better }) => better === "higher")).toBe(true);
    expect(unmeasured).toEqual([]);
  });

  it("are none where the rate is only at least so much: its end is another's", () => {
    const [stage] = REPORT.stages;
    if (stage === undefined) throw new RangeError("A stage is needed.");
    const atLeast = { ...stage, result: { ...stage.result, status: "at-least" } as const };
    const { metrics, unmeasured } = capacityMetrics({ ...REPORT, stages: [atLeast] });
    expect(metrics).toEqual([]);
    expect(unmeasured[0]?.reason).toMatch(/^at-least \d+ events\/s: /);
  });
});
