import { describe, expect, it } from "vitest";
import type { Objective, Verdict } from "../../../../../core/contracts/slo.ts";
import { shareVerdict, type ShareEvidence } from "../../../../../slo/checks/evidence/share.ts";

const OBJECTIVE: Objective = {
  id: "latency.simple",
  title: "Simple queries answer within 100 ms (p95)",
  source: "test",
  window: "steady",
  sli: { kind: "latency", workload: "queries", class: "simple" },
  threshold: { value: 100, unit: "ms" },
  badRatioMax: 0.05,
};

function verdict(more: Partial<ShareEvidence>, badRatioMax = 0.05): Verdict {
  return shareVerdict({ ...OBJECTIVE, badRatioMax }, true, {
    noun: "queries",
    badVerb: "took 100 ms or longer",
    n: 100,
    bad: 0,
    censored: 0,
    missing: 0,
    groups: [],
    timeMs: 60_000,
    target: { value: 100, unit: "ms", op: "<" },
    details: [],
    ...more,
  });
}

describe("what would change a verdict", () => {
  it("is nothing once it stands", () => {
    expect(verdict({})).toMatchObject({ status: "PROVEN" });
    expect(verdict({})).not.toHaveProperty("needed");
    expect(verdict({ bad: 20 })).toMatchObject({ status: "VIOLATED" });
    expect(verdict({ bad: 20 })).not.toHaveProperty("needed");
  });

  it("is more time at the same share, and says how much", () => {
    expect(verdict({ n: 30 }).needed).toBe(
      "59 queries at the observed share: 1 min 57 s of such time instead of 1 min, 56.8 s more.",
    );
  });

  it("says how many bad ones a run of this size may have", () => {
    expect(verdict({ n: 1_000, bad: 42 }).needed).toContain(
      "A run of this size proves it with at most 38 bad.",
    );
    expect(verdict({ n: 60, bad: 2 }).needed).toContain(
      "A run of this size proves it with no bad one.",
    );
  });

  it("is no length at all when the share is too high, and when that would be a violation", () => {
    const { status, needed } = verdict({ bad: 7 });
    expect(status).toBe("INCONCLUSIVE");
    expect(needed).toMatch(
      /^No run length proves it at the observed share of 7 %; 59 queries would do with none bad\. .*After .* at this share it would be VIOLATED\.$/,
    );
  });

  it("names doubt as the only thing in the way", () => {
    const { needed } = verdict({ n: 200, bad: 2, doubtful: 12 });
    expect(needed).toContain("Only the missing and doubtful ones stand in the way.");
    expect(needed).not.toContain("VIOLATED");
  });

  it("asks for coverage where only coverage is missing", () => {
    expect(verdict({ n: 1_000, missing: 60 }, 0.2)).toMatchObject({
      status: "INCONCLUSIVE",
      needed: "At least 95 % of the expected queries.",
    });
  });

  it("starts from nothing where nothing was measured", () => {
    expect(verdict({ n: 0 }).needed).toBe("59 queries, none of them bad.");
  });
});
