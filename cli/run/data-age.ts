/** How old the lake is now, told from the canaries: also while none arrives, when the last one's age says nothing. */
import type { JournalEvent } from "../../core/contracts/journal.ts";

export class DataAge {
  readonly #gapMs: number;
  /** Canaries are numbered from 0 in the order they are written; all below this one are accounted for. */
  #next = 0;
  readonly #ahead = new Set<number>();
  #firstIntendedMs: number | undefined;
  #lastSeenMs = 0;

  /** `ratePerS`: how many canaries are written a second. */
  constructor(ratePerS: number) {
    this.#gapMs = 1000 / ratePerS;
  }

  follow(event: JournalEvent): void {
    if (event.kind !== "canary.seen" && event.kind !== "canary.censored") return;
    this.#firstIntendedMs ??= event.intendedMs - event.canary * this.#gapMs;
    if (event.kind === "canary.seen") this.#lastSeenMs = event.visibleMs - event.intendedMs;
    this.#ahead.add(event.canary);
    while (this.#ahead.delete(this.#next)) this.#next += 1;
  }

  /** Age of the oldest canary that is not readable yet, or of the last that became so where that was older. */
  at(nowMs: number): number | undefined {
    if (this.#firstIntendedMs === undefined) return undefined;
    const oldestMs = this.#firstIntendedMs + this.#next * this.#gapMs;
    return Math.max(this.#lastSeenMs, nowMs - oldestMs);
  }
}

export function ageText(ageMs: number | undefined): string {
  return ageMs === undefined ? "–" : `${(ageMs / 1000).toFixed(1)} s`;
}
