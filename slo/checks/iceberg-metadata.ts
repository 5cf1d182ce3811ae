/** The table's own history, without reading a row: who committed, how often, and how many records. */
import { BANK_TABLES } from "../../core/bank-schema.ts";
import type { EventOf, JournalReader } from "../../core/contracts/journal.ts";
import type { Check, Verdict } from "../../core/contracts/slo.ts";
import { figure } from "./evidence/text.ts";
import { verdictOf } from "./evidence/verdict.ts";

export const icebergMetadata: Check = {
  name: "iceberg-metadata",
  purpose:
    "Iceberg's snapshots add exactly the records Kafka holds, once; compactions keep their number, and nobody else commits.",
  judge: (journal) => [metadataVerdict(journal)],
};

const FACTS = {
  id: "integrity.iceberg-metadata",
  kind: "integrity",
  title: "Iceberg's snapshots account for every record",
} as const;

function metadataVerdict(journal: JournalReader): Verdict {
  const tables = new Map(journal.of("ledger.metadata").map((event) => [event.table, event]));
  const all = [...tables.values()];
  const wrong = all.flatMap(problemsOf);
  const first = wrong[0];
  if (first !== undefined) {
    return verdictOf({ ...FACTS, status: "VIOLATED", because: `${first}.`, details: wrong });
  }
  const added = all.reduce((sum, table) => sum + table.addedRecords, 0);
  const unread = BANK_TABLES.filter((name) => !all.some(({ table }) => table.endsWith(name)));
  if (added === 0 || unread.length > 0) {
    const of = added === 0 ? "" : ` of ${unread.join(", ")}`;
    return verdictOf({
      ...FACTS,
      status: "INCONCLUSIVE",
      because: `Nobody can tell: no snapshot${of} with records was read.`,
      needed: "A run that ends with the full verification of every hop.",
    });
  }
  const snapshots = all.reduce((sum, table) => sum + table.snapshotCount, 0);
  const compactions = all.reduce((sum, table) => sum + (table.compactionCount ?? 0), 0);
  const expired = all.reduce((sum, table) => sum + (table.expiredRecordCount ?? 0), 0);
  return verdictOf({
    ...FACTS,
    status: "PROVEN",
    because:
      `${figure(snapshots)} snapshots of ${all.map((table) => table.table).join(", ")} add ` +
      `${figure(added)} records, as many as Kafka holds; none is foreign or repeated.` +
      (compactions === 0 ? "" : ` ${compactionsText(compactions)} kept the number of records.`) +
      (expired === 0
        ? ""
        : ` Snapshots with ${figure(expired)} of the records had expired: those are known from totals only.`),
    observed: { value: added, unit: "events" },
  });
}

function compactionsText(count: number): string {
  return count === 1 ? "1 compaction" : `${figure(count)} compactions`;
}

function problemsOf(table: EventOf<"ledger.metadata">): readonly string[] {
  const name = table.table;
  return [
    ...(table.addedRecords === table.kafkaRecords
      ? []
      : [
          `${name}: snapshots add ${figure(table.addedRecords)} records, Kafka holds ${figure(table.kafkaRecords)}`,
        ]),
    ...table.foreignSnapshots.map(
      (snapshot) => `${name}: snapshot ${snapshot} was not written by the streaming job`,
    ),
    ...(table.unequalCompactions ?? []).map(
      (snapshot) => `${name}: compaction ${snapshot} did not keep the number of records`,
    ),
    ...table.repeatedCommits.map((commit) => `${name}: ${commit} was committed more than once`),
  ];
}
