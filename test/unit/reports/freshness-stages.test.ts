/** What the reports say of freshness by stage, where all is known, where little is, and where nothing is. */
import { describe, expect, test } from "vitest";
import type { JournalBody, JournalEvent, JournalReader } from "../../../core/contracts/journal.ts";
import { judge } from "../../../core/judge.ts";
import { freshnessStageBars } from "../../../reports/charts/freshness-stages.ts";
import { freshnessFacts } from "../../../reports/freshness-stages.ts";
import { openmetrics } from "../../../reports/openmetrics.ts";
import { healthyEvents, journalOf } from "../../../slo/checks/synthetic.ts";

const opening = healthyEvents().filter(
  ({ kind }) => kind === "run.started" || kind === "phase.entered",
);

const journal = (...bodies: readonly JournalBody[]): JournalReader =>
  journalOf([...opening, ...bodies.map((body): JournalEvent => ({ atMs: 0, ...body }))]);

const place = { canary: 1, table: "users", partition: 0 };
const seen: JournalBody = {
  kind: "canary.seen",
  ...{ ...place, intendedMs: 20_000, ackMs: 20_010, lastMissMs: 28_000, visibleMs: 29_000 },
};
const captured: JournalBody = { kind: "canary.captured", ...place, offset: 4, seenMs: 20_510 };
const checkpoint: JournalBody = {
  kind: "checkpoint.completed",
  ...{ jobId: "j", checkpointId: 3, isSavepoint: false },
  ...{ triggeredAtMs: 26_510, completedAtMs: 27_010 },
};
const committed: JournalBody = {
  kind: "lake.committed",
  ...{ table: "users", snapshotId: "9", committedAtMs: 28_010, operation: "append" },
  ...{ addedRecords: 10, jobId: "j", checkpointId: 3 },
};

const WHOLE = journal(seen, captured, checkpoint, committed);

describe("in words and rows", () => {
  test("the stage that takes most, in one sentence", () => {
    expect(freshnessFacts(WHOLE)?.sentence).toBe(
      "The wait for the next checkpoint takes the largest part: 66.7 % of the freshness of 1 canary in steady time, 6 s at the median.",
    );
  });

  test("each stage with its quantiles and its share", () => {
    expect(freshnessFacts(WHOLE)?.table.rows.map(([, ...cells]) => cells)).toEqual([
      ["1 of 1", "10 ms", "10 ms", "10 ms", "0.111 %"],
      ["1 of 1", "500 ms", "500 ms", "500 ms", "5.56 %"],
      ["1 of 1", "6 s", "6 s", "6 s", "66.7 %"],
      ["1 of 1", "1.5 s", "1.5 s", "1.5 s", "16.7 %"],
      ["1 of 1", "990 ms", "990 ms", "990 ms", "11 %"],
      ["–", "–", "–", "–", "0 %"],
      ["1 of 1", "9 s", "9 s", "9 s", "100 %"],
    ]);
  });

  test("what is not known is neither 0 nor the longest stage", () => {
    const facts = freshnessFacts(journal(seen, captured));
    expect(facts?.sentence).toMatch(/^Where most of the time goes cannot be told: 94\.3 % of/);
    expect(facts?.lead).toContain("Every stage is known of 0 of 1;");
    expect(facts?.table.rows[2]?.slice(1)).toEqual(["0 of 1", "–", "–", "–", "–"]);
  });

  test("nothing where no change was followed", () => {
    expect(freshnessFacts(journal(seen))).toBeUndefined();
    expect(freshnessFacts(journal(captured))).toBeUndefined();
  });
});

describe("as bars", () => {
  const drawn = (from: JournalReader): string => {
    const facts = freshnessFacts(from);
    return facts === undefined ? "" : freshnessStageBars(facts.stages).markup;
  };

  test("one part a stage, as wide as it is long", () => {
    const widths = [...drawn(WHOLE).matchAll(/class="seg[^"]*"[\s\S]*?width="([\d.]+)%"/g)];
    // Four bars of the same canary on an axis of ten seconds.
    expect(widths.map(([, width]) => Number(width))).toEqual(
      Array.from({ length: 4 }, () => [0.1, 5, 60, 15, 9.9]).flat(),
    );
    expect(drawn(WHOLE)).not.toContain("unknown");
  });

  test("what is not known is drawn as such and told to those who cannot see it", () => {
    const markup = drawn(journal(seen, captured));
    expect(markup).toContain('class="seg unknown"');
    expect(markup).toContain("? not known");
    expect(markup).toContain("write 10 ms, capture 500 ms, not known 8.5 s");
  });
});

describe("in metrics.prom", () => {
  const lines = (from: JournalReader): readonly string[] =>
    (openmetrics.render(from, judge(from, []))[0]?.body ?? "")
      .split("\n")
      .filter((line) => line.startsWith("lakeproof_freshness_stage"));

  test("quantiles and shares of each stage", () => {
    expect(lines(WHOLE)).toEqual(
      expect.arrayContaining([
        'lakeproof_freshness_stage_seconds{stage="wait",statistic="p50"} 6',
        'lakeproof_freshness_stage_seconds{stage="visible",statistic="max"} 0.99',
        'lakeproof_freshness_stage_share_ratio{stage="unknown"} 0',
      ]),
    );
  });

  test("no figure for a stage that is not known", () => {
    const some = lines(journal(seen, captured)).filter((line) => !line.includes('"unknown"'));
    expect(some.filter((line) => /wait|commit|visible/.test(line))).toEqual([]);
    expect(some).toHaveLength(2 * 3 + 2);
  });
});
