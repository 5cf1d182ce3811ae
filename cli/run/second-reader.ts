/**
 * Asks the second reader of the lake what Trino was asked, and writes down where the two differ. Which of them is wrong
 * is for the checks to say.
 */
import { BANK_TABLES, FENCE_LANE, type BankTable } from "../../core/bank-schema.ts";
import { LakeproofError, reasonOf } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import type { BucketTotals } from "../../core/ledger.ts";
import { isAborted } from "../../core/until-aborted.ts";
import { openObjectStore } from "../../infra/clients/object-store.ts";
import type { TrinoClient } from "../../infra/clients/trino.ts";
import { CATALOG_DATABASE } from "../../infra/components/postgres.ts";
import type { Lab } from "../../infra/provision.ts";
import { jdbcCatalog } from "../../slo/probes/lake-files/catalog.ts";
import { LakeFiles } from "../../slo/probes/lake-files/reader.ts";
import { storageOf } from "../../slo/probes/lake-files/storage.ts";
import {
  bucketTotals,
  controlRows,
  sequencesOf,
  type ControlRow,
} from "../../slo/probes/reader.ts";
import type { Session } from "./session.ts";

const FILES_PROBE = "lake.files";

/** Cells that are looked into row by row, and rows that are named, at most. */
const CELLS_MAX = 20;
const ROWS_MAX = 10;
/** The last canaries are still on their way when the load has drained; and a pipeline that did not drain moves on. */
const ATTEMPT_COUNT_MAX = 5;
const RETRY_MS = 2000;

export function openLakeFiles(lab: Lab): LakeFiles {
  const { endpoints, secret } = lab;
  return new LakeFiles(
    storageOf(openObjectStore(endpoints.address("minio"), secret)),
    // Catalog and namespace as in the lake's DDL.
    jdbcCatalog({
      address: endpoints.address("postgres"),
      database: CATALOG_DATABASE,
      catalog: "iceberg",
      namespace: "raw_data",
    }),
  );
}

/** Undefined when it could not answer: the journal says why, and the run goes on with one reader. */
export async function askFiles<T>(session: Session, ask: () => Promise<T>): Promise<T | undefined> {
  const { journal, signal } = session;
  try {
    return await ask();
  } catch (error) {
    if (isAborted(signal)) throw error;
    const reason = reasonOf(error);
    if (error instanceof LakeproofError && error.code === "LAKE_DAMAGED") {
      journal.append({ kind: "lake.damaged", reason });
    } else journal.append({ kind: "probe.blind", probe: FILES_PROBE, reason });
    return undefined;
  }
}

export interface BothReaders {
  readonly session: Session;
  readonly trino: TrinoClient;
  readonly files: LakeFiles;
  readonly bucketMin: number;
  readonly bucketMax: number;
  /** A new deadline for each question. */
  readonly deadline: () => AbortSignal;
  /** The files take longer than the engine's workers do. */
  readonly filesDeadline: () => AbortSignal;
}

export interface BothAnswers<T> {
  readonly inTrino: T;
  readonly inFiles: T | undefined;
}

/** Both answers about one and the same state of the lake. Without the files' where they could not be had. */
export async function askBoth<T>(
  both: BothReaders,
  byTrino: () => Promise<T>,
  byFiles: () => Promise<T>,
): Promise<BothAnswers<T>> {
  const { session } = both;
  const count = (): Promise<number | undefined> =>
    askFiles(session, () => recordCount(both.files, both.filesDeadline()));
  for (let attempt = 1; ; attempt += 1) {
    const before = await count();
    const inTrino = await byTrino();
    const inFiles = before === undefined ? undefined : await askFiles(session, byFiles);
    if (inFiles === undefined || (await count()) === before) return { inTrino, inFiles };
    if (attempt === ATTEMPT_COUNT_MAX) {
      const reason = "the lake moved whenever both readers were asked";
      session.journal.append({ kind: "probe.blind", probe: FILES_PROBE, reason });
      return { inTrino, inFiles: undefined };
    }
    await host.sleep(RETRY_MS, session.signal);
  }
}

export type BothTotals = BothAnswers<readonly BucketTotals[]>;

export function totalsOfBoth(both: BothReaders): Promise<BothTotals> {
  const { trino, files, bucketMin, bucketMax } = both;
  return askBoth(
    both,
    () => bucketTotals(trino, bucketMin, bucketMax, both.deadline()),
    () => files.bucketTotals(bucketMin, bucketMax, both.filesDeadline()),
  );
}

async function recordCount(files: LakeFiles, signal: AbortSignal): Promise<number> {
  let count = 0;
  for (const table of BANK_TABLES) {
    count += (await files.snapshots(table, signal)).at(-1)?.totalRecords ?? 0;
  }
  return count;
}

interface LakeCell {
  readonly lane: number;
  readonly bucket: number;
}

function keyOf({ lane, bucket }: LakeCell): string {
  return `${String(lane)}/${String(bucket)}`;
}

function differingCells(
  one: readonly BucketTotals[],
  other: readonly BucketTotals[],
): readonly LakeCell[] {
  const texts = new Map(one.map((cell) => [keyOf(cell), totalsText(cell)]));
  const missing = new Set(texts.keys());
  const differing = other.filter((cell) => {
    missing.delete(keyOf(cell));
    return texts.get(keyOf(cell)) !== totalsText(cell);
  });
  return [...differing, ...one.filter((cell) => missing.has(keyOf(cell)))];
}

function totalsText(cell: BucketTotals | undefined): string {
  if (cell === undefined) return "nothing";
  return `${String(cell.distinctCount)} distinct of ${String(cell.eventCount)}, fingerprints ${cell.fingerprintSum}`;
}

/** Narrows each difference down to the table and, where one side lacks rows, to their sequence numbers. */
export async function journalDifferences(
  both: BothReaders,
  { inTrino, inFiles }: BothTotals,
): Promise<void> {
  if (inFiles === undefined) return;
  const cells = differingCells(inTrino, inFiles);
  for (const cell of cells.slice(0, CELLS_MAX)) {
    for (const table of BANK_TABLES) await journalTable(both, cell, table);
  }
  await journalFences(both);
}

async function journalTable(both: BothReaders, cell: LakeCell, table: BankTable): Promise<void> {
  const { session, trino, files, deadline, filesDeadline } = both;
  const { bucket, lane } = cell;
  const own = (totals: readonly BucketTotals[]): string =>
    totalsText(totals.find((one) => one.lane === lane));
  const inTrino = own(await bucketTotals(trino, bucket, bucket, deadline(), [table]));
  const found = await askFiles(session, () =>
    files.bucketTotals(bucket, bucket, filesDeadline(), [table]),
  );
  if (found === undefined || own(found) === inTrino) return;
  const rowsInTrino = await sequencesOf(trino, lane, bucket, deadline(), [table]);
  const rowsInFiles = await askFiles(session, () =>
    files.sequencesOf(lane, bucket, filesDeadline(), [table]),
  );
  session.journal.append({
    kind: "readers.differ",
    question: "changes",
    ...{ table, bucket, lane, trino: inTrino, files: own(found) },
    detail: rowsText(rowsInTrino, rowsInFiles ?? new Map()),
  });
}

function rowsText(
  inTrino: ReadonlyMap<number, number>,
  inFiles: ReadonlyMap<number, number>,
): string {
  const rows = [...new Set([...inTrino.keys(), ...inFiles.keys()])]
    .filter((seq) => (inTrino.get(seq) ?? 0) !== (inFiles.get(seq) ?? 0))
    .sort((a, b) => a - b);
  if (rows.length === 0) return "the same sequence numbers with other fingerprints";
  const texts = rows
    .slice(0, ROWS_MAX)
    .map(
      (seq) =>
        `seq ${String(seq)}: ${String(inTrino.get(seq) ?? 0)}× in Trino's answer, ${String(inFiles.get(seq) ?? 0)}× in the files`,
    );
  const more = rows.length - texts.length;
  return `${texts.join("; ")}${more === 0 ? "" : `; and ${String(more)} more`}`;
}

/** Fences: what the completeness of a bucket rests on. */
async function journalFences(both: BothReaders): Promise<void> {
  const { session, bucketMin, bucketMax } = both;
  const { inTrino, inFiles } = await askBoth(
    both,
    () => controlRows(both.trino, bucketMin, both.deadline()),
    () => both.files.controlRows(bucketMin, both.filesDeadline()),
  );
  if (inFiles === undefined) return;
  for (const table of BANK_TABLES) {
    const [trino, files] = [fenceTexts(inTrino, table), fenceTexts(inFiles, table)];
    if (trino.join() === files.join()) continue;
    const apart = [...new Set(trino).symmetricDifference(new Set(files))].slice(0, ROWS_MAX);
    session.journal.append({
      kind: "readers.differ",
      question: "control-rows",
      ...{ table, bucket: bucketMin, lane: FENCE_LANE },
      trino: `${String(trino.length)} fences`,
      files: `${String(files.length)} fences`,
      detail:
        apart.length === 0
          ? `some are repeated, up to bucket ${String(bucketMax)}`
          : `only one of them has ${apart.join("; ")}`,
    });
  }
}

function fenceTexts(rows: readonly ControlRow[], table: string): readonly string[] {
  return rows
    .filter((row) => row.table === table && row.lane === FENCE_LANE)
    .map(({ seq, partition, offset }) => `${String(seq)} at ${String(partition)}@${String(offset)}`)
    .sort();
}
