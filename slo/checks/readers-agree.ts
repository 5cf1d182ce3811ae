/**
 * Two readers that share no code are asked the same of the lake. Where they differ one of them is wrong, and nothing is lost:
 * a finding of its own, which names the reader, the table and the bucket.
 */
import type { EventOf, JournalReader } from "../../core/contracts/journal.ts";
import type { Check, Verdict } from "../../core/contracts/slo.ts";
import { finalStates, lakeCells, type LakeCell } from "./evidence/readers.ts";
import { figure } from "./evidence/text.ts";
import { verdictOf } from "./evidence/verdict.ts";

export const readersAgree: Check = {
  name: "readers-agree",
  purpose:
    "Trino and an independent reader of the lake's files give the same answers; a wrong reader is not taken for lost data.",
  judge: (journal) => [agreementVerdict(journal)],
};

const FACTS = {
  id: "integrity.readers-agree",
  kind: "integrity",
  title: "Both readers of the lake see the same",
} as const;

function agreementVerdict(journal: JournalReader): Verdict {
  const damaged = journal.of("lake.damaged").map((event) => `a file of the lake ${event.reason}`);
  const cells = lakeCells(journal);
  const wrong = [
    ...new Set([
      ...damaged,
      ...journal.of("readers.differ").map((event) => differenceText(event, cells)),
      ...cells.filter((cell) => !cell.agree).map((cell) => cellText(cell, journal)),
      ...stateTexts(journal),
    ]),
  ];
  const first = wrong[0];
  if (first !== undefined) {
    return verdictOf({ ...FACTS, status: "VIOLATED", because: `${first}.`, details: wrong });
  }
  if (!cells.some((cell) => cell.files !== undefined)) return unasked(journal, cells);
  const changeCount = cells.reduce((sum, cell) => sum + (cell.files?.eventCount ?? 0), 0);
  return verdictOf({
    ...FACTS,
    status: "PROVEN",
    because:
      `Trino and the lake's files give the same sums for ${figure(cells.length)} buckets of lanes ` +
      `with ${figure(changeCount)} changes.`,
    observed: { value: changeCount, unit: "events" },
  });
}

/** A run of before there was a second reader claims nothing about it. */
function unasked(journal: JournalReader, cells: readonly LakeCell[]): Verdict {
  const blind = journal.of("probe.blind").filter((event) => event.probe === "lake.files");
  const reason = blind.at(-1)?.reason;
  return verdictOf({
    ...FACTS,
    status: "INCONCLUSIVE",
    claimed: reason !== undefined || cells.length === 0,
    because: `Nobody can tell: the lake's files were never read beside Trino${reason === undefined ? "" : ` (${reason})`}.`,
    needed: "A run that ends with the full verification of every hop.",
  });
}

/** Who differs from what Kafka holds; where both or neither do, the books cannot say who is wrong. */
function suspectOf(cell: LakeCell | undefined): string {
  if (cell === undefined || cell.trinoIsRight === cell.filesAreRight) return "Trino or the files";
  return cell.filesAreRight ? "Trino" : "the reader of the files";
}

function differenceText(event: EventOf<"readers.differ">, cells: readonly LakeCell[]): string {
  const { table, bucket, lane } = event;
  if (event.question === "control-rows") {
    return (
      `Trino and the files differ in the control rows of ${table} from bucket ${String(bucket)} on: ` +
      `${event.trino} in Trino, ${event.files} in the files; ${event.detail}`
    );
  }
  const cell = cells.find((one) => one.bucket === bucket && one.lane === lane);
  return (
    `${suspectOf(cell)} is wrong about ${table}, bucket ${String(bucket)}, lane ${String(lane)}: Trino says ` +
    `${event.trino}; the files say ${event.files}; ${event.detail}`
  );
}

function cellText(cell: LakeCell, journal: JournalReader): string {
  const { bucket, lane, trino, files } = cell;
  const tables = journal
    .of("readers.differ")
    .filter((event) => event.bucket === bucket && event.lane === lane)
    .map((event) => event.table);
  const where = tables.length === 0 ? "users or accounts" : [...new Set(tables)].join(" and ");
  return (
    `${suspectOf(cell)} is wrong about bucket ${String(bucket)}, lane ${String(lane)} of ${where}: ` +
    `${figure(trino?.distinctCount ?? 0)} distinct of ${figure(trino?.eventCount ?? 0)} in Trino, ` +
    `${figure(files?.distinctCount ?? 0)} of ${figure(files?.eventCount ?? 0)} in the files, ` +
    `fingerprints ${trino?.fingerprintSum ?? "0"} against ${files?.fingerprintSum ?? "0"}`
  );
}

function stateTexts(journal: JournalReader): readonly string[] {
  return finalStates(journal)
    .filter((state) => !state.agree)
    .map(
      ({ lane, trino, files }) =>
        `Trino and the files differ in the rows of lane ${String(lane)}: ` +
        `${figure(trino?.rowCount ?? 0)} rows, ${trino?.balanceSum ?? "0"} cents in Trino, ` +
        `${figure(files?.rowCount ?? 0)} rows, ${files?.balanceSum ?? "0"} cents in the files`,
    );
}
