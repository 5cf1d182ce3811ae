/** Latency, achieved rate and error ratio of one run's workloads in its steady time. */
import type { EventList } from "../../core/contracts/event-list.ts";
import type { EventOf, JournalReader } from "../../core/contracts/journal.ts";
import { recordedValues } from "../../core/histogram.ts";
import type { Interval } from "../../core/timeline.ts";
import { FAULT_MARGIN_MS_MAX } from "../checks/evidence/operations.ts";
import { steadyWithMargin } from "../checks/evidence/time.ts";
import { allOf, joinNeighbours, quantileTable, spacingMs, type Counted } from "./pieces.ts";
import {
  NEVER_MS,
  quantileMetric,
  TAIL_SAMPLE_COUNT_MIN,
  type Extracted,
  type MeasuredMetric,
} from "./metric.ts";

type LoadWindow = EventOf<"load.window">;

interface Stretch {
  readonly workload: string;
  /** Undefined for the bank. */
  readonly class: string | undefined;
  readonly intervals: readonly Interval[];
}

const LATENCY_QUANTILES = [
  { name: "p50", ratio: 0.5 },
  { name: "p95", ratio: 0.95 },
  { name: "p99", ratio: 0.99 },
] as const;

/** Clock readings are rounded to microseconds; a window may stick out by less than this. */
const ROUNDING_MS = 1;

export function loadMetrics(journal: JournalReader): readonly Extracted[] {
  const steady = steadyWithMargin(journal, 0);
  const bank: Stretch = { workload: "bank", class: undefined, intervals: steady };
  const classes = journal.plan.queries.map(({ name, targetMs }): Stretch => ({
    workload: "queries",
    class: name,
    intervals: steadyWithMargin(journal, Math.min(targetMs, FAULT_MARGIN_MS_MAX)),
  }));
  // Classes with different margins have no time in common to divide by, so all take the widest.
  const widest = steadyWithMargin(
    journal,
    Math.max(
      0,
      ...journal.plan.queries.map((query) => Math.min(query.targetMs, FAULT_MARGIN_MS_MAX)),
    ),
  );
  const together = classes.map((one) => ({ ...one, intervals: widest }));
  const hasBank = journal.plan.bank.rateEventsPerS > 0;
  const hasQueries = classes.length > 0;
  return [
    ...(hasBank
      ? [...latencyMetrics(journal, bank), ...countMetrics(journal, "bank", [bank])]
      : []),
    ...classes.flatMap((one) => latencyMetrics(journal, one)),
    ...(hasQueries ? countMetrics(journal, "queries", together) : []),
  ];
}

function windowsOf<T extends LoadWindow | EventOf<"latency.window">>(
  windows: EventList<T>,
  { workload, class: name, intervals }: Stretch,
): readonly T[] {
  return windows.filter(
    (window) =>
      window.workload === workload &&
      window.class === name &&
      intervals.some(
        (interval) =>
          window.fromMs >= interval.fromMs - ROUNDING_MS &&
          window.fromMs + window.windowMs <= interval.toMs + ROUNDING_MS,
      ),
  );
}

/** Of the operations that ended; with fewer timed, those that were may be the quick ones. */
const TIMED_RATIO_MIN = 0.95;

/**
 * Quantiles over all operations that were offered. One that never ended or was dropped stands last: a system
 * does not get faster by not answering.
 */
function latencyMetrics(journal: JournalReader, stretch: Stretch): readonly Extracted[] {
  const timed = windowsOf(journal.of("latency.window"), stretch);
  const load = windowsOf(journal.of("load.window"), stretch);
  const name = stretch.class ?? stretch.workload;
  const timedCount = timed.reduce((sum, window) => sum + window.count, 0);
  const endedCount = load.reduce((sum, window) => sum + endedOf(window), 0);
  if (timedCount === 0 || timedCount < TIMED_RATIO_MIN * endedCount) {
    const reason = `of ${String(endedCount)} operations that ended in the steady time ${String(timedCount)} were timed`;
    return LATENCY_QUANTILES.map((quantile) => ({
      kind: "unmeasured",
      id: `latency.${name}.${quantile.name}`,
      reason,
    }));
  }
  const pieces = latencyPieces(load, timed);
  const table = quantileTable(pieces.map((piece) => piece.samples));
  return LATENCY_QUANTILES.map((quantile) =>
    quantileMetric({
      id: `latency.${name}.${quantile.name}`,
      title: `${name === "bank" ? "bank transaction" : `${name} query`} latency ${quantile.name}`,
      unit: "ms",
      ratio: quantile.ratio,
      sampleCountMin: Math.ceil(TAIL_SAMPLE_COUNT_MIN / (1 - quantile.ratio) - 1e-9),
      noun: "operations",
      table,
      pieceCount: pieces.length,
      pieceMs: spacingMs(pieces.map((piece) => piece.fromMs)),
    }),
  );
}

function endedOf({ ok, failed, unknown }: LoadWindow): number {
  return ok + failed + unknown;
}

interface LatencyPiece {
  readonly fromMs: number;
  readonly samples: readonly Counted[];
}

function latencyPieces(
  load: readonly LoadWindow[],
  timed: readonly EventOf<"latency.window">[],
): readonly LatencyPiece[] {
  const byTime = Map.groupBy(timed, (window) => window.fromMs);
  let last: { readonly text: string; readonly samples: readonly Counted[] } | undefined;
  const decode = (text: string): readonly Counted[] => {
    // A made-up or idle run repeats itself window by window.
    if (last?.text !== text) {
      const samples = recordedValues(text).map((one) => ({
        value: one.valueMs,
        count: one.count,
      }));
      last = { text, samples };
    }
    return last.samples;
  };
  return joinNeighbours(load).map((group) => {
    const samples: Counted[] = [];
    let endless = 0;
    for (const window of group) {
      const own = byTime.get(window.fromMs) ?? [];
      for (const { count, histogramUs } of own) if (count > 0) samples.push(...decode(histogramUs));
      endless += Math.max(0, window.offered - endedOf(window));
    }
    if (endless > 0) samples.push({ value: NEVER_MS, count: endless });
    return { fromMs: group[0]?.fromMs ?? 0, samples };
  });
}

interface Counts {
  readonly fromMs: number;
  readonly windowMs: number;
  offered: number;
  lost: number;
  /** Change events of the bank, else operations. */
  achieved: number;
}

function countMetrics(
  journal: JournalReader,
  workload: string,
  stretches: readonly Stretch[],
): readonly Extracted[] {
  const isBank = workload === "bank";
  const windows = stretches.flatMap((one) => windowsOf(journal.of("load.window"), one));
  const pieces = joinNeighbours(countsByTime(windows, isBank));
  const n = windows.reduce((sum, window) => sum + window.offered, 0);
  const errors = {
    id: `errors.${workload}`,
    title: isBank ? "failed bank transactions" : `failed ${workload}`,
  };
  const rate = {
    id: `rate.${workload}`,
    title: isBank ? "achieved change events" : `achieved ${workload}`,
  };
  if (n === 0) {
    const reason = "no operation was offered in the steady time";
    return [errors, rate].map(({ id }) => ({ kind: "unmeasured", id, reason }));
  }
  const pieceMs = spacingMs(pieces.map((piece) => piece[0]?.fromMs ?? 0));
  const metric = (
    facts: Pick<MeasuredMetric, "id" | "title" | "unit" | "better">,
    valueOf: (sum: Readonly<Record<"offered" | "lost" | "achieved" | "timeMs", number>>) => number,
  ): Extracted => {
    const ofPicked = (picked: readonly number[]): number => {
      const sum = { offered: 0, lost: 0, achieved: 0, timeMs: 0 };
      for (const number of picked) {
        for (const counts of pieces[number] ?? []) {
          sum.offered += counts.offered;
          sum.lost += counts.lost;
          sum.achieved += counts.achieved;
          sum.timeMs += counts.windowMs;
        }
      }
      return valueOf(sum);
    };
    const cut = { count: pieces.length, pieceMs, valueOf: ofPicked };
    const value = ofPicked(allOf(pieces.length));
    return { kind: "measured", metric: { ...facts, value, n, pieces: cut } };
  };
  return [
    metric({ ...errors, unit: "ratio", better: "lower" }, ({ lost, offered }) =>
      offered === 0 ? 0 : lost / offered,
    ),
    metric(
      { ...rate, unit: isBank ? "eventsPerS" : "operationsPerS", better: "higher" },
      ({ achieved, timeMs }) => (achieved * 1000) / timeMs,
    ),
  ];
}

/** All classes of one window together, in order of time. */
function countsByTime(windows: readonly LoadWindow[], events: boolean): readonly Counts[] {
  const byTime = new Map<number, Counts>();
  for (const window of windows) {
    const { fromMs, windowMs } = window;
    const counts = byTime.get(fromMs) ?? { fromMs, windowMs, offered: 0, lost: 0, achieved: 0 };
    byTime.set(fromMs, counts);
    counts.offered += window.offered;
    counts.lost += window.failed + window.unknown + window.dropped;
    counts.achieved += events ? window.events : window.ok;
  }
  return [...byTime.values()].sort((a, b) => a.fromMs - b.fromMs);
}
