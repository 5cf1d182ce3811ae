/** From journal events to points. Percentiles come from merged histograms, never from averaged percentiles. */
import type { EventOf, JournalReader } from "../../core/contracts/journal.ts";
import type { Unit } from "../../core/contracts/values.ts";
import { HistogramSum } from "../../core/histogram.ts";
import { mergeWindows } from "../../core/journal-table.ts";
import { bankWindows, isQueryClass, queryWindows } from "../facts.ts";
import type { Point } from "./downsample.ts";
import { HEAT_ROWS_PER_DECADE } from "./heatmap.ts";
import type { HeatCell } from "./heatmap.ts";

const byTime = (one: Point, other: Point): number => one.xMs - other.xMs;

type LoadWindow = EventOf<"load.window">;

/** Per-second rate of anything counted in load windows, in bins of `binMs`. */
function ratePoints(
  windows: readonly LoadWindow[],
  binMs: number,
  count: (window: LoadWindow) => number,
): readonly Point[] {
  const bins = Map.groupBy(windows, (window) => Math.floor(window.fromMs / binMs));
  return [...bins]
    .map(([bin, own]) => ({
      xMs: (bin + 0.5) * binMs,
      y: (own.reduce((sum, window) => sum + count(window), 0) * 1000) / binMs,
    }))
    .sort(byTime);
}

export interface Throughput {
  readonly offered: readonly Point[];
  readonly achieved: readonly Point[];
}

/** Offered events are offered operations times the run's mean events per completed operation. */
export function throughput(journal: JournalReader): Throughput {
  const windows = bankWindows(journal);
  const binMs = windows.reduce((longest, window) => Math.max(longest, window.windowMs), 1);
  const okCount = windows.reduce((sum, window) => sum + window.ok, 0);
  const eventCount = windows.reduce((sum, window) => sum + window.events, 0);
  const eventsPerOperation = okCount === 0 ? 0 : eventCount / okCount;
  return {
    offered:
      eventsPerOperation === 0
        ? []
        : ratePoints(windows, binMs, (window) => window.offered * eventsPerOperation),
    achieved: ratePoints(windows, binMs, (window) => window.events),
  };
}

export interface QueryOutcomes {
  readonly ok: readonly Point[];
  readonly notOk: readonly Point[];
}

/** Queries per second; failed, unknown and dropped are all "not ok". */
export function queryOutcomes(journal: JournalReader, binMs: number): QueryOutcomes {
  const windows = queryWindows(journal);
  return {
    ok: ratePoints(windows, binMs, (window) => window.ok),
    notOk: ratePoints(windows, binMs, (window) => window.failed + window.unknown + window.dropped),
  };
}

export interface Freshness {
  /** Seconds from the intended write to first seen, at the time of the intended write. */
  readonly seen: readonly Point[];
  readonly censored: readonly Point[];
}

export function freshness(journal: JournalReader): Freshness {
  return {
    seen: journal
      .of("canary.seen")
      .map((canary) => ({
        xMs: canary.intendedMs,
        y: (canary.visibleMs - canary.intendedMs) / 1000,
      }))
      .sort(byTime),
    censored: journal
      .of("canary.censored")
      .map((canary) => ({ xMs: canary.intendedMs, y: canary.ageMs / 1000 }))
      .sort(byTime),
  };
}

export interface Latency {
  readonly name: string;
  /** Set for queries. */
  readonly queryClass?: string;
  readonly p50: readonly Point[];
  readonly p95: readonly Point[];
  readonly count: number;
  /** Of queries; empty for the bank, whose writes all look alike. */
  readonly cells: readonly HeatCell[];
}

/** One entry a workload and class, the bank first. Milliseconds. */
export function latencies(journal: JournalReader, binMs: number): readonly Latency[] {
  const groups = Map.groupBy(journal.of("latency.window"), (window) =>
    window.class === undefined ? window.workload : `${window.workload} ${window.class}`,
  );
  return [...groups]
    .map(([name, windows]) => latencyOf(name, windows, binMs))
    .sort((one, other) => rankOf(one) - rankOf(other));
}

const QUERY_ORDER = ["simple", "medium", "complex", "large"];
const rankOf = (latency: Latency): number => QUERY_ORDER.indexOf(latency.queryClass ?? "");

function latencyOf(
  name: string,
  windows: readonly EventOf<"latency.window">[],
  binMs: number,
): Latency {
  const bins = Map.groupBy(windows, (window) => Math.floor(window.fromMs / binMs));
  const p50: Point[] = [];
  const p95: Point[] = [];
  const cells: HeatCell[] = [];
  const merged = new HistogramSum();
  for (const [bin, own] of [...bins].sort(([one], [other]) => one - other)) {
    mergeWindows(own, merged);
    if (merged.totalCount === 0) continue;
    const xMs = (bin + 0.5) * binMs;
    p50.push({ xMs, y: merged.percentileMs(50) });
    p95.push({ xMs, y: merged.percentileMs(95) });
    if (own[0]?.class !== undefined) cells.push(...heatCells(merged, bin * binMs));
  }
  const queryClass = windows[0]?.class;
  return {
    name,
    ...(isQueryClass(queryClass) && queryClass !== undefined ? { queryClass } : {}),
    p50,
    p95,
    cells,
    count: windows.reduce((sum, window) => sum + window.count, 0),
  };
}

function heatCells(sum: HistogramSum, fromMs: number): readonly HeatCell[] {
  const counts = new Map<number, number>();
  sum.each((valueMs, count) => {
    const row = Math.floor(Math.log10(valueMs) * HEAT_ROWS_PER_DECADE);
    counts.set(row, (counts.get(row) ?? 0) + count);
  });
  return [...counts].map(([row, count]) => ({ fromMs, row, count }));
}

export interface ProbeSeries {
  readonly probe: string;
  readonly unit: Unit;
  readonly points: readonly Point[];
}

/** Samples of every probe whose name the predicate takes. */
export function probes(
  journal: JournalReader,
  wanted: (probe: string) => boolean,
): readonly ProbeSeries[] {
  const samples = journal.of("sample.taken").filter((sample) => wanted(sample.probe));
  const groups = Map.groupBy(samples, (sample) => `${sample.probe}\n${sample.observed.unit}`);
  return [...groups.values()].flatMap((own) => {
    const [first] = own;
    if (first === undefined) return [];
    const points = own.map((sample) => ({ xMs: sample.atMs, y: sample.observed.value }));
    return [{ probe: first.probe, unit: first.observed.unit, points: points.sort(byTime) }];
  });
}

export interface MemorySeries {
  readonly instanceId: string;
  readonly points: readonly Point[];
}

/** Resident MiB of each instance. */
export function memory(journal: JournalReader): readonly MemorySeries[] {
  const groups = Map.groupBy(journal.of("instance.memory"), (event) => event.instanceId);
  return [...groups].map(([instanceId, own]) => ({
    instanceId,
    points: own.map((event) => ({ xMs: event.atMs, y: event.rssBytes / 2 ** 20 })).sort(byTime),
  }));
}
