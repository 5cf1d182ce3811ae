/** Contiguous sequence numbers of one lane with the same outcome, kept as ranges: O(changes of outcome). */
import type { Outcome } from "./contracts/values.ts";

export interface SettledRange {
  readonly lane: number;
  readonly seqMin: number;
  readonly seqMax: number;
  readonly outcome: Outcome;
}

interface Open {
  seqMin: number;
  seqMax: number;
  outcome: Outcome;
}

export class SettledRanges {
  readonly #open = new Map<number, Open>();
  readonly #close: (range: SettledRange) => void;

  /** `close` is told each range once nothing can be added to it any more. */
  constructor(close: (range: SettledRange) => void) {
    this.#close = close;
  }

  settle(lane: number, seqMin: number, seqMax: number, outcome: Outcome): void {
    const open = this.#open.get(lane);
    if (open?.outcome === outcome && open.seqMax + 1 === seqMin) {
      open.seqMax = seqMax;
      return;
    }
    this.flush(lane);
    this.#open.set(lane, { seqMin, seqMax, outcome });
  }

  flush(lane: number): void {
    const open = this.#open.get(lane);
    if (open === undefined) return;
    this.#open.delete(lane);
    this.#close({ lane, ...open });
  }
}
