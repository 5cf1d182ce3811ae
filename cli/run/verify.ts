/**
 * After the drain: the books of every hop side by side, bucket by bucket, and every difference traced to
 * the lane, the sequence number and the hop where it was last seen.
 */
import { BANK_TABLES } from "../../core/bank-schema.ts";
import type { Hop } from "../../core/contracts/journal.ts";
import type { BucketTotals, LedgerFinding } from "../../core/ledger.ts";
import { host } from "../../core/host.ts";
import type { TrinoClient } from "../../infra/clients/trino.ts";
import { withPostgres } from "../../infra/clients/postgres.ts";
import { laneDigest } from "../../slo/probes/postgres.ts";
import { bucketTotals, laneStates, sequencesOf } from "../../slo/probes/reader.ts";
import {
  auditSnapshots,
  baselineOf,
  snapshotsOf,
  type SnapshotBaseline,
} from "../../slo/probes/snapshots.ts";
import type { BankLoad } from "./bank-load.ts";
import { journalTotals, type LakeReader } from "./reader.ts";
import type { Session } from "./session.ts";
import type { KafkaTap } from "./tap.ts";

const QUERY_MS_MAX = 60_000;
/** Cells that are searched row by row, and findings that are journalled, at most. */
const CELLS_MAX = 20;
const FINDINGS_MAX = 200;

/** By table. */
export type Baseline = ReadonlyMap<string, SnapshotBaseline>;

export async function takeBaseline(session: Session, trino: TrinoClient): Promise<Baseline> {
  const baseline = new Map<string, SnapshotBaseline>();
  for (const table of BANK_TABLES) {
    baseline.set(table, baselineOf(await snapshotsOf(trino, table, deadline(session))));
  }
  return baseline;
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
  const seen = await bucketTotals(
    reader.trino,
    load.bucketMin,
    input.lastBucket,
    deadline(session),
  );
  journalTotals(session, "acknowledged", acknowledged.totals(), "final");
  journalTotals(session, "kafka", kafka.totals(), "final");
  journalTotals(session, "reader", seen, "final");
  const metadataShort = await auditMetadata(session, reader, tap, input.baseline);
  await verifyStates(input);
  journalFindings(session, "kafka", kafka.findings);
  await locateDifferences(session, reader, seen, metadataShort ? "iceberg" : "reader");
}

function deadline(session: Session): AbortSignal {
  return host.deadline(QUERY_MS_MAX, session.signal);
}

/** True when the lake's own metadata says that records are missing or were removed. */
async function auditMetadata(
  session: Session,
  reader: LakeReader,
  tap: KafkaTap,
  baseline: Baseline,
): Promise<boolean> {
  let short = false;
  for (const table of BANK_TABLES) {
    const { facts, recordsRemoved } = auditSnapshots(
      await snapshotsOf(reader.trino, table, deadline(session)),
      baseline.get(table) ?? baselineOf([]),
    );
    const kafkaRecords = tap.recordCount(table);
    session.journal.append({ kind: "ledger.metadata", table, ...facts, kafkaRecords });
    short ||= facts.addedRecords < kafkaRecords || recordsRemoved;
  }
  return short;
}

async function verifyStates(input: VerifyInput): Promise<void> {
  const { session, reader, load, lastBucket } = input;
  const { plan, journal } = session;
  const where = { kind: "ledger.state", bucket: lastBucket, when: "final" } as const;
  const states = await laneStates(reader.trino, load.bucketMin, deadline(session));
  for (const state of states) journal.append({ ...where, hop: "reader", ...state });
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

function journalFindings(session: Session, hop: Hop, findings: readonly LedgerFinding[]): void {
  for (const finding of findings.slice(0, FINDINGS_MAX)) {
    session.journal.append({ kind: "ledger.anomaly", hop, ...finding });
  }
  if (findings.length > FINDINGS_MAX) {
    const more = String(findings.length - FINDINGS_MAX);
    session.journal.append({
      kind: "note",
      text: `${more} further findings at ${hop} are not listed.`,
    });
  }
}

/** Compares neighbours: acknowledged ↔ Kafka, Kafka ↔ reader. Missing at both means: lost at the earlier hop. */
async function locateDifferences(
  session: Session,
  reader: LakeReader,
  seen: readonly BucketTotals[],
  lakeHop: Hop,
): Promise<void> {
  const findings = new Map<Hop, LedgerFinding[]>();
  const note = (hop: Hop, finding: LedgerFinding): void => {
    findings.set(hop, [...(findings.get(hop) ?? []), finding]);
  };
  const inLake = new Map(seen.map((cell) => [`${String(cell.lane)}/${String(cell.bucket)}`, cell]));
  const differing = session.acknowledged.totals().filter((expected) => {
    const key = `${String(expected.lane)}/${String(expected.bucket)}`;
    const inKafka = session.kafka
      .totals(expected.bucket)
      .find((totals) => totals.lane === expected.lane);
    return !same(expected, inLake.get(key), inKafka) || !same(expected, inKafka, inKafka);
  });
  for (const { lane, bucket } of differing.slice(0, CELLS_MAX)) {
    const inReader = await sequencesOf(reader.trino, lane, bucket, deadline(session));
    const lakeCount = inLake.get(`${String(lane)}/${String(bucket)}`)?.eventCount ?? 0;
    const kafkaCount =
      session.kafka.totals(bucket).find((totals) => totals.lane === lane)?.eventCount ?? 0;
    for (const seq of session.acknowledged.sequencesOf(lane, bucket)) {
      const count = inReader.get(seq) ?? 0;
      if (!session.kafka.has(lane, seq)) {
        const detail = "acknowledged by PostgreSQL, not in Kafka";
        note("kafka", { anomaly: "lost", lane, seq, bucket, detail });
      } else if (count === 0) {
        const detail = "in Kafka, not in the lake";
        note(lakeHop, { anomaly: "lost", lane, seq, bucket, detail });
      } else if (count > 1 && lakeCount > kafkaCount) {
        const detail = `${String(count)} times in the lake`;
        note(lakeHop, { anomaly: "duplicated", lane, seq, bucket, detail });
      }
    }
    for (const seq of inReader.keys()) {
      if (session.acknowledged.has(lane, seq)) continue;
      const detail = "in the lake, never acknowledged";
      note(lakeHop, { anomaly: "phantom", lane, seq, bucket, detail });
    }
  }
  for (const [hop, found] of findings) journalFindings(session, hop, found);
}

/** As many distinct changes with the same sum, and no copies but those that Kafka holds. */
function same(
  expected: BucketTotals,
  seen: BucketTotals | undefined,
  inKafka: BucketTotals | undefined,
): boolean {
  return (
    seen?.distinctCount === expected.distinctCount &&
    seen.fingerprintSum === expected.fingerprintSum &&
    seen.eventCount <= (inKafka?.eventCount ?? 0)
  );
}
