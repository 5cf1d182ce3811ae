/** Figures several reports need, drawn from the journal once. Facts only: nothing here judges. */
import type { EventOf, JournalReader } from "../core/contracts/journal.ts";
import { mergeWindows } from "../core/journal-table.ts";
import {
  faultWindows,
  measuredIntervals,
  owedFaults,
  steadyIntervals,
  totalMs,
  within,
} from "../core/timeline.ts";
import { anomalyCounts, hopTotals } from "./ledger.ts";

export interface RunFacts {
  readonly durationMs: number;
  readonly endReason: string;
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
  readonly eventsAcknowledged: number;
  /** Absent when the differential was never taken. */
  readonly lostCount?: number;
  readonly duplicatedCount?: number;
  /** Absent without canaries in steady time. */
  readonly freshness?: {
    readonly ageMsP95: number;
    /** The percentile falls on a canary that was never seen: the true value is larger. */
    readonly censored: boolean;
    readonly canaryCount: number;
  };
  readonly achieved?: { readonly rateEventsPerS: number; readonly overMs: number };
  readonly faultCountPlanned: number;
  readonly faultCountEvidenced: number;
}

/** By journal: every report asks. */
const FACTS = new WeakMap<JournalReader, RunFacts>();

export function runFacts(journal: JournalReader): RunFacts {
  const facts = FACTS.get(journal) ?? factsNow(journal);
  FACTS.set(journal, facts);
  return facts;
}

function factsNow(journal: JournalReader): RunFacts {
  const ended = journal.of("run.ended").at(-1);
  const freshness = freshnessOf(journal);
  const achieved = achievedOf(journal);
  const error = ended?.error;
  return {
    durationMs: journal.endMs,
    endReason: ended?.reason ?? "cut off",
    ...(error === undefined ? {} : { error }),
    ...integrityOf(journal),
    ...(freshness === undefined ? {} : { freshness }),
    ...(achieved === undefined ? {} : { achieved }),
    faultCountPlanned: owedFaults(journal).length,
    faultCountEvidenced: faultWindows(journal).filter((window) => window.evidence.length > 0)
      .length,
  };
}

type Integrity = Pick<RunFacts, "eventsAcknowledged" | "lostCount" | "duplicatedCount">;

function integrityOf(journal: JournalReader): Integrity {
  const totals = hopTotals(journal);
  const acknowledged = totals.find((total) => total.hop === "acknowledged");
  const counts = anomalyCounts(journal);
  const compared = totals.some((total) => total.hop !== "acknowledged");
  const ofLoad = bankWindows(journal).reduce((sum, window) => sum + window.events, 0);
  // Only the first findings of a kind are listed; what a hop lacks altogether is at least lost there.
  const lacking = totals.map(
    ({ distinctCount }) => (acknowledged?.distinctCount ?? 0) - distinctCount,
  );
  return {
    eventsAcknowledged: acknowledged?.distinctCount ?? ofLoad,
    ...(compared || counts.size > 0
      ? {
          lostCount: Math.max(counts.get("lost") ?? 0, ...lacking),
          duplicatedCount: counts.get("duplicated") ?? 0,
        }
      : {}),
  };
}

/** From the intended write to first seen through the reader; steady time only. */
function freshnessOf(journal: JournalReader): RunFacts["freshness"] {
  const steady = steadyIntervals(journal);
  const seen = journal
    .of("canary.seen")
    .filter((canary) => within(canary.intendedMs, steady))
    .map((canary) => ({ ageMs: canary.visibleMs - canary.intendedMs, censored: false }));
  const unseen = journal
    .of("canary.censored")
    .filter((canary) => within(canary.intendedMs, steady))
    .map((canary) => ({ ageMs: canary.ageMs, censored: true }));
  // A canary that was never seen is older than every one that was, whatever age it had when we stopped looking.
  const byAge = [
    ...seen.sort((a, b) => a.ageMs - b.ageMs),
    ...unseen.sort((a, b) => a.ageMs - b.ageMs),
  ];
  const chosen = byAge[Math.ceil(byAge.length * 0.95) - 1];
  return chosen === undefined
    ? undefined
    : { ageMsP95: chosen.ageMs, censored: chosen.censored, canaryCount: byAge.length };
}

function achievedOf(journal: JournalReader): RunFacts["achieved"] {
  const measured = measuredIntervals(journal);
  const overMs = totalMs(measured);
  const windows = bankWindows(journal).filter((window) => within(window.fromMs, measured));
  if (overMs <= 0 || windows.length === 0) return undefined;
  const events = windows.reduce((sum, window) => sum + window.events, 0);
  return { rateEventsPerS: (events * 1000) / overMs, overMs };
}

export interface QueryLatency {
  readonly latencyMsP95: number;
  readonly count: number;
}

/** All query classes together, in steady time. Apart from the other facts, because merging takes its time. */
export function queryLatency(journal: JournalReader): QueryLatency | undefined {
  const steady = steadyIntervals(journal);
  const windows = journal
    .of("latency.window")
    .filter((window) => isQueryClass(window.class) && within(window.fromMs, steady));
  if (windows.length === 0) return undefined;
  const merged = mergeWindows(windows);
  if (merged.totalCount === 0) return undefined;
  return { latencyMsP95: merged.percentileMs(95), count: merged.totalCount };
}

const QUERY_CLASSES: readonly string[] = ["simple", "medium", "complex", "large"];

export function isQueryClass(name: string | undefined): boolean {
  return name !== undefined && QUERY_CLASSES.includes(name);
}

export function bankWindows(journal: JournalReader): readonly EventOf<"load.window">[] {
  return journal.of("load.window").filter((window) => window.class === undefined);
}

export function queryWindows(journal: JournalReader): readonly EventOf<"load.window">[] {
  return journal.of("load.window").filter((window) => window.class !== undefined);
}
