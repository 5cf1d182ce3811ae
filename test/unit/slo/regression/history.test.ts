/** Change points over a series of runs: found, acknowledged, and not made of single bad nights. */
import { describe, expect, test } from "vitest";
import type {
  Acknowledgement,
  HistoryEntry,
  SeriesHistory,
} from "../../../../core/contracts/comparison.ts";
import { judge } from "../../../../core/judge.ts";
import { CHECKS } from "../../../../slo/checks/index.ts";
import { historyEntry, seriesHistory, seriesOf } from "../../../../slo/regression/history.ts";
import { randomOf } from "../../../fixtures/comparisons.ts";
import { seededRandom } from "../../../fixtures/seeded-random.ts";
import { variedRun, type Variation } from "../../../fixtures/varied-runs.ts";

const DAY_MS = 86_400_000;

function entryOf(variation: Variation): HistoryEntry {
  const journal = variedRun(variation);
  const judgement = judge(journal, Object.values(CHECKS));
  return historyEntry({ journal, judgement, journalSha256: "0".repeat(64), suite: undefined });
}

const TEMPLATE = entryOf({ runId: "night0", seed: 1 });

/** One night each: the template's entry with the latency of simple queries set to the level and 2 % noise. */
function nights(
  levelsMs: readonly number[],
  trino: (night: number) => string = () => "476",
): HistoryEntry[] {
  const random = seededRandom(7);
  return levelsMs.map((levelMs, night) => ({
    ...TEMPLATE,
    runId: `night${String(night)}`,
    startedAtEpochMs: night * DAY_MS,
    configFields: { ...TEMPLATE.configFields, "environment.versions.trino": trino(night) },
    metrics: TEMPLATE.metrics
      .filter((metric) => metric.id === "latency.simple.p95")
      .map((metric) => ({ ...metric, value: levelMs * (1 + 0.04 * (random() - 0.5)) })),
  }));
}

function history(
  entries: readonly HistoryEntry[],
  acknowledgements: readonly Acknowledgement[] = [],
): SeriesHistory {
  return seriesHistory(entries, { effectRatioMin: 0.05, randomOf, acknowledgements });
}

const level = (count: number, levelMs: number): readonly number[] =>
  Array.from({ length: count }, () => levelMs);

function acknowledgementOf(shown: SeriesHistory): Acknowledgement {
  const change = shown.metrics[0]?.changes[0];
  if (change === undefined) throw new RangeError("Nothing changed.");
  return {
    schema: "lakeproof.acknowledgement/1",
    changeId: change.id,
    series: shown.series,
    metricId: change.metricId,
    runId: change.firstRunId,
    direction: change.direction,
    reason: "Trino 477 checks certificates; accepted for the release.",
    acknowledgedAtEpochMs: 0,
  };
}

describe("an entry", () => {
  test("has its series, the figures of the run and its verdict", () => {
    expect(TEMPLATE).toMatchObject({
      suite: "synthetic",
      verdict: { status: "PROVEN", exitCode: 0 },
    });
    expect(seriesOf(TEMPLATE)).toMatch(/^synthetic\/dev-[0-9a-f]{8}\/2c-16g-[0-9a-f]{8}$/);
    expect(TEMPLATE.metrics.map((metric) => metric.id)).toContain("freshness.p95");
    expect(Object.keys(TEMPLATE.metrics[0] ?? {}).sort()).toEqual([
      "better",
      "id",
      "n",
      "title",
      "unit",
      "value",
    ]);
  });

  test("of another plan or machine belongs to another series, of other versions to the same", () => {
    const series = (variation: Partial<Variation>): string =>
      seriesOf(entryOf({ runId: "B", seed: 2, ...variation }));
    const own = seriesOf(TEMPLATE);
    expect(series({ environment: { versions: { trino: "477" } } })).toBe(own);
    expect(series({ environment: { cpuCount: 8 } })).not.toBe(own);
    expect(series({ plan: (made) => ({ bank: { ...made.bank, rateEventsPerS: 9 } }) })).not.toBe(
      own,
    );
  });
});

describe("change points", () => {
  const slower = nights([...level(20, 50), ...level(8, 56)], (night) =>
    night < 20 ? "476" : "477",
  );

  test("a level that rises for good is found at its first night, with what changed then", () => {
    const shown = history(slower);
    const [change] = shown.metrics[0]?.changes ?? [];
    expect(change).toMatchObject({
      direction: "worse",
      lastRunId: "night19",
      firstRunId: "night20",
      newest: true,
      configChanges: ["environment.versions.trino: 476 → 477"],
    });
    expect(change?.changeRatio).toBeGreaterThan(0.09);
    expect(change?.changeRatio).toBeLessThan(0.15);
    expect(shown.exit.code).toBe(12);
    expect(shown.exit.reasons[0]).toMatch(
      /^12 cp-[0-9a-f]{8}: simple query latency p95 is worse by/,
    );
  });

  test("the order in which the entries come does not matter", () => {
    expect(history([...slower].reverse())).toEqual(history(slower));
  });

  test("noise about one level is none", () => {
    const shown = history(nights(level(40, 50)));
    expect(shown.metrics[0]?.changes).toEqual([]);
    expect(shown.exit.code).toBe(0);
  });

  test("one and two bad nights are no new level", () => {
    const levels = [...level(15, 50)];
    levels[7] = 90;
    expect(history(nights([...levels, ...level(10, 50), 90, 90])).metrics[0]?.changes).toEqual([]);
  });

  test("a rise below the minimum effect is none", () => {
    const shown = history(nights([...level(20, 50), ...level(20, 51.5)]));
    expect(shown.metrics[0]?.changes).toEqual([]);
  });

  test("a level that falls fails no night", () => {
    const shown = history(nights([...level(20, 50), ...level(8, 40)]));
    expect(shown.metrics[0]?.changes[0]?.direction).toBe("better");
    expect(shown.exit.code).toBe(0);
  });

  test("a rise that was repaired fails no night any more", () => {
    const shown = history(nights([...level(15, 50), ...level(12, 60), ...level(12, 50)]));
    expect(shown.metrics[0]?.changes.at(-1)).toMatchObject({
      direction: "better",
      firstRunId: "night27",
      newest: true,
    });
    expect(shown.exit.code).toBe(0);
  });

  test("a level that comes back to an old, worse one is found, though the whole hardly splits", () => {
    const shown = history(nights([...level(17, 50), ...level(17, 40), ...level(6, 50)]));
    expect(shown.metrics[0]?.changes.at(-1)).toMatchObject({
      direction: "worse",
      firstRunId: "night34",
    });
    expect(shown.exit.code).toBe(12);
  });

  test("fewer than ten runs say that they are too few", () => {
    const shown = history(nights([...level(5, 50), ...level(4, 80)]));
    expect(shown.metrics[0]).toMatchObject({ changes: [], needed: "10 runs; there are 9" });
  });
});

describe("an acknowledgement", () => {
  const levels = [...level(20, 50), ...level(6, 56)];
  const acknowledged = acknowledgementOf(history(nights(levels)));

  test("lets the night pass and stays with its change", () => {
    const shown = history(nights(levels), [acknowledged]);
    expect(shown.exit.code).toBe(0);
    expect(shown.metrics[0]?.changes[0]?.acknowledgement).toEqual(acknowledged);
  });

  test("still holds when further runs move the change by a place", () => {
    const moved = { ...acknowledged, runId: "night21" };
    expect(history(nights([...levels, ...level(6, 56)]), [moved]).exit.code).toBe(0);
  });

  test("covers no later change, no other metric and no other series", () => {
    const again = nights([...levels, ...level(9, 56), ...level(8, 66)]);
    expect(history(again, [acknowledged]).exit.code).toBe(12);
    const others = [
      { ...acknowledged, metricId: "latency.simple.p50" },
      { ...acknowledged, series: "other/dev/2c" },
      { ...acknowledged, direction: "better" as const },
    ];
    expect(history(nights(levels), others).exit.code).toBe(12);
  });
});
