/** Samples in time: merged by the second for burn rates, and told apart by phase and fault window. */
import type { JournalReader } from "../../../core/contracts/journal.ts";
import type { Burn, WindowRow } from "../../../core/contracts/slo.ts";
import { faultWindows, type Interval } from "../../../core/timeline.ts";
import {
  budgetUsedRatio,
  burnRate,
  burnRateHistory,
  type BurnSlot,
} from "../../maths/burn-rate.ts";
import type { SampleGroup } from "../../maths/design-effect.ts";
import { judgeBadRatio } from "../../maths/judge-bad-ratio.ts";
import { intervalsOf } from "./time.ts";

/** Samples that were meant to be taken together. */
export interface TimedGroup extends SampleGroup {
  readonly fromMs: number;
  /** Certainly bad ones; `bad` has the doubtful and missing ones too. */
  readonly sureBad: number;
}

const SECOND_MS = 1000;

interface NamedWindow extends Interval {
  readonly name: string;
}

/**
 * One row a phase and a fault. A row judges only itself: the samples of a fault beyond the design are allowed to be
 * bad, and a phase of a minute may be too short to say anything.
 *
 * @param groups - of the whole measured time, in order, whatever part of it decides the objective
 */
export function windowRows(
  journal: JournalReader,
  groups: readonly TimedGroup[],
  badRatioMax: number,
): readonly WindowRow[] {
  return windowsOf(journal).map(({ name, fromMs, toMs }) => {
    const own = groups.slice(firstFrom(groups, fromMs), firstFrom(groups, toMs));
    const n = sum(own, (group) => group.n);
    const bad = Math.min(
      n,
      sum(own, (group) => group.bad),
    );
    const sureBad = Math.min(
      bad,
      sum(own, (group) => group.sureBad),
    );
    const input = { n, bad: sureBad, doubtful: bad - sureBad, groups: own, badRatioMax };
    const rate = burnRate(n, bad, badRatioMax);
    return {
      name,
      fromMs,
      toMs,
      n: rounded(n),
      bad: rounded(bad),
      status: n === 0 ? "INCONCLUSIVE" : judgeBadRatio(input).status,
      ...(rate === undefined ? {} : { burnRate: rate }),
    };
  });
}

/** Of groups in order, where those from this time on begin. */
function firstFrom(groups: readonly TimedGroup[], fromMs: number): number {
  let [low, high] = [0, groups.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((groups[middle]?.fromMs ?? Infinity) < fromMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function windowsOf(journal: JournalReader): readonly NamedWindow[] {
  const phases = (["control", "measure"] as const).flatMap((name) =>
    intervalsOf(journal, name, 0).map((interval) => ({ name, ...interval })),
  );
  const faults = faultWindows(journal).map(({ entry, fromMs, toMs }) => ({
    name: entry.id,
    fromMs,
    toMs,
  }));
  return [...phases, ...faults];
}

/** Undefined without a sample: a budget nobody drew from is not a budget that was kept. */
export function burnOf(
  groups: readonly TimedGroup[],
  badRatioMax: number,
  timeMs: number,
): Burn | undefined {
  const slots = secondsOf(groups);
  const n = sum(slots, (slot) => slot.n);
  const rate = burnRate(
    n,
    Math.min(
      n,
      sum(slots, (slot) => slot.bad),
    ),
    badRatioMax,
  );
  if (rate === undefined) return undefined;
  return {
    burnRate: rate,
    budgetUsedRatio: budgetUsedRatio(rate, timeMs),
    alerts: burnRateHistory(slots, badRatioMax).map(({ alert, firings, burnRateMax }) => ({
      name: alert.name,
      severity: alert.severity,
      burnRateMin: alert.burnRateMin,
      ...(burnRateMax === undefined ? {} : { burnRateMax }),
      firings,
    })),
  };
}

/** In order, one a second that had a sample. */
export function secondsOf(groups: readonly TimedGroup[]): readonly BurnSlot[] {
  const seconds: { fromMs: number; toMs: number; n: number; bad: number }[] = [];
  for (const group of inOrder(groups)) {
    const fromMs = secondOf(group) * SECOND_MS;
    let slot = seconds.at(-1);
    if (slot?.fromMs !== fromMs) {
      slot = { fromMs, toMs: fromMs + SECOND_MS, n: 0, bad: 0 };
      seconds.push(slot);
    }
    slot.n += group.n;
    slot.bad += group.bad;
  }
  // Fractions of missing samples may add up to a last digit more than there are.
  for (const slot of seconds) slot.bad = Math.min(slot.n, slot.bad);
  return seconds;
}

function secondOf({ fromMs }: TimedGroup): number {
  return Math.floor(fromMs / SECOND_MS);
}

/** Within a second as they were given. */
function inOrder(groups: readonly TimedGroup[]): readonly TimedGroup[] {
  const isAscending = groups.every(
    (group, index) => index === 0 || secondOf(groups[index - 1] ?? group) <= secondOf(group),
  );
  return isAscending ? groups : groups.toSorted((a, b) => secondOf(a) - secondOf(b));
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

/** Missing samples may be spread in fractions. */
function rounded(count: number): number {
  return Math.round(count * 10) / 10;
}
