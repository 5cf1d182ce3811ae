/** One PostgreSQL server as it tells about itself: asked at its own address, whoever leads. */
import type { DatabaseServer, Postmaster, SlotCopy } from "../core/contracts/fault.ts";
import { withPostgres } from "./clients/postgres.ts";
import pg from "pg";

/** Captured by nobody, and there on every server. */
const DATABASE = "postgres";

/** `address` is "host:port". */
export function openDatabaseServer(address: string): DatabaseServer {
  const ask = <T>(signal: AbortSignal, work: (client: pg.Client) => Promise<T>): Promise<T> =>
    withPostgres(address, DATABASE, signal, work);
  return {
    isPrimary: (signal) =>
      ask(signal, async (client) => {
        const { rows } = await client.query<{ standby: boolean }>(
          "SELECT pg_is_in_recovery() AS standby",
        );
        return rows[0]?.standby === false;
      }),
    postmaster: (signal) => ask(signal, postmasterOf),
    write: (table, signal) =>
      ask(signal, async (client) => {
        // No statement time-out: a commit whose wait for a standby is cancelled counts as acknowledged.
        await client.query(`CREATE TABLE ${pg.escapeIdentifier(table)} (a int)`);
      }),
    slot: (name, signal) => ask(signal, (client) => slotOn(client, name)),
  };
}

/** The first line of its file is its process id. */
async function postmasterOf(client: pg.Client): Promise<Postmaster> {
  const { rows } = await client.query<{ pid: string; started: string }>(
    `SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1) AS pid,
      pg_postmaster_start_time()::text AS started`,
  );
  return { pid: Number(rows[0]?.pid), startedAt: rows[0]?.started ?? "" };
}

async function slotOn(client: pg.Client, name: string): Promise<SlotCopy | undefined> {
  const { rows } = await client.query<{
    active: boolean;
    synced: boolean;
    temporary: boolean;
    confirmed_flush_lsn: string | null;
  }>(
    `SELECT active, synced, temporary, confirmed_flush_lsn::text
      FROM pg_replication_slots WHERE slot_name = $1`,
    [name],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const { active, synced, temporary, confirmed_flush_lsn: confirmedLsn } = row;
  return { active, synced, temporary, ...(confirmedLsn === null ? {} : { confirmedLsn }) };
}
