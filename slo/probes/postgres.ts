/** What PostgreSQL says about the bank's rows and about the slot that feeds the pipeline. */
import type pg from "pg";
import { BANK_DATABASE } from "../../core/bank-schema.ts";
import type { Probe } from "../../core/contracts/probe.ts";
import { LakeproofError } from "../../core/errors.ts";
import { withPostgres } from "../../infra/clients/postgres.ts";

export interface LaneDigestSeen {
  readonly rowCount: number;
  readonly fingerprintSum: string;
  readonly balanceSum: string;
}

/** Sums over the rows a lane owns now, in one snapshot. */
export async function laneDigest(client: pg.Client, lane: number): Promise<LaneDigestSeen> {
  const found = await client.query<{ rows: string; fp: string; balance: string }>(
    `SELECT sum(n)::text AS rows, coalesce(sum(fp), 0)::text AS fp, coalesce(sum(balance), 0)::text AS balance
     FROM (SELECT count(*) AS n, sum(fp) AS fp, 0::numeric AS balance FROM bank.users WHERE lane = $1
           UNION ALL
           SELECT count(*), sum(fp), sum(balance) FROM bank.accounts WHERE lane = $1) AS parts`,
    [lane],
  );
  const row = found.rows[0];
  if (row === undefined) {
    throw new LakeproofError("CLIENT_FAILED", "PostgreSQL returned no digest.", {
      hint: "Read its log.",
    });
  }
  return { rowCount: Number(row.rows), fingerprintSum: row.fp, balanceSum: row.balance };
}

export const slotLag: Probe = {
  name: "postgres.slotLagBytes",
  purpose: "WAL the connector has not confirmed yet.",
  unit: "bytes",
  intervalMs: 2000,
  sample: (endpoints, signal) =>
    withPostgres(endpoints.address("postgres"), BANK_DATABASE, signal, async (client) => {
      const found = await client.query<{ lag: string | null }>(
        `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::text AS lag
         FROM pg_replication_slots WHERE slot_type = 'logical' LIMIT 1`,
      );
      const lag = found.rows[0]?.lag;
      if (lag === undefined || lag === null) {
        throw new LakeproofError("CLIENT_FAILED", "There is no logical slot.", {
          hint: "Read the connector's log.",
        });
      }
      return Number(lag);
    }),
};
