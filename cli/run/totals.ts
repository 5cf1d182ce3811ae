/** What one hop holds of one or more buckets, into the journal. */
import type { Hop, JournalWriter } from "../../core/contracts/journal.ts";
import type { BucketTotals } from "../../core/ledger.ts";

export function journalTotals(
  journal: Pick<JournalWriter, "append">,
  hop: Hop,
  totals: readonly BucketTotals[],
  when: "during" | "final",
): void {
  for (const total of totals) journal.append({ kind: "ledger.changes", hop, ...total, when });
}
