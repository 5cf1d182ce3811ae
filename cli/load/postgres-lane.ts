/**
 * One lane of the bank and the one connection it writes through. A transaction of unknown outcome is looked up before
 * the lane goes on, because its next rows build on this one; so is the last of a lane whose process was killed.
 */
import type { Outcome } from "../../core/contracts/values.ts";
import { host } from "../../core/host.ts";
import type { BankLane, Txn } from "../../generators/bank.ts";
import { resumeLane, type LaneStep } from "../../generators/resume.ts";
import { txnSql } from "../../generators/sql.ts";
import type { WriterConnection } from "../../infra/clients/postgres.ts";
import type { LaneJournal } from "./lane-journal.ts";

const RETRY_MS = 200;
const POPULATE_CHANGES_MAX = 400;

export interface PostgresLane {
  readonly lane: BankLane;
  readonly connection: WriterConnection;
  /** Where it writes down what it does, so that it can be resumed. */
  readonly journal?: LaneJournal;
}

/** "unknown" only when aborted. The lane stands as the database does when it resolves. */
export async function applyTxn(
  work: PostgresLane,
  txn: Txn,
  signal: AbortSignal,
): Promise<Outcome> {
  const bucket = txn.changes[0]?.row.bucket ?? 0;
  const group = work.journal?.begin(host.epochMs(), [[work.lane.lane, bucket, 1]]) ?? 0;
  let outcome = await work.connection.apply(txnSql(txn));
  while (outcome === "unknown" && !signal.aborted) outcome = await lookUp(work, txn);
  work.journal?.settled(group, outcome);
  if (outcome === "fail") work.lane.rollbackLast();
  return outcome;
}

async function lookUp(work: PostgresLane, txn: Txn): Promise<Outcome> {
  try {
    return (await highestSeq(work)) >= txn.seqMin ? "ok" : "fail";
  } catch {
    await work.connection.close();
    await host.sleep(RETRY_MS);
    return "unknown";
  }
}

async function highestSeq({ lane, connection }: PostgresLane): Promise<number> {
  const client = await connection.client();
  const found = await client.query<{ seq: string | null }>(
    `SELECT max(seq)::text AS seq FROM (SELECT max(seq) AS seq FROM bank.users WHERE lane = $1
     UNION ALL SELECT max(seq) FROM bank.accounts WHERE lane = $1) AS newest`,
    [lane.lane],
  );
  return Number(found.rows[0]?.seq ?? 0);
}

/**
 * Brings a lane that was just opened to where another was when its process was killed; its opening state is in the
 * database. Before any lane of the bank writes again.
 */
export async function resumePostgresLane(
  work: PostgresLane,
  steps: readonly LaneStep[],
  signal: AbortSignal,
): Promise<void> {
  const { lane, journal } = work;
  while (lane.populate(0, POPULATE_CHANGES_MAX) !== undefined);
  const last = steps.at(-1);
  if (last?.outcome !== "unknown") {
    resumeLane(lane, steps, new Set());
    journal?.resumed("ok");
    return;
  }
  await untilNobodyWrites(work, signal);
  resumeLane(lane, steps.slice(0, -1), new Set());
  const txn = lane.next(last.bucket);
  let outcome = await lookUp(work, txn);
  while (outcome === "unknown") {
    signal.throwIfAborted();
    outcome = await lookUp(work, txn);
  }
  if (outcome === "fail") lane.rollbackLast();
  journal?.resumed(outcome);
}

/** A backend whose client is gone first ends what it was told: until then nobody knows whether it commits. */
async function untilNobodyWrites({ connection }: PostgresLane, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      const client = await connection.client();
      const found = await client.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
         AND state <> 'idle' AND query LIKE 'BEGIN;%bank.%'`,
      );
      if (found.rowCount === 0) return;
    } catch {
      await connection.close();
    }
    await host.sleep(RETRY_MS, signal);
  }
}
