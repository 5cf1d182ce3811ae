/**
 * A lane brought to where another was when it ended without a word. The same seed gives the same operations, so it is
 * enough to know how many there were, and which of them did not happen.
 */
import type { Outcome } from "../core/contracts/values.ts";
import { seqOf, type Txn } from "./bank-rows.ts";
import type { BankLane } from "./bank.ts";

/** Transactions that the lane made one after the other, and what became of them. */
export interface LaneStep {
  readonly bucket: number;
  readonly txnCount: number;
  readonly outcome: Outcome;
}

/**
 * `bank` is as it was at the start, its opening state written. Returns the transactions of unknown outcome, each with
 * those of its changes alone whose sequence numbers are not `present` in the target.
 */
export function resumeLane(
  bank: BankLane,
  steps: readonly LaneStep[],
  present: ReadonlySet<number>,
): readonly Txn[] {
  const missing: Txn[] = [];
  for (const { bucket, txnCount, outcome } of steps) {
    for (let count = 0; count < txnCount; count += 1) {
      const txn = bank.next(bucket);
      if (outcome === "fail") bank.rollbackLast();
      if (outcome !== "unknown") continue;
      const changes = txn.changes.filter((change) => !present.has(seqOf(change)));
      if (changes.length > 0) missing.push({ ...txn, changes });
    }
  }
  return missing;
}
