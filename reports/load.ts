/** Every load in figures: per workload and class, the user's own script, and the mixed experiment's two arms. */
import { mixedArm, plannedBiLoads, type MixedArm } from "../core/bi-load.ts";
import type { EventOf, JournalReader } from "../core/contracts/journal.ts";
import { mergeHistograms, type HistogramSum } from "../core/histogram.ts";
import { mergeWindows } from "../core/journal-table.ts";
import { windowsOf } from "../core/load-windows.ts";
import { measuredIntervals, steadyIntervals, within, type Interval } from "../core/timeline.ts";
import { formatDurationMs, formatNumber, NONE } from "./format.ts";

export interface LoadTable {
  readonly title: string;
  /** One sentence on how to read it. */
  readonly lead: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** By journal: more than one report shows them, and merging a day takes its time. */
const DRAWN = new WeakMap<JournalReader, readonly LoadTable[]>();

/** Tables without rows are left out. */
export function loadTables(journal: JournalReader): readonly LoadTable[] {
  const tables = DRAWN.get(journal) ?? drawnTables(journal);
  DRAWN.set(journal, tables);
  return tables;
}

function drawnTables(journal: JournalReader): readonly LoadTable[] {
  return [classTable(journal), mixedTable(journal), ...scriptTables(journal)].filter(
    (table) => table.rows.length > 0,
  );
}

interface Stretch {
  readonly workload: string;
  readonly class: string | undefined;
  readonly name: string;
  readonly targetMs: number | undefined;
}

function stretchesOf({ plan }: JournalReader): readonly Stretch[] {
  return [
    { workload: "bank", class: undefined, name: "bank", targetMs: undefined },
    ...plan.queries.map(({ name, targetMs }) => ({
      workload: "queries",
      class: name,
      name: `queries, ${name}`,
      targetMs,
    })),
    ...plannedBiLoads(plan).map(({ workload, targetMs }) => ({
      workload,
      class: undefined,
      name: workload === "users" ? "users (closed)" : workload,
      targetMs,
    })),
  ];
}

interface Figures {
  readonly offered: number;
  readonly ok: number;
  readonly failed: number;
  readonly unknown: number;
  readonly dropped: number;
  readonly histogram: HistogramSum;
}

function figuresOf(
  journal: JournalReader,
  stretch: Pick<Stretch, "workload" | "class">,
  counts: (window: { readonly fromMs: number; readonly windowMs: number }) => boolean,
): Figures {
  const sums = { offered: 0, ok: 0, failed: 0, unknown: 0, dropped: 0 };
  for (const window of windowsOf(journal, "load.window", stretch)) {
    if (!counts(window)) continue;
    sums.offered += window.offered;
    sums.ok += window.ok;
    sums.failed += window.failed;
    sums.unknown += window.unknown;
    sums.dropped += window.dropped;
  }
  const windows = windowsOf(journal, "latency.window", stretch).filter(counts);
  return { ...sums, histogram: mergeWindows(windows) };
}

function classTable(journal: JournalReader): LoadTable {
  const intervals = measuredIntervals(journal);
  const rows = stretchesOf(journal).flatMap((stretch) => {
    const figures = figuresOf(journal, stretch, (window) => within(window.fromMs, intervals));
    if (figures.offered === 0) return [];
    return [
      [
        stretch.name,
        ...countCells(figures),
        ...latencyCells(figures.histogram),
        stretch.targetMs === undefined ? NONE : formatDurationMs(stretch.targetMs),
      ],
    ];
  });
  return {
    title: "Load",
    lead:
      "Control and measured time, faults included. Times count from the intended start; of users, from the end of " +
      "their pause: a closed load slows down with the system, so its times stand apart from those of open schedules.",
    heads: ["Load", ...COUNT_HEADS, ...LATENCY_HEADS, "Target"],
    rows,
  };
}

const COUNT_HEADS = ["Offered", "Ok", "Failed", "Unknown", "Dropped"];
const LATENCY_HEADS = ["p50", "p95", "p99", "max"];

function countCells(figures: Figures): readonly string[] {
  const { offered, ok, failed, unknown, dropped } = figures;
  return [offered, ok, failed, unknown, dropped].map(formatNumber);
}

function latencyCells(histogram: HistogramSum): readonly string[] {
  if (histogram.totalCount === 0) return LATENCY_HEADS.map(() => NONE);
  return [50, 95, 99, 100].map((percentile) =>
    formatDurationMs(histogram.percentileMs(percentile)),
  );
}

const ARM_NAMES: Readonly<Record<MixedArm, string>> = {
  grouped: "with groups",
  open: "without",
};

/** Large reports beside simple queries: the same schedule in turns, told apart by the clock. */
function mixedTable(journal: JournalReader): LoadTable {
  const { mixed, queries } = journal.plan;
  const steady = steadyIntervals(journal);
  const arms: readonly MixedArm[] = mixed === undefined ? [] : ["grouped", "open"];
  const rows = queries.flatMap((query) =>
    arms.flatMap((arm) => {
      const stretch = { workload: "queries", class: query.name };
      const figures = figuresOf(journal, stretch, (window) =>
        belongsTo(journal, arm, window, steady),
      );
      if (figures.offered === 0) return [];
      return [
        [
          `${query.name}, ${ARM_NAMES[arm]}`,
          ...countCells(figures),
          ...latencyCells(figures.histogram),
          formatDurationMs(query.targetMs),
        ],
      ];
    }),
  );
  return {
    title: "Large reports beside simple queries",
    lead:
      "The same queries on the same schedule, in turns with and without resource groups; the first fifth of each " +
      "turn, in which queries of the turn before end, and fault windows are left out.",
    heads: ["Class", ...COUNT_HEADS, ...LATENCY_HEADS, "Target"],
    rows,
  };
}

/** A window counts where both its ends lie in the settled part of a turn of this arm. */
function belongsTo(
  journal: JournalReader,
  arm: MixedArm,
  window: { readonly fromMs: number; readonly windowMs: number },
  steady: readonly Interval[],
): boolean {
  const { mixed } = journal.plan;
  const toMs = window.fromMs + window.windowMs;
  if (mixed === undefined || !within(window.fromMs, steady) || !within(toMs, steady)) return false;
  return [window.fromMs, toMs].every((atMs) => {
    const at = mixedArm(mixed, journal.startedAtEpochMs + atMs);
    return at.arm === arm && at.settled;
  });
}

function scriptTables(journal: JournalReader): readonly LoadTable[] {
  const ended = journal.of("script.ended").at(-1);
  if (ended === undefined) return [];
  const lead =
    `${ended.path}, ${formatNumber(ended.iterations)} iterations, ${formatNumber(ended.dropped)} never started. ` +
    "Over its whole life, warm-up included; k6 measures from the start of each request.";
  return [
    {
      title: "Own k6 script: times",
      lead,
      heads: ["Trend", "Scenario", "Samples", ...LATENCY_HEADS],
      rows: ended.trends.map(trendRow),
    },
    {
      title: "Own k6 script: thresholds and checks",
      lead: "Thresholds as k6 judged them; checks with how often each passed.",
      heads: ["What", "Where", "Result"],
      rows: [
        ...ended.thresholds.map((one) => [
          one.expression,
          one.metric,
          one.ok ? "✔ holds" : "✘ crossed",
        ]),
        ...ended.checks.map((one) => [
          one.name,
          one.scenario,
          `${one.failed === 0 ? "✔" : "✘"} ${formatNumber(one.passed)} of ${formatNumber(one.passed + one.failed)}`,
        ]),
      ],
    },
  ];
}

function trendRow(trend: EventOf<"script.ended">["trends"][number]): readonly string[] {
  const histogram = mergeHistograms(trend.count === 0 ? [] : [trend.histogram]);
  const values = [50, 95, 99, 100].map((percentile) => histogram.percentileMs(percentile));
  return [
    trend.metric,
    trend.scenario,
    formatNumber(trend.count),
    ...values.map((value) => (trend.isTime ? formatDurationMs(value) : formatNumber(value))),
  ];
}
