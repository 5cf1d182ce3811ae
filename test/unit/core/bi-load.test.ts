/** What a scenario may ask of the BI tier: every problem at once, with its value and what is allowed. */
import { describe, expect, it } from "vitest";
import { biLoadProblems, plannedBiLoads, plannedOperationsPerS } from "../../../core/bi-load.ts";
import { SCENARIOS } from "../../../scenarios/index.ts";

const context = {
  warmupMs: 30_000,
  serviceComponents: ["superset-content"],
  queryClasses: ["simple", "large"],
};

describe("biLoadProblems", () => {
  it("finds none in the specification's figures", () => {
    const { users } = SCENARIOS;
    expect(biLoadProblems(users, { ...context, warmupMs: users.warmupMs })).toEqual([]);
    expect(biLoadProblems({}, { ...context, serviceComponents: [] })).toEqual([]);
  });

  it("lists all of them at once", () => {
    const problems = biLoadProblems(
      {
        dashboards: { ratePerMin: 0, targetMs: 0, rampMs: 60_000, forceRatio: 2 },
        apiCalls: { ratePerMin: 10, targetMs: 10, forceRatio: 0.1 },
        users: { count: 1.5, thinkMsMean: 1, targetMs: 10 },
        mixed: { blockMs: 10 },
      },
      { warmupMs: 30_000, serviceComponents: ["trino"], queryClasses: ["simple"] },
    );
    expect(problems.map((problem) => problem.split(/[ :,]/)[0])).toEqual([
      "dashboards.ratePerMin",
      "dashboards.targetMs",
      "dashboards.rampMs",
      "dashboards.forceRatio",
      "users.thinkMsMean",
      "users.count",
      "mixed.blockMs",
      "dashboards",
      "apiCalls.forceRatio",
      "mixed",
    ]);
    expect(problems[2]).toBe("dashboards.rampMs is 60000: allowed are 0 to 30000.");
  });
});

describe("planned rates", () => {
  const plan = {
    queries: [
      { name: "simple" as const, ratePerS: 2, targetMs: 100 },
      { name: "large" as const, ratePerS: 0.5, targetMs: 30_000 },
    ],
    dashboards: { ratePerMin: 500, targetMs: 2_000 },
    users: { count: 1_000, thinkMsMean: 60_000, targetMs: 2_000 },
  };

  it("are operations a second; users promise none", () => {
    expect(plannedOperationsPerS(plan, "queries")).toBe(2.5);
    expect(plannedOperationsPerS(plan, "dashboards")).toBeCloseTo(500 / 60);
    expect(plannedOperationsPerS(plan, "users")).toBe(0);
    expect(plannedOperationsPerS(plan, "api-calls")).toBe(0);
    expect(plannedBiLoads(plan).map((load) => load.workload)).toEqual(["dashboards", "users"]);
  });
});
