/**
 * After the drain: the books of every hop side by side, bucket by bucket, and every difference traced to
 * the lane, the sequence number and the hop where it was last seen.
 */
import { BANK_TABLES, type BankTable } from "../../core/bank-schema.ts";
import type { Hop } from "../../core/contracts/journal.ts";
import { FINDINGS_PER_KIND_MAX, type LedgerFinding } from "../../core/ledger.ts";
import { host } from "../../core/host.ts";
import type { TrinoClient } from "../../infra/clients/trino.ts";
import { withPostgres } from "../../infra/clients/postgres.ts";
import { laneDigest } from "../../slo/probes/postgres.ts";
import type { LakeFiles } from "../../slo/probes/lake-files/reader.ts";
import { laneStates, sequencesOf } from "../../slo/probes/reader.ts";
import {
  auditSnapshots,
  baselineOf,
  snapshotsOf,
  type SnapshotBaseline,
  type SnapshotSeen,
} from "../../slo/probes/snapshots.ts";
import type { BankLoad } from "./bank-load.ts";
import { placesInKafka, withLastSeen } from "./last-seen.ts";
import { locateDifferences, type LakeAnswer } from "./locate.ts";
import type { LakeReader } from "./reader.ts";
import {
  askBoth,
  askFiles,
  journalDifferences,
  openLakeFiles,
  totalsOfBoth,
  type BothReaders,
  type BothTotals,
} from "./second-reader.ts";
import type { Session } from "./session.ts";
import type { KafkaTap } from "./tap.ts";
import { journalTotals } from "./totals.ts";

const QUERY_MS_MAX = 60_000;
const FILES_MS_MAX = 300_000;

/** By table. */
export type Baseline = ReadonlyMap<string, SnapshotBaseline>;

export async function takeBaseline(session: Session, trino: TrinoClient): Promise<Baseline> {
  const baseline = new Map<string, SnapshotBaseline>();
  const files = openLakeFiles(session.lab);
  for (const table of BANK_TABLES) {
    baseline.set(table, baselineOf(await historyOf(session, files, trino, table)));
  }
  return baseline;
}

/** From the table's own files, where they can be read: an audit of the lake that trusts no engine. */
async function historyOf(
  session: Session,
  files: LakeFiles,
  trino: TrinoClient,
  table: string,
): Promise<readonly SnapshotSeen[]> {
  const own = await askFiles(session, () => files.snapshots(table, deadline(session)));
  return own ?? snapshotsOf(trino, table, deadline(session));
}

/** Waits until the last fence is visible everywhere. Says in the journal when it never was. */
export async function drain(
  session: Session,
  reader: LakeReader,
  lastBucket: number,
): Promise<boolean> {
  const { journal, plan } = session;
  const deadlineMs = journal.nowMs() + plan.durations.drainMsMax;
  while (journal.nowMs() < deadlineMs) {
    session.signal.throwIfAborted();
    if (reader.completeTo >= lastBucket) return true;
    await host.sleep(250, session.signal);
  }
  const seconds = String(plan.durations.drainMsMax / 1000);
  const behind = String(lastBucket - reader.completeTo);
  journal.append({
    kind: "note",
    text: `The last fence was not visible ${seconds} s after the load ended; ${behind} bucket(s) are missing.`,
  });
  return false;
}

export interface VerifyInput {
  readonly session: Session;
  readonly reader: LakeReader;
  readonly load: BankLoad;
  readonly tap: KafkaTap;
  readonly baseline: Baseline;
  readonly lastBucket: number;
}

export async function verify(input: VerifyInput): Promise<void> {
  const { session, reader, load, tap } = input;
  const { acknowledged, kafka } = session;
  const files = openLakeFiles(session.lab);
  const both: BothReaders = {
    ...{ session, trino: reader.trino, files },
    bucketMin: load.bucketMin,
    bucketMax: input.lastBucket,
    deadline: () => deadline(session),
    filesDeadline: () => host.deadline(FILES_MS_MAX, session.signal),
  };
  const totals = await totalsOfBoth(both);
  journalTotals(session.journal, "acknowledged", acknowledged.totals(), "final");
  journalTotals(session.journal, "kafka", kafka.totals(), "final");
  journalTotals(session.journal, "iceberg", totals.inFiles ?? [], "final");
  journalTotals(session.journal, "reader", totals.inTrino, "final");
  await journalDifferences(both, totals);
  const metadataShort = await auditMetadata(session, files, reader, tap, input.baseline);
  await verifyStates(input, both);
  journalFindings(session, "kafka", kafka.findings, kafka.findingCount);
  const lakeHop = metadataShort || totals.inFiles !== undefined ? "iceberg" : "reader";
  const findings = await locateDifferences(session, answersOf(both, totals), lakeHop);
  const places = await placesInKafka(session, tap, [...findings.values()].flat());
  const snapshots = await newestSnapshots(session, files, reader.trino, places.size > 0);
  for (const [hop, found] of findings) {
    const traced = found.map((finding) => withLastSeen(finding, places, snapshots));
    journalFindings(session, hop, traced);
  }
}

/** Ids by table: what the lake was when it was searched. */
async function newestSnapshots(
  session: Session,
  files: LakeFiles,
  trino: TrinoClient,
  isWanted: boolean,
): Promise<ReadonlyMap<BankTable, string>> {
  const newest = new Map<BankTable, string>();
  if (!isWanted) return newest;
  for (const table of BANK_TABLES) {
    const last = (await historyOf(session, files, trino, table)).at(-1);
    if (last !== undefined) newest.set(table, last.id);
  }
  return newest;
}

/** The files first. A reader that could not answer is not asked again. */
function answersOf(both: BothReaders, totals: BothTotals): readonly LakeAnswer[] {
  const { files, trino } = both;
  const byTrino: LakeAnswer = {
    totals: totals.inTrino,
    sequencesOf: (lane, bucket) => sequencesOf(trino, lane, bucket, both.deadline()),
  };
  if (totals.inFiles === undefined) return [byTrino];
  const byFiles: LakeAnswer = {
    totals: totals.inFiles,
    sequencesOf: async (lane, bucket) => {
      const ask = (): Promise<ReadonlyMap<number, number>> =>
        files.sequencesOf(lane, bucket, both.filesDeadline());
      return (await askFiles(both.session, ask)) ?? byTrino.sequencesOf(lane, bucket);
    },
  };
  return [byFiles, byTrino];
}

function deadline(session: Session): AbortSignal {
  return host.deadline(QUERY_MS_MAX, session.signal);
}

/** True when the lake's own metadata says that records are missing or were removed. */
async function auditMetadata(
  session: Session,
  files: LakeFiles,
  reader: LakeReader,
  tap: KafkaTap,
  baseline: Baseline,
): Promise<boolean> {
  let short = false;
  for (const table of BANK_TABLES) {
    const { facts, recordsRemoved } = auditSnapshots(
      await historyOf(session, files, reader.trino, table),
      baseline.get(table) ?? baselineOf([]),
    );
    const kafkaRecords = tap.recordCount(table);
    session.journal.append({ kind: "ledger.metadata", table, ...facts, kafkaRecords });
    short ||= facts.addedRecords < kafkaRecords || recordsRemoved;
  }
  return short;
}

async function verifyStates(input: VerifyInput, both: BothReaders): Promise<void> {
  const { session, load, lastBucket } = input;
  const { plan, journal } = session;
  const where = { kind: "ledger.state", bucket: lastBucket, when: "final" } as const;
  const { inTrino, inFiles } = await askBoth(
    both,
    () => laneStates(both.trino, load.bucketMin, both.deadline()),
    () => both.files.laneStates(load.bucketMin, both.filesDeadline()),
  );
  for (const state of inFiles ?? []) journal.append({ ...where, hop: "iceberg", ...state });
  for (const state of inTrino) journal.append({ ...where, hop: "reader", ...state });
  const address = session.lab.endpoints.address("postgres");
  await withPostgres(address, "bank", deadline(session), async (client) => {
    for (let lane = 0; lane < plan.bank.laneCount; lane += 1) {
      journal.append({ ...where, hop: "postgres", lane, ...(await laneDigest(client, lane)) });
    }
  });
  for (const { lane, digest } of load.digests()) {
    journal.append({ ...where, hop: "acknowledged", lane, ...digest });
  }
}

function journalFindings(
  session: Session,
  hop: Hop,
  findings: readonly LedgerFinding[],
  count = findings.length,
): void {
  const kinds = Map.groupBy(findings, ({ anomaly }) => anomaly);
  // Of each kind: many of one must not hide the only one of another.
  const listed = [...kinds.values()].flatMap((own) => own.slice(0, FINDINGS_PER_KIND_MAX));
  for (const finding of listed) session.journal.append({ kind: "ledger.anomaly", hop, ...finding });
  if (count > listed.length) {
    const more = String(count - listed.length);
    session.journal.append({
      kind: "note",
      text: `${more} further findings at ${hop} are not listed.`,
    });
  }
}
