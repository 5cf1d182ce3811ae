/**
 * Times a journal may name. What counts by the window divides by its length and makes one slot of each: a line with a
 * window of nothing, or one a century away, would keep a reader busy for ever.
 */
import type { JournalEvent } from "./contracts/journal.ts";

export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** Of a run: a month. */
export const TIME_MS: Bounds = { min: 0, max: 31 * 86_400_000 };
/** Of a window within it, which may have begun before the run did. */
export const FROM_MS: Bounds = { min: -86_400_000, max: TIME_MS.max };
export const WINDOW_MS: Bounds = { min: 100, max: 86_400_000 };

/** What cannot be in an event, as the end of a sentence that begins with its line; undefined where all can. */
export function outOfBounds(event: JournalEvent): string | undefined {
  const { kind, atMs } = event;
  const isWindow = kind === "load.window" || kind === "latency.window";
  return (
    told("atMs", atMs, TIME_MS) ??
    (isWindow
      ? (told("fromMs", event.fromMs, FROM_MS) ?? told("windowMs", event.windowMs, WINDOW_MS))
      : undefined)
  );
}

export function isWithin(value: unknown, { min, max }: Bounds): value is number {
  return typeof value === "number" && value >= min && value <= max;
}

function told(name: string, value: unknown, bounds: Bounds): string | undefined {
  if (isWithin(value, bounds)) return undefined;
  const { min, max } = bounds;
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return `has ${text} as ${name}, and allowed is ${String(min)} to ${String(max)}`;
}
