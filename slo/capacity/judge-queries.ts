/** One window of the query mix: what the journal showed of it, and whether each class keeps its objective. Pure. */
import type { StepCriterion } from "../../core/contracts/capacity.ts";
import type { EventOf, JournalEvent, JournalKind } from "../../core/contracts/journal.ts";
import type { QueryClassName } from "../../core/contracts/plan.ts";
import { mergeHistograms } from "../../core/histogram.ts";
import { latencyBesideMs } from "./judge-kafka.ts";
import {
  criterion,
  doneCriteria,
  judgeCriteria,
  type JudgedStep,
  type LoadSeen,
} from "./judge-step.ts";

export interface QueryClassWish {
  readonly name: QueryClassName;
  /** Its share of the mix's rate. */
  readonly ratePerS: number;
  /** Of the 95th percentile. */
  readonly targetMs: number;
  /** Queries that can be under way at once. */
  readonly vuCount: number;
  /** So many were not to be had that could be told from queries too slow. */
  readonly isCapped: boolean;
}

export interface QueryFrame {
  readonly classes: readonly QueryClassWish[];
  /** Whole seconds of run time. */
  readonly fromMs: number;
  readonly toMs: number;
  /** How long was waited after the window for what was due in it. */
  readonly graceMs: number;
  readonly cpuCount: number;
}

interface QueryClassSeen {
  readonly name: QueryClassName;
  readonly targetMs: number;
  readonly latencyMsP95: number;
}

export interface QueriesSeen extends LoadSeen {
  readonly classes: readonly QueryClassSeen[];
  /** Queries a second of the window that ended well. */
  readonly achievedPerS: number;
}

/** Users of all classes together, each a few MiB of k6. */
const VU_COUNT_MAX = 400;
const VU_COUNT_MIN = 8;
/** By Little's law a class that needs more than this many times rate × target is over its target in the mean. */
const VU_MARGIN_RATIO = 1.5;

interface MixClass {
  readonly name: QueryClassName;
  readonly ratePerS: number;
  readonly targetMs: number;
}

/** The mix at another rate in all, in the same proportions, and with users enough for answers at their targets. */
export function mixAt(mix: readonly MixClass[], ratePerS: number): readonly QueryClassWish[] {
  const total = mix.reduce((sum, one) => sum + one.ratePerS, 0);
  const wanted = mix.map(({ name, targetMs, ...one }) => {
    const rate = (one.ratePerS / total) * ratePerS;
    const vuCount = Math.ceil(rate * (targetMs / 1000) * VU_MARGIN_RATIO) + VU_COUNT_MIN;
    return { name, targetMs, ratePerS: rate, vuCount };
  });
  const scale = Math.min(1, VU_COUNT_MAX / wanted.reduce((sum, { vuCount }) => sum + vuCount, 0));
  return wanted.map((one) => ({
    ...one,
    vuCount: Math.max(VU_COUNT_MIN, Math.floor(one.vuCount * scale)),
    isCapped: scale < 1,
  }));
}

export function observeQueries(events: readonly JournalEvent[], frame: QueryFrame): QueriesSeen {
  const { classes, fromMs, toMs, graceMs } = frame;
  const seconds = (toMs - fromMs) / 1000;
  const of = <K extends JournalKind>(kind: K): readonly EventOf<K>[] =>
    events.filter((event): event is EventOf<K> => event.kind === kind);
  const isOwn = (window: EventOf<"load.window"> | EventOf<"latency.window">): boolean =>
    window.workload === "queries" && window.fromMs >= fromMs && window.fromMs < toMs;
  const loads = of("load.window").filter(isOwn);
  const histograms = of("latency.window").filter(isOwn);
  const sum = (count: (window: EventOf<"load.window">) => number): number =>
    loads.reduce((total, window) => total + count(window), 0);
  const k6 = of("sample.taken").filter(
    ({ probe, atMs }) => probe === "k6.cpuRatio" && atMs >= fromMs && atMs < toMs,
  );
  const ratePerS = classes.reduce((total, one) => total + one.ratePerS, 0);
  return {
    ratePerS,
    dueCount: ratePerS * seconds,
    // Those of unknown outcome were still under way when k6 was ended.
    settledCount: sum((window) => window.ok + window.failed),
    failedCount: sum((window) => window.failed),
    classes: classes.map(({ name, targetMs }) => {
      const own = loads.filter((window) => window.class === name);
      const droppedCount = own.reduce((total, { dropped }) => total + dropped, 0);
      const merged = mergeHistograms(
        histograms.filter((window) => window.class === name).map((window) => window.histogramUs),
      );
      const waitedMs = toMs - fromMs + graceMs;
      return { name, targetMs, latencyMsP95: latencyBesideMs(merged, droppedCount, 95, waitedMs) };
    }),
    generator: { cpuRatio: medianOf(k6) / frame.cpuCount, loopDelayMsP99: 0 },
    blindBecause: blindness(of("probe.blind"), loads, classes),
    achievedPerS: sum((window) => window.ok) / seconds,
  };
}

function medianOf(samples: readonly EventOf<"sample.taken">[]): number {
  const values = samples.map(({ observed }) => observed.value).sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)] ?? 0;
}

/** Queries that found no free user say something about Trino only where there were users enough for its targets. */
function blindness(
  blind: readonly EventOf<"probe.blind">[],
  loads: readonly EventOf<"load.window">[],
  classes: readonly QueryClassWish[],
): string | undefined {
  const died = blind.find(({ probe }) => probe === "k6");
  if (died !== undefined) return died.reason;
  const short = classes.find(
    ({ name, isCapped }) =>
      isCapped && loads.some((window) => window.class === name && window.dropped > 0),
  );
  if (short === undefined) return undefined;
  return `k6 may have ${String(VU_COUNT_MAX)} users, and ${short.name} queries found none of their ${String(short.vuCount)} free`;
}

/** Each class against its own objective; whatever else is slow, a class without a query says nothing. */
export function judgeQueries(seen: QueriesSeen): JudgedStep {
  const criteria: readonly StepCriterion[] = [
    ...doneCriteria({ stage: "trino", id: "queries", what: "queries" }, seen),
    ...seen.classes.map(({ name, targetMs, latencyMsP95 }) =>
      criterion(
        { stage: "trino", id: `queries.latency.${name}`, title: `p95 of ${name} queries` },
        { value: latencyMsP95, unit: "ms" },
        targetMs,
      ),
    ),
  ];
  return judgeCriteria("trino", criteria, seen);
}
