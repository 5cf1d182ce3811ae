/**
 * How to take back the transaction being built: numbers in one growing array. A closure a step would be most
 * of the garbage of the load, for what hardly ever happens.
 */
import { emptyRow } from "./paged.ts";
import type { RowState } from "./paged.ts";

/** What a step did. */
export const STEPS = {
  /** Replaced the user, or account, at this ordinal; the row is the one before. */
  user: 0,
  account: 1,
  /** Took the next user, or account ordinal. */
  enrolled: 2,
  numbered: 3,
  /** Put an account at the end of the open ones. */
  opened: 4,
  /** Moved the account `row.seq` from this slot to the end of the closed ones, or from there into the open. */
  closed: 5,
  revived: 6,
} as const;
type StepKind = (typeof STEPS)[keyof typeof STEPS];

export interface UndoStep {
  readonly kind: StepKind;
  readonly place: number;
  readonly row: RowState;
}

const WIDTH = 7;

export class UndoLog {
  #steps = new Float64Array(64 * WIDTH);
  #count = 0;

  get stepCount(): number {
    return this.#count;
  }

  clear(): void {
    this.#count = 0;
  }

  push(kind: StepKind, place: number, row: Readonly<RowState>): void {
    const at = this.#count * WIDTH;
    if (at === this.#steps.length) {
      const grown = new Float64Array(2 * at);
      grown.set(this.#steps);
      this.#steps = grown;
    }
    const steps = this.#steps;
    steps[at] = kind;
    steps[at + 1] = place;
    steps[at + 2] = row.seq;
    steps[at + 3] = row.bucket;
    steps[at + 4] = row.fp;
    steps[at + 5] = row.balance;
    steps[at + 6] = row.reason;
    this.#count += 1;
  }

  /** The latest step; only while there is one. */
  pop(): UndoStep {
    this.#count -= 1;
    const at = this.#count * WIDTH;
    const [kind = 0, place = 0, seq = 0, bucket = 0, fp = 0, balance = 0, reason = 0] =
      this.#steps.subarray(at, at + WIDTH);
    return {
      kind: kind as StepKind,
      place,
      row: { ...emptyRow(), seq, bucket, fp, balance, reason },
    };
  }
}
