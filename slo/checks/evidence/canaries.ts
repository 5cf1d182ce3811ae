/** Canary rows as freshness samples: seen, never seen, and those that should have been written and were not. */
import type { JournalReader } from "../../../core/contracts/journal.ts";
import type { ObjectiveWindow } from "../../../core/contracts/slo.ts";
import { within, type Interval } from "../../../core/timeline.ts";
import { excludedWindows, intervalsOf } from "./time.ts";

export interface CanarySample {
  readonly canary: number;
  readonly intendedMs: number;
  /** From the intended write to the first sight; the age so far when never seen. */
  readonly freshnessMs: number;
  readonly censored: boolean;
  readonly bad: boolean;
}

export interface CanaryEvidence {
  /** Samples of the window in the order of their intended write. */
  readonly samples: readonly CanarySample[];
  /** Intended in steady time, but a fault set in before they were visible or late. None in other windows. */
  readonly overlapping: readonly CanarySample[];
  /** Intended times within the window at which no canary was written. */
  readonly missingMs: readonly number[];
}

export function canaryEvidence(
  journal: JournalReader,
  targetMs: number,
  window: ObjectiveWindow = "steady",
): CanaryEvidence {
  const all = allCanaries(journal, targetMs);
  const counted = countedOf(journal, window);
  // A window that has the faults in it has their delays in it too.
  const excluded = window === "steady" ? excludedWindows(journal) : [];
  const samples: CanarySample[] = [];
  const overlapping: CanarySample[] = [];
  for (const sample of all) {
    if (!within(sample.intendedMs, counted)) continue;
    // Late before the fault set in is late; and what was never seen at all has no excuse.
    const decidedMs = sample.intendedMs + Math.min(sample.freshnessMs, targetMs);
    const delayed =
      !sample.censored &&
      excluded.some((window) => window.fromMs < decidedMs && window.toMs > sample.intendedMs);
    (delayed ? overlapping : samples).push(sample);
  }
  return { samples, overlapping, missingMs: missingTicks(journal, all, counted) };
}

/** Every objective and every capability asks, and a day has a canary a second. */
const ALL = new WeakMap<JournalReader, Map<number, readonly CanarySample[]>>();

function allCanaries(journal: JournalReader, targetMs: number): readonly CanarySample[] {
  const known = ALL.get(journal) ?? new Map<number, readonly CanarySample[]>();
  ALL.set(journal, known);
  const samples = known.get(targetMs) ?? samplesOf(journal, targetMs);
  known.set(targetMs, samples);
  return samples;
}

function samplesOf(journal: JournalReader, targetMs: number): readonly CanarySample[] {
  const byId = new Map<string, CanarySample>();
  for (const event of journal.of("canary.seen")) {
    const freshnessMs = event.visibleMs - event.intendedMs;
    byId.set(idOf(event), {
      canary: event.canary,
      intendedMs: event.intendedMs,
      freshnessMs,
      censored: false,
      bad: freshnessMs >= targetMs,
    });
  }
  for (const event of journal.of("canary.censored")) {
    if (byId.has(idOf(event))) continue;
    byId.set(idOf(event), {
      canary: event.canary,
      intendedMs: event.intendedMs,
      freshnessMs: event.ageMs,
      censored: true,
      bad: true,
    });
  }
  return [...byId.values()].sort((a, b) => a.intendedMs - b.intendedMs);
}

function idOf(event: { canary: number; table: string; partition: number }): string {
  return `${event.table}/${String(event.partition)}/${String(event.canary)}`;
}

/** The last period before the load stops is left out: its canary may or may not have been written. */
function countedOf(journal: JournalReader, window: ObjectiveWindow): readonly Interval[] {
  const counted = intervalsOf(journal, window, 0);
  const last = counted.at(-1);
  if (last === undefined || journal.plan.canary.ratePerS <= 0) return counted;
  const toMs = last.toMs - 1000 / journal.plan.canary.ratePerS;
  return [...counted.slice(0, -1), { fromMs: last.fromMs, toMs: Math.max(last.fromMs, toMs) }];
}

/** Canaries are written on a fixed beat, so a beat without one is known to the millisecond. */
function missingTicks(
  journal: JournalReader,
  canaries: readonly CanarySample[],
  counted: readonly Interval[],
): readonly number[] {
  const first = canaries[0];
  const last = canaries.at(-1);
  const start = counted[0];
  const end = counted.at(-1);
  if (first === undefined || last === undefined || start === undefined || end === undefined) {
    return [];
  }
  const periodMs = 1000 / journal.plan.canary.ratePerS;
  const missing: number[] = [];
  const miss = (atMs: number): void => {
    if (within(atMs, counted)) missing.push(atMs);
  };
  for (let atMs = first.intendedMs - periodMs; atMs >= start.fromMs; atMs -= periodMs) miss(atMs);
  for (const [index, canary] of canaries.entries()) {
    const next = canaries[index + 1];
    if (next === undefined) break;
    const count = Math.round((next.intendedMs - canary.intendedMs) / periodMs) - 1;
    for (let beat = 1; beat <= count; beat += 1) miss(canary.intendedMs + beat * periodMs);
  }
  for (let atMs = last.intendedMs + periodMs; atMs < end.toMs; atMs += periodMs) miss(atMs);
  return missing.sort((a, b) => a - b);
}
