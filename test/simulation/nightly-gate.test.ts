/** Whole series of nights against stages whose limit is known: a fall fails the night, a bad series of nights does not. */
import { describe, expect, it } from "vitest";
import type { HistoryEntry, SeriesHistory } from "../../core/contracts/comparison.ts";
import type { NightRerun } from "../../core/contracts/nightly.ts";
import { rerunAnswer, rerunQuestions } from "../../slo/capacity/rerun.ts";
import { openChanges, seriesHistory } from "../../slo/regression/history.ts";
import { randomOf } from "../fixtures/comparisons.ts";
import { nightEntry, nightReport, stepOf } from "../fixtures/nights.ts";
import { uniform } from "../fixtures/random-series.ts";

const KNEE_PER_S = 1500;
const POSTGRES_PER_CORE = 500;
const EFFECT_RATIO_MIN = 0.05;

interface Told {
  readonly entries: readonly HistoryEntry[];
  readonly history: SeriesHistory;
  readonly reruns: readonly NightRerun[];
}

function seriesWith(entries: readonly HistoryEntry[]): SeriesHistory {
  const options = { effectRatioMin: EFFECT_RATIO_MIN, randomOf, acknowledgements: [] };
  return seriesHistory(entries, options);
}

/**
 * Nights with 2 % noise. `ratioOf` is what a search sees of the usual level in a night; `againOf` is what the pipeline really
 * carries when it is looked at again.
 */
function nights(
  count: number,
  ratioOf: (night: number) => number,
  againOf: (night: number) => number,
): readonly Told[] {
  const random = uniform(5);
  const told: Told[] = [];
  let entries: readonly HistoryEntry[] = [];
  for (let night = 0; night < count; night += 1) {
    const noise = 1 + 0.04 * (random() - 0.5);
    const report = nightReport({
      kneePerS: KNEE_PER_S * ratioOf(night) * noise,
      postgresPerCore: Math.round(POSTGRES_PER_CORE * noise),
      night,
    });
    const candidate = [...entries, nightEntry(report, night)];
    const questions = rerunQuestions(openChanges(seriesWith(candidate)), report, EFFECT_RATIO_MIN);
    const reruns = questions.map((question): NightRerun => {
      const ratePerS = question.ratePerS ?? 0;
      const status = ratePerS <= KNEE_PER_S * againOf(night) ? "holds" : "breaks";
      const perCore = { postgres: POSTGRES_PER_CORE };
      const steps = [1, 2].map(() => stepOf("end-to-end", ratePerS, { status, perCore }));
      const answer = rerunAnswer(question, steps);
      if (answer === undefined) throw new RangeError("Two equal windows decide.");
      return { ...question, ...answer, steps };
    });
    entries = [...entries, nightEntry(report, night, reruns)];
    told.push({ entries, history: seriesWith(entries), reruns });
  }
  return told;
}

describe("a limit that really fell by 15 %", () => {
  const level = (night: number): number => (night < 14 ? 1 : 0.85);
  const told = nights(22, level, level);

  it("is asked about within a week, confirmed, and fails the night and the history alike", () => {
    const first = told.findIndex(({ reruns }) => reruns.length > 0);
    expect(first).toBeGreaterThanOrEqual(14);
    expect(first).toBeLessThanOrEqual(20);
    expect(told[first]?.reruns.map(({ status }) => status)).toEqual(["confirmed"]);
    expect(told[first]?.history.exit.code).toBe(12);
  });

  it("offers the rate at question, between the old level and the new", () => {
    const [rerun] = told.at(-1)?.reruns ?? [];
    expect(rerun?.metricId).toBe("capacity.end-to-end");
    expect(rerun?.ratePerS).toBeGreaterThan(0.85 * KNEE_PER_S);
    expect(rerun?.ratePerS).toBeLessThanOrEqual(KNEE_PER_S);
  });
});

describe("nights in which something else ran beside the search", () => {
  const told = nights(
    22,
    (night) => (night < 14 ? 1 : 0.85),
    () => 1,
  );

  it("are looked at again, refuted, and fail nothing", () => {
    const asked = told.filter(({ reruns }) => reruns.length > 0);
    expect(asked.length).toBeGreaterThan(0);
    for (const { reruns, history } of asked) {
      expect(reruns.map(({ status }) => status)).toEqual(["refuted"]);
      expect(history.exit.code).toBe(0);
    }
  });

  it("clear only the night that looked: one that did not would fail", () => {
    const last = told.at(-1);
    const [newest] = last?.entries.slice(-1) ?? [];
    if (last === undefined || newest === undefined) throw new RangeError("Nights are needed.");
    const without = Object.fromEntries(
      Object.entries(newest).filter(([key]) => key !== "reruns"),
    ) as unknown as HistoryEntry;
    const again = seriesWith([...last.entries.slice(0, -1), without]);
    expect(again.exit.code).toBe(12);
  });
});

describe("a limit that stays", () => {
  it("asks nothing in thirty nights", () => {
    const told = nights(
      30,
      () => 1,
      () => 1,
    );
    expect(told.flatMap(({ reruns }) => reruns)).toEqual([]);
    expect(told.at(-1)?.history.exit.code).toBe(0);
  });
});
