/**
 * How long a reader of the lake may see one leg of a transfer only: the two legs are records of different
 * partitions, and may come with different commits. Drawn from the looks at the balances. Facts only.
 */
import type { EventOf, JournalReader } from "./contracts/journal.ts";

type Look = Pick<EventOf<"balances.seen">, "askedMs" | "seenMs" | "tornLanes" | "differenceMax">;

/**
 * Looks of one lane, one after the other, in which its sum was not the constant. Another transfer may have been
 * torn at each of them: then this is the time without a whole sum, and longer than any single transfer's.
 */
export interface TornWindow {
  readonly lane: number;
  readonly fromMs: number;
  /** Between the first and the last torn look: no shorter than this. 0 where there was one look only. */
  readonly tornMsMin: number;
  /** From the last whole look before to the first whole one after: no longer than this. */
  readonly tornMsMax: number;
  /** False: it was there at the first look, or still there at the last one, and may be longer than tornMsMax. */
  readonly isClosed: boolean;
}

export interface TornFigures {
  readonly lookCount: number;
  /** With at least one lane that differed. */
  readonly tornLookCount: number;
  /** The middle time from one look to the next: nothing shorter is told apart. */
  readonly lookIntervalMsP50: number;
  readonly windowCount: number;
  /** Windows whose beginning or end nobody saw. */
  readonly openWindowCount: number;
  /** Percentiles of the upper bounds, an open window at the length it had; 0 without any window. */
  readonly tornWindowMsP50: number;
  readonly tornWindowMsP95: number;
  readonly tornWindowMsMax: number;
  /** Of the longest lower bound: torn for at least so long. */
  readonly tornWindowMsMin: number;
  /** Cents, decimal text: the largest difference of one lane. */
  readonly differenceMax: string;
}

/** Undefined for a run that never looked. */
export function tornFigures(journal: JournalReader): TornFigures | undefined {
  const looks = journal.of("balances.seen");
  if (looks.length === 0) return undefined;
  const windows = tornWindows(looks);
  const lengths = windows.map((window) => window.tornMsMax);
  const intervals = looks.slice(1).map((look, index) => look.seenMs - (looks[index]?.seenMs ?? 0));
  return {
    lookCount: looks.length,
    tornLookCount: looks.filter((look) => look.tornLanes.length > 0).length,
    lookIntervalMsP50: percentile(intervals, 0.5),
    windowCount: windows.length,
    openWindowCount: windows.filter((window) => !window.isClosed).length,
    tornWindowMsP50: percentile(lengths, 0.5),
    tornWindowMsP95: percentile(lengths, 0.95),
    tornWindowMsMax: percentile(lengths, 1),
    tornWindowMsMin: percentile(
      windows.map((window) => window.tornMsMin),
      1,
    ),
    differenceMax: largest(looks.map((look) => look.differenceMax)),
  };
}

/** The windows of every lane, in the order in which they closed. Looks in the order of time. */
export function tornWindows(looks: readonly Look[]): readonly TornWindow[] {
  const windows: TornWindow[] = [];
  const open = new Map<number, { readonly first: number; last: number }>();
  const close = (lane: number, first: number, last: number): void => {
    windows.push(windowOf(looks, lane, first, last));
  };
  looks.forEach((look, index) => {
    const torn = new Set(look.tornLanes);
    for (const [lane, { first, last }] of open) {
      if (torn.has(lane)) continue;
      open.delete(lane);
      close(lane, first, last);
    }
    for (const lane of torn) {
      const own = open.get(lane);
      if (own === undefined) open.set(lane, { first: index, last: index });
      else own.last = index;
    }
  });
  for (const [lane, { first, last }] of open) close(lane, first, last);
  return windows;
}

function windowOf(
  looks: readonly Look[],
  lane: number,
  firstIndex: number,
  lastIndex: number,
): TornWindow {
  const [before, after] = [looks[firstIndex - 1], looks[lastIndex + 1]];
  const [first, last] = [looks[firstIndex], looks[lastIndex]];
  const fromMs = before?.askedMs ?? first?.askedMs ?? 0;
  const toMs = after?.seenMs ?? last?.seenMs ?? fromMs;
  return {
    lane,
    fromMs,
    tornMsMin: Math.max(0, (last?.askedMs ?? 0) - (first?.seenMs ?? 0)),
    tornMsMax: toMs - fromMs,
    isClosed: before !== undefined && after !== undefined,
  };
}

/** By nearest rank: always one that was measured. */
function percentile(values: readonly number[], ratio: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * ratio) - 1)] ?? 0;
}

/** A journal from elsewhere may hold anything, and a report must still render. */
function largest(texts: readonly string[]): string {
  const numbers = texts.filter((text) => /^\d+$/.test(text)).map(BigInt);
  return String(numbers.reduce((most, one) => (one > most ? one : most), 0n));
}
