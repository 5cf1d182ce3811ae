import { describe, expect, it } from "vitest";
import type { Objective } from "../../../../core/contracts/slo.ts";
import { OBJECTIVES } from "../../../../slo/objectives/index.ts";

const ALL: readonly (readonly [string, Objective])[] = Object.entries(OBJECTIVES);

describe("OBJECTIVES", () => {
  it.each(ALL)("%s is filed under its own id and names its source", (key, objective) => {
    expect(objective.id).toBe(key);
    expect(objective.source).toMatch(/^seed\/production-scaling-guide\.md/);
  });

  it("holds the seed's figures", () => {
    const figures = ALL.map(([id, { threshold, badRatioMax }]) => [
      id,
      threshold.value,
      badRatioMax,
    ]);
    expect(figures.slice(0, 10)).toEqual([
      ["freshness", 30_000, 0.05],
      ["errors.writes", 0.001, 0.001],
      ["errors.queries", 0.001, 0.001],
      ["latency.queries", 2_000, 0.05],
      ["latency.simple", 100, 0.05],
      ["latency.medium", 1_000, 0.05],
      ["latency.complex", 5_000, 0.05],
      ["latency.large", 30_000, 0.05],
      ["uptime", 0.999, 0.001],
      ["rate.dev", 1_000, 0],
    ]);
  });

  it("leaves no target of the seed unmeasured", () => {
    expect(ALL.filter(([, objective]) => objective.sli.kind === "unmeasured")).toEqual([]);
  });
});
