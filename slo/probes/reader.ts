/** What a reader of the lake sees, asked through Trino: control rows, sums per bucket, states. */
import { BANK_TABLES, FENCE_LANE, type BankTable } from "../../core/bank-schema.ts";
import type { BucketTotals } from "../../core/ledger.ts";
import type { TrinoClient } from "../../infra/clients/trino.ts";

export interface ControlRow {
  readonly table: string;
  readonly lane: number;
  readonly seq: number;
  readonly partition: number;
  readonly offset: number;
}

function eachTable(
  select: (table: string) => string,
  tables: readonly BankTable[] = BANK_TABLES,
): string {
  return tables.map(select).join(" UNION ALL ");
}

/** Fences and canaries from `bucketMin` on. The bucket bound lets Iceberg skip older files. */
export async function controlRows(
  trino: TrinoClient,
  bucketMin: number,
  signal: AbortSignal,
): Promise<readonly ControlRow[]> {
  const rows = await trino.query(
    eachTable(
      (table) =>
        `SELECT '${table}', lane, seq, kafka_partition, kafka_offset FROM ${table} ` +
        `WHERE lane >= ${String(FENCE_LANE)} AND bucket >= ${String(bucketMin)}`,
    ),
    signal,
  );
  return rows.map((row) => ({
    table: String(row[0]),
    lane: Number(row[1]),
    seq: Number(row[2]),
    partition: Number(row[3]),
    offset: Number(row[4]),
  }));
}

/** How many of the first so many users the lake has ever seen, and rows of accounts; load lanes only. */
export async function lakeContent(
  trino: TrinoClient,
  userIdMax: number,
  signal: AbortSignal,
): Promise<{ readonly userCount: number; readonly accountRowCount: number }> {
  const lanes = `lane < ${String(FENCE_LANE)}`;
  const [row] = await trino.query(
    `SELECT (SELECT count(DISTINCT id) FROM users WHERE ${lanes} AND id <= ${String(userIdMax)}), ` +
      `(SELECT count(*) FROM accounts WHERE ${lanes})`,
    signal,
  );
  return { userCount: Number(row?.[0]), accountRowCount: Number(row?.[1]) };
}

/** Counts and fingerprint sums per lane and bucket; load lanes only. */
export async function bucketTotals(
  trino: TrinoClient,
  bucketMin: number,
  bucketMax: number,
  signal: AbortSignal,
  tables?: readonly BankTable[],
): Promise<readonly BucketTotals[]> {
  const changes = eachTable(
    (table) =>
      `SELECT lane, bucket, seq, fp FROM ${table} WHERE lane < ${String(FENCE_LANE)} ` +
      `AND bucket BETWEEN ${String(bucketMin)} AND ${String(bucketMax)}`,
    tables,
  );
  // Repeated rows are folded first, so that the sum stays that of the distinct changes.
  const rows = await trino.query(
    `SELECT lane, bucket, sum(n), count(*), CAST(sum(CAST(fp AS DECIMAL(38, 0))) AS VARCHAR) FROM (` +
      `SELECT lane, bucket, seq, count(*) AS n, min(fp) AS fp FROM (${changes}) ` +
      `GROUP BY lane, bucket, seq) GROUP BY lane, bucket`,
    signal,
  );
  return rows.map((row) => ({
    lane: Number(row[0]),
    bucket: Number(row[1]),
    eventCount: Number(row[2]),
    distinctCount: Number(row[3]),
    fingerprintSum: String(row[4]),
  }));
}

/** Every sequence number of one lane and bucket with how often it is there: to find the row that is wrong. */
export async function sequencesOf(
  trino: TrinoClient,
  lane: number,
  bucket: number,
  signal: AbortSignal,
  tables?: readonly BankTable[],
): Promise<ReadonlyMap<number, number>> {
  const changes = eachTable(
    (table) =>
      `SELECT seq FROM ${table} WHERE lane = ${String(lane)} AND bucket = ${String(bucket)}`,
    tables,
  );
  const rows = await trino.query(`SELECT seq, count(*) FROM (${changes}) GROUP BY seq`, signal);
  return new Map(rows.map((row) => [Number(row[0]), Number(row[1])]));
}

/** Without control rows and without what earlier runs left behind. */
function loadRowsFrom(bucketMin: number): string {
  return `WHERE lane < ${String(FENCE_LANE)} AND bucket >= ${String(bucketMin)}`;
}

export interface LaneStateSeen {
  readonly lane: number;
  readonly rowCount: number;
  readonly fingerprintSum: string;
  readonly balanceSum: string;
}

/** The newest version of every row that is not deleted, summed per lane: the lake's idea of the bank. */
export async function laneStates(
  trino: TrinoClient,
  bucketMin: number,
  signal: AbortSignal,
): Promise<readonly LaneStateSeen[]> {
  const newest = (table: string, balance: string): string =>
    `SELECT lane, fp, ${balance} AS balance FROM (SELECT id, lane, max_by(op, seq) AS op, ` +
    `max_by(fp, seq) AS fp${table === "accounts" ? ", max_by(balance, seq) AS balance" : ""} ` +
    `FROM ${table} ${loadRowsFrom(bucketMin)} GROUP BY id, lane) WHERE op <> 'd'`;
  const rows = await trino.query(
    `SELECT lane, count(*), CAST(sum(CAST(fp AS DECIMAL(38, 0))) AS VARCHAR), ` +
      `CAST(sum(CAST(balance AS DECIMAL(38, 0))) AS VARCHAR) FROM (` +
      `${newest("users", "CAST(0 AS BIGINT)")} UNION ALL ${newest("accounts", "balance")}) GROUP BY lane`,
    signal,
  );
  return rows.map((row) => ({
    lane: Number(row[0]),
    rowCount: Number(row[1]),
    fingerprintSum: String(row[2]),
    balanceSum: String(row[3]),
  }));
}

export interface LaneBalance {
  readonly lane: number;
  /** Cents, decimal text. */
  readonly balanceSum: string;
}

/** What the accounts of each lane hold in one snapshot of one table, whole or torn: as a dashboard would add them up. */
export async function laneBalances(
  trino: TrinoClient,
  bucketMin: number,
  signal: AbortSignal,
): Promise<readonly LaneBalance[]> {
  const rows = await trino.query(
    `SELECT lane, CAST(sum(CAST(balance AS DECIMAL(38, 0))) AS VARCHAR) FROM (` +
      `SELECT id, lane, max_by(op, seq) AS op, max_by(balance, seq) AS balance ` +
      `FROM accounts ${loadRowsFrom(bucketMin)} GROUP BY id, lane) WHERE op <> 'd' GROUP BY lane`,
    signal,
  );
  return rows.map((row) => ({ lane: Number(row[0]), balanceSum: String(row[1]) }));
}
