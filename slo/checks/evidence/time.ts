/** The stretches of a run in which an objective's samples count. */
import type { JournalReader } from "../../../core/contracts/journal.ts";
import type { ObjectiveWindow } from "../../../core/contracts/slo.ts";
import {
  faultWindows,
  measuredIntervals,
  phaseIntervals,
  subtract,
  type FaultWindow,
  type Interval,
} from "../../../core/timeline.ts";

/** Fault windows in which the objectives are not owed: beyond or at the edge of the design. */
export function excludedWindows(journal: JournalReader): readonly FaultWindow[] {
  return faultWindows(journal).filter((window) => window.faultClass !== "W");
}

/** Phases that follow each other directly become one interval, so that no sample falls on a seam. */
function joined(intervals: readonly Interval[]): readonly Interval[] {
  const result: Interval[] = [];
  for (const interval of intervals) {
    const last = result.at(-1);
    if (last?.toMs === interval.fromMs) {
      result[result.length - 1] = { fromMs: last.fromMs, toMs: interval.toMs };
    } else {
      result.push({ fromMs: interval.fromMs, toMs: interval.toMs });
    }
  }
  return result;
}

export function wholeIntervals(journal: JournalReader): readonly Interval[] {
  return joined(measuredIntervals(journal));
}

/**
 * Steady time. `marginMs` before each excluded fault is left out as well: an operation still under way
 * when the fault strikes is cut by the fault, not by the system at rest.
 */
export function steadyWithMargin(journal: JournalReader, marginMs: number): readonly Interval[] {
  const cuts = excludedWindows(journal).map((window) => ({
    fromMs: window.fromMs - marginMs,
    toMs: window.toMs,
  }));
  return wholeIntervals(journal).flatMap((interval) => subtract(interval, cuts));
}

export function intervalsOf(
  journal: JournalReader,
  window: ObjectiveWindow,
  marginMs: number,
): readonly Interval[] {
  switch (window) {
    case "whole":
      return wholeIntervals(journal);
    case "steady":
      return steadyWithMargin(journal, marginMs);
    case "control":
    case "measure":
      return joined(phaseIntervals(journal).filter(({ phase }) => phase === window));
    case "faults.W":
    case "faults.B":
    case "faults.X": {
      const own = faultWindows(journal).filter(
        ({ faultClass }) => `faults.${faultClass}` === window,
      );
      return own.flatMap((fault) => common(fault, wholeIntervals(journal)));
    }
  }
}

/** The part of one interval that lies within others. */
export function common(one: Interval, others: readonly Interval[]): readonly Interval[] {
  return others
    .map(({ fromMs, toMs }) => ({
      fromMs: Math.max(one.fromMs, fromMs),
      toMs: Math.min(one.toMs, toMs),
    }))
    .filter(({ fromMs, toMs }) => toMs > fromMs);
}
