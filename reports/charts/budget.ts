/** Error budgets over the run: how much of what each objective allows was left at each moment. Nothing is judged here. */
import type { JournalReader } from "../../core/contracts/journal.ts";
import type { Objective } from "../../core/contracts/slo.ts";
import type { Interval } from "../../core/timeline.ts";
import { measuredIntervals, steadyIntervals, within } from "../../core/timeline.ts";
import { formatNumber } from "../format.ts";
import type { Point } from "./downsample.ts";
import type { ChartSpec, Series } from "./spec.ts";

/** Below this the line stays at the edge: how far beyond is in the verdicts. Percent. */
const FLOOR_PERCENT = -100;
const COLOURS = [0, 1, 2, 3, 4, 6, 7, 8];

interface Counted {
  readonly atMs: number;
  readonly n: number;
  readonly bad: number;
}

export function budgetChart(journal: JournalReader): ChartSpec {
  const { objectives, claims } = journal.plan;
  const claimed = objectives.filter(
    ({ id, badRatioMax }) => claims.includes(id) && badRatioMax > 0,
  );
  const series = claimed.flatMap((objective): readonly Series[] => {
    const points = burnDown(counted(journal, objective), objective.badRatioMax);
    return points.length === 0 ? [] : [{ name: objective.id, points, shape: "line", colour: 0 }];
  });
  return {
    id: "chart-budget",
    title: "Error budgets left",
    description:
      "Share of each claimed objective's error budget that was left: the bad samples it allows over the whole run, less those there were. Below zero the observed share alone is over the limit.",
    unit: "% of the bad samples the run allows; held at −100",
    scale: "linear",
    series: series.map((one, index) => ({
      ...one,
      colour: COLOURS[index % COLOURS.length] ?? 0,
      dash: Math.floor(index / 3) % 4,
    })),
    format: formatNumber,
    target: { value: 0, label: "used up" },
    heightPx: 130,
  };
}

/** Remaining percent after each bad sample, from 100 at the first sample to what is left at the last. */
export function burnDown(samples: readonly Counted[], badRatioMax: number): readonly Point[] {
  const inOrder = [...samples].sort((a, b) => a.atMs - b.atMs);
  const first = inOrder[0];
  const last = inOrder.at(-1);
  if (first === undefined || last === undefined) return [];
  const allowed = badRatioMax * inOrder.reduce((sum, { n }) => sum + n, 0);
  const points: Point[] = [{ xMs: first.atMs, y: 100 }];
  let bad = 0;
  let left = 100;
  for (const sample of inOrder) {
    if (sample.bad === 0) continue;
    // A step, not a slope: budget is used when the bad sample is there.
    points.push({ xMs: sample.atMs, y: left });
    bad += sample.bad;
    left = allowed === 0 ? FLOOR_PERCENT : Math.max(FLOOR_PERCENT, 100 * (1 - bad / allowed));
    points.push({ xMs: sample.atMs, y: left });
  }
  points.push({ xMs: last.atMs, y: left });
  return points;
}

function counted(journal: JournalReader, objective: Objective): readonly Counted[] {
  const intervals =
    objective.window === "whole" ? measuredIntervals(journal) : steadyIntervals(journal);
  const { sli } = objective;
  switch (sli.kind) {
    case "freshness":
      return canaries(journal, objective.threshold.value, intervals);
    case "errors":
      return journal
        .of("load.window")
        .filter(({ workload, fromMs }) => workload === sli.workload && within(fromMs, intervals))
        .map(({ fromMs, offered, failed, unknown, dropped }) => ({
          atMs: fromMs,
          n: offered,
          bad: failed + unknown + dropped,
        }));
    case "latency":
      return slow(journal, { ...objective, sli }, intervals);
    case "uptime":
    case "rate":
    case "users":
    case "recovery":
    case "projected-uptime":
    case "informational":
    case "unmeasured":
      return [];
  }
}

function canaries(
  journal: JournalReader,
  targetMs: number,
  intervals: readonly Interval[],
): readonly Counted[] {
  const seen = journal.of("canary.seen").map(({ intendedMs, visibleMs }) => ({
    atMs: intendedMs,
    n: 1,
    bad: visibleMs - intendedMs >= targetMs ? 1 : 0,
  }));
  const unseen = journal.of("canary.censored").map(({ intendedMs }) => ({
    atMs: intendedMs,
    n: 1,
    bad: 1,
  }));
  return [...seen, ...unseen].filter(({ atMs }) => within(atMs, intervals));
}

type LatencyObjective = Objective & {
  readonly sli: Extract<Objective["sli"], { readonly kind: "latency" }>;
};

/** Only where the generator counted against this very limit; other limits are not told from the windows. */
function slow(
  journal: JournalReader,
  { sli, threshold }: LatencyObjective,
  intervals: readonly Interval[],
): readonly Counted[] {
  const planned = journal.plan.queries.find(({ name }) => name === sli.class);
  if (planned?.targetMs !== threshold.value) return [];
  const timed = journal
    .of("latency.window")
    .filter((window) => window.class === sli.class && within(window.fromMs, intervals))
    .map(({ fromMs, count, overTarget = 0 }) => ({ atMs: fromMs, n: count, bad: overTarget }));
  const lost = journal
    .of("load.window")
    .filter((window) => window.class === sli.class && within(window.fromMs, intervals))
    .map(({ fromMs, dropped }) => ({ atMs: fromMs, n: dropped, bad: dropped }));
  return [...timed, ...lost.filter(({ n }) => n > 0)];
}
