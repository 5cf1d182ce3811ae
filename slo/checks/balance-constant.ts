/** The bank invariant: transfers move money and never make any. */
import type { EventOf, Hop, JournalReader } from "../../core/contracts/journal.ts";
import type { Check, Verdict } from "../../core/contracts/slo.ts";
import { tornFigures } from "../../core/torn-windows.ts";
import { undisputedStates } from "./evidence/readers.ts";
import { duration, figure, percent } from "./evidence/text.ts";
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
    details: tornLines(journal),
  });
}

/** Beside the verdict, and no part of it: what one commit shows of a transfer is no loss while the next shows the rest. */
function tornLines(journal: JournalReader): readonly string[] {
  const torn = tornFigures(journal);
  if (torn === undefined) return [];
  const looks =
    `Under load ${figure(torn.tornLookCount)} of ${figure(torn.lookCount)} looks ` +
    `(${percent(torn.tornLookCount / torn.lookCount)}) found one leg of a transfer without the other in some lane.`;
  if (torn.windowCount === 0) return [looks];
  const open =
    torn.openWindowCount === 0
      ? ""
      : `; of ${figure(torn.openWindowCount)} nobody saw both ends, and they may have been longer`;
  return [
    looks,
    `${figure(torn.windowCount)} torn windows of single lanes lasted at most ` +
      `${duration(torn.tornWindowMsP50)} (P50), ${duration(torn.tornWindowMsP95)} (P95), ` +
      `${duration(torn.tornWindowMsMax)} (longest; at least ${duration(torn.tornWindowMsMin)}), with a look every ` +
      `${duration(torn.lookIntervalMsP50)}${open}.`,
  ];
}
