/** The bank invariant: transfers move money and never make any. */
import type { EventOf, Hop, JournalReader } from "../../core/contracts/journal.ts";
import type { Check, Verdict } from "../../core/contracts/slo.ts";
import { undisputedStates } from "./evidence/readers.ts";
import { figure } from "./evidence/text.ts";
import { verdictOf } from "./evidence/verdict.ts";

export const balanceConstant: Check = {
  name: "balance-constant",
  purpose: "The sum of a lane's balances is the same at every hop, after every bucket.",
  judge: (journal) => [balanceVerdict(journal)],
};

const FACTS = {
  id: "integrity.balance-constant",
  kind: "integrity",
  title: "The sum of all balances never changes",
} as const;

function balanceVerdict(journal: JournalReader): Verdict {
  const rows = undisputedStates(journal);
  const expected = new Map<number, EventOf<"ledger.state">>();
  // The acknowledged state is the generator's own arithmetic, so it gives the amount where it is there.
  for (const row of [...rows.filter((one) => one.hop === "acknowledged"), ...rows]) {
    if (!expected.has(row.lane)) expected.set(row.lane, row);
  }
  const wrong = rows.flatMap((row) => {
    const sum = expected.get(row.lane)?.balanceSum;
    return sum === undefined || sum === row.balanceSum
      ? []
      : [
          `${row.hop}: lane ${String(row.lane)} holds ${row.balanceSum} cents after bucket ` +
            `${String(row.bucket)} (${row.when}), not ${sum}`,
        ];
  });
  const first = wrong[0];
  if (first !== undefined) {
    return verdictOf({ ...FACTS, status: "VIOLATED", because: `${first}.`, details: wrong });
  }
  const measured = rows.filter((row) => row.hop !== "acknowledged" && row.when === "final");
  const lanes = new Set(measured.map((row) => row.lane)).size;
  if (lanes < Math.max(1, journal.plan.bank.laneCount)) {
    const which =
      lanes === 0
        ? "the final balances were never read back from any hop"
        : `the final balances were read back of ${String(lanes)} of ${String(journal.plan.bank.laneCount)} lanes`;
    return verdictOf({
      ...FACTS,
      status: "INCONCLUSIVE",
      because: `Nobody can tell: ${which}.`,
      needed: "A run that ends with the full verification of every hop.",
    });
  }
  const hops = [...new Set<Hop>(measured.map((row) => row.hop))].join(", ");
  return verdictOf({
    ...FACTS,
    status: "PROVEN",
    because: `${figure(rows.length)} sums over ${figure(expected.size)} lanes agree to the cent (final at ${hops}).`,
  });
}
