/** Every target of the seed has an objective, and every objective a line of the seed. */
import { describe, expect, it } from "vitest";
import type { Objective } from "../../../../core/contracts/slo.ts";
import { OBJECTIVES } from "../../../../slo/objectives/index.ts";
import { SEED_TARGETS, seedLinesOf } from "../../../../slo/objectives/seed-targets.ts";

const ALL: readonly Objective[] = Object.values(OBJECTIVES);

describe("SEED_TARGETS", () => {
  it("stand in the order of the seed's lines, each once", () => {
    const lines = SEED_TARGETS.map(({ line }) => line);
    expect(lines).toEqual([...new Set(lines)].sort((a, b) => a - b));
  });

  it("name objectives whose figure is the one in their words", () => {
    const figureOf: Readonly<Record<string, RegExp>> = {
      "latency.simple": /< 100ms/,
      "latency.queries": /< 2 seconds/,
      freshness: /< 30 seconds/,
      uptime: /99\.9%/,
      "rate.production": /100K\+/,
      "recovery.W": /> 1 minute/,
    };
    for (const [id, figure] of Object.entries(figureOf)) {
      const words = SEED_TARGETS.filter(({ objectives }) =>
        (objectives as readonly string[]).includes(id),
      ).map((target) => target.words);
      expect(words.join(" ")).toMatch(figure);
    }
    expect(OBJECTIVES["recovery.W"].threshold).toEqual({ value: 60_000, unit: "ms" });
  });

  it("leave no objective of the seed without its line", () => {
    expect(ALL.filter(({ id }) => seedLinesOf(id).length === 0).map(({ id }) => id)).toEqual([]);
    expect(seedLinesOf("somebody.elses")).toEqual([]);
  });
});

describe("derived objectives", () => {
  it("give a class B fault a week's budget and a class X fault a month's", () => {
    // 0.1 % of 7 days are 10 min 4.8 s, of 30 days 43 min 12 s.
    expect(OBJECTIVES["recovery.B"].threshold.value).toBeCloseTo(604_800, 6);
    expect(OBJECTIVES["recovery.X"].threshold.value).toBeCloseTo(2_592_000, 6);
  });
});
