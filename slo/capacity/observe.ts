/** What a window of a journal showed. Pure: the events of one step in, one account out. */
import type { EventOf, JournalEvent, JournalKind } from "../../core/contracts/journal.ts";
import { mergeHistograms } from "../../core/histogram.ts";
import type { StepSeen } from "./judge-step.ts";
import type { Point } from "./trend.ts";

export interface StepFrame {
  readonly ratePerS: number;
  /** Mean change events an operation carries: turns the rate into operations. */
  readonly eventsPerOperation: number;
  /** Whole seconds of run time. */
  readonly fromMs: number;
  readonly toMs: number;
  /** False where the load went past the pipeline: then its lags mean nothing. */
  readonly hasPipeline: boolean;
}

export interface WindowSeen extends StepSeen {
  /** Change events a second of the operations that were done. */
  readonly achievedPerS: number;
  readonly latencyMsP99: number;
}

/** Blind samples in a window before it cannot carry a verdict: one retry of a tap is no news. */
const BLIND_COUNT_MAX = 3;

export function observeStep(events: readonly JournalEvent[], frame: StepFrame): WindowSeen {
  const { fromMs, toMs, ratePerS } = frame;
  const of = <K extends JournalKind>(kind: K): readonly EventOf<K>[] =>
    events.filter((event): event is EventOf<K> => event.kind === kind);
  const windows = of("load.window").filter((window) => isBank(window, frame));
  const sum = (count: (window: EventOf<"load.window">) => number): number =>
    windows.reduce((total, window) => total + count(window), 0);
  const histograms = of("latency.window").filter((window) => isBank(window, frame));
  const merged = mergeHistograms(histograms.map((window) => window.histogramUs));
  const seconds = (toMs - fromMs) / 1000;
  const samples = of("sample.taken").filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
  const series = (probe: string): readonly Point[] =>
    samples
      .filter((sample) => sample.probe === probe)
      .map(({ atMs, observed }) => ({ atMs, value: observed.value }));
  return {
    ratePerS,
    dueCount: (ratePerS / frame.eventsPerOperation) * seconds,
    settledCount: sum((window) => window.ok + window.failed + window.unknown),
    failedCount: sum((window) => window.failed + window.unknown + window.dropped),
    latencyMsP95: merged.totalCount === 0 ? 0 : merged.percentileMs(95),
    latencyMsP99: merged.totalCount === 0 ? 0 : merged.percentileMs(99),
    freshnessMsP95: freshnessOf(of("canary.seen"), of("canary.censored"), frame),
    decoding: decodingOf(series("decoder.lagBytes"), series("decoder.walBytes")),
    connectorLagEvents: frame.hasPipeline ? series("kafka.lagEvents") : [],
    lakeLagEvents: frame.hasPipeline ? series("lake.lagEvents") : [],
    generator: {
      cpuRatio: median(series("generator.cpuRatio")),
      loopDelayMsP99: median(series("generator.eventLoopDelayMsP99")),
    },
    blindBecause: blindness(of("probe.blind"), frame),
    achievedPerS: sum((window) => window.events) / seconds,
  };
}

function isBank(
  window: { readonly workload: string; readonly fromMs: number },
  { fromMs, toMs }: StepFrame,
): boolean {
  return window.workload === "bank" && window.fromMs >= fromMs && window.fromMs < toMs;
}

/** A canary that was never seen counts at the age it had when nobody looked any more. */
function freshnessOf(
  seen: readonly EventOf<"canary.seen">[],
  censored: readonly EventOf<"canary.censored">[],
  { fromMs, toMs }: StepFrame,
): number | undefined {
  const inside = ({ intendedMs }: { readonly intendedMs: number }): boolean =>
    intendedMs >= fromMs && intendedMs < toMs;
  const agesMs = [
    ...seen.filter(inside).map(({ visibleMs, intendedMs }) => visibleMs - intendedMs),
    ...censored.filter(inside).map(({ ageMs }) => ageMs),
  ].sort((a, b) => a - b);
  if (agesMs.length === 0) return undefined;
  return agesMs[Math.ceil(agesMs.length * 0.95) - 1];
}

function decodingOf(lagBytes: readonly Point[], walBytes: readonly Point[]): StepSeen["decoding"] {
  const [first, last] = [walBytes[0], walBytes.at(-1)];
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return undefined;
  const walBytesPerS = (last.value - first.value) / ((last.atMs - first.atMs) / 1000);
  return { lagBytes, walBytesPerS };
}

function median(points: readonly Point[]): number {
  const values = points.map(({ value }) => value).sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)] ?? 0;
}

/** Only what the criteria are made from: Flink's page may be slow under load without making us blind. */
function blindness(
  blind: readonly EventOf<"probe.blind">[],
  { fromMs, toMs }: StepFrame,
): string | undefined {
  const needed = blind.filter(
    ({ atMs, probe }) => atMs >= fromMs && atMs < toMs && ["kafka.tap", "decoder"].includes(probe),
  );
  const [first] = needed;
  if (first === undefined || needed.length <= BLIND_COUNT_MAX) return undefined;
  return `${first.probe} was blind ${String(needed.length)} times: ${first.reason}`;
}
