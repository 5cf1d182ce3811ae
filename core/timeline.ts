/** Which stretch of time is what: phases, fault windows, steady time. Shared by checks and reports. */
import type { EventOf, JournalReader } from "./contracts/journal.ts";
import type { Phase } from "./contracts/plan.ts";
import type { FaultClass, FaultEntry } from "./contracts/fault.ts";

export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface PhaseInterval extends Interval {
  readonly phase: Phase;
}

export interface FaultWindow extends Interval {
  readonly entry: FaultEntry;
  readonly faultClass: FaultClass;
  /** Undo applied; absent when the journal ends before. */
  readonly healedMs?: number;
  /** Pipeline seen working again end to end; absent when it never was. */
  readonly recoveredMs?: number;
  readonly recoveryMs?: number;
  readonly evidence: readonly string[];
  readonly failure?: string;
}

export function phaseIntervals(journal: JournalReader): readonly PhaseInterval[] {
  const entered = journal.of("phase.entered");
  return entered.map((event, index) => ({
    phase: event.phase,
    fromMs: event.atMs,
    toMs: entered[index + 1]?.atMs ?? journal.endMs,
  }));
}

/** Those that the run owed: all of its plan, or, of a game day's menu, those that somebody chose. */
export function owedFaults(journal: JournalReader): readonly FaultEntry[] {
  const { faults, gameDay } = journal.plan;
  if (gameDay === undefined) return faults;
  const chosen = new Set(journal.of("gameday.chosen").map(({ id }) => id));
  return faults.filter(({ id }) => chosen.has(id));
}

/** One window per planned fault that was at least begun, from injection to recovery (or the journal's end). */
export function faultWindows(journal: JournalReader): readonly FaultWindow[] {
  const changes = journal.of("fault.changed");
  return journal.plan.faults.flatMap((entry) => {
    const own = changes.filter((change) => change.id === entry.id);
    const begun = own.find((change) => change.state === "injecting");
    return begun === undefined ? [] : [windowOf(entry, own, begun.atMs, journal.endMs)];
  });
}

function windowOf(
  entry: FaultEntry,
  changes: readonly EventOf<"fault.changed">[],
  fromMs: number,
  endMs: number,
): FaultWindow {
  const healed = changes.find((change) => change.state === "healed");
  const recovered = changes.find((change) => change.state === "recovered");
  const failed = changes.find((change) => change.state === "failed");
  return {
    entry,
    faultClass: entry.faultClass,
    fromMs,
    toMs: recovered?.atMs ?? endMs,
    evidence: changes.flatMap((change) => change.evidence ?? []),
    ...(healed === undefined ? {} : { healedMs: healed.atMs }),
    ...(recovered === undefined ? {} : { recoveredMs: recovered.atMs }),
    ...(recovered?.recoveryMs === undefined ? {} : { recoveryMs: recovered.recoveryMs }),
    ...(failed?.reason === undefined ? {} : { failure: failed.reason }),
  };
}

/**
 * Control and measure time outside every class X or B window: where the objectives must hold.
 * Class W windows stay in, because within its design the system owes its objectives.
 */
export function steadyIntervals(journal: JournalReader): readonly Interval[] {
  const measured = phaseIntervals(journal).filter(
    (interval) => interval.phase === "control" || interval.phase === "measure",
  );
  const excluded = faultWindows(journal).filter((window) => window.faultClass !== "W");
  return measured.flatMap((interval) => subtract(interval, excluded));
}

/** Control and measure time, with every fault in it. */
export function measuredIntervals(journal: JournalReader): readonly Interval[] {
  return phaseIntervals(journal).filter(
    (interval) => interval.phase === "control" || interval.phase === "measure",
  );
}

export function subtract(from: Interval, cuts: readonly Interval[]): readonly Interval[] {
  let rest: readonly Interval[] = [{ fromMs: from.fromMs, toMs: from.toMs }];
  for (const cut of cuts) {
    rest = rest.flatMap((piece) => {
      if (cut.toMs <= piece.fromMs || cut.fromMs >= piece.toMs) return [piece];
      const pieces: Interval[] = [];
      if (cut.fromMs > piece.fromMs) pieces.push({ fromMs: piece.fromMs, toMs: cut.fromMs });
      if (cut.toMs < piece.toMs) pieces.push({ fromMs: cut.toMs, toMs: piece.toMs });
      return pieces;
    });
  }
  return rest;
}

export function within(atMs: number, intervals: readonly Interval[]): boolean {
  // Asked for every event of a day: without a function for each.
  for (const { fromMs, toMs } of intervals) if (atMs >= fromMs && atMs < toMs) return true;
  return false;
}

export function totalMs(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, interval) => sum + interval.toMs - interval.fromMs, 0);
}
