/**
 * The lake's catalog as its writers use it: one row a table, whose update is the commit. A lock on that row holds a
 * commit back at the one moment when its outcome is nobody's but the database's.
 */
import type pg from "pg";
import type { HeldCommits, LakeCatalog } from "../core/contracts/fault.ts";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { openPostgres, withPostgres } from "./clients/postgres.ts";
import { CATALOG_DATABASE } from "./components/postgres.ts";

const ASK_MS_MAX = 10_000;

/** As in the lake's DDL. */
const CATALOG_NAME = "iceberg";
const NAMESPACE = "raw_data";
const OF_TABLE = "catalog_name = $1 AND table_namespace = $2 AND table_name = $3";

/** `address`: where the server that takes writes is reached. */
export function openLakeCatalog(address: string, table: string): LakeCatalog {
  return {
    table,
    hold: (signal) => hold(address, table, signal),
    metadataLocation: (signal) => metadataLocation(address, table, signal),
  };
}

function metadataLocation(address: string, table: string, signal: AbortSignal): Promise<string> {
  const limit = host.deadline(ASK_MS_MAX, signal);
  return withPostgres(address, CATALOG_DATABASE, limit, async (client) => {
    const { rows } = await client.query<{ metadata_location: string }>(
      `SELECT metadata_location FROM iceberg_tables WHERE ${OF_TABLE}`,
      [CATALOG_NAME, NAMESPACE, table],
    );
    const [row] = rows;
    if (row === undefined) throw noTable(table);
    return row.metadata_location;
  });
}

async function hold(address: string, table: string, signal: AbortSignal): Promise<HeldCommits> {
  signal.throwIfAborted();
  const client = openPostgres(address, CATALOG_DATABASE);
  try {
    await client.connect();
    await client.query("BEGIN");
    const { rowCount } = await client.query(
      `SELECT 1 FROM iceberg_tables WHERE ${OF_TABLE} FOR UPDATE`,
      [CATALOG_NAME, NAMESPACE, table],
    );
    if (rowCount !== 1) throw noTable(table);
    const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    const holderPid = rows[0]?.pid ?? 0;
    return {
      waitingCount: (stop) => waitingCount(address, holderPid, stop),
      release: () => release(client),
    };
  } catch (error) {
    await release(client);
    throw error;
  }
}

/** Asked on another connection: the one that holds stays silent. */
function waitingCount(address: string, holderPid: number, signal: AbortSignal): Promise<number> {
  const limit = host.deadline(ASK_MS_MAX, signal);
  return withPostgres(address, CATALOG_DATABASE, limit, async (client) => {
    const { rows } = await client.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_stat_activity
        WHERE $1::int = ANY (pg_blocking_pids(pid)) AND query ILIKE 'UPDATE%iceberg_tables%'`,
      [holderPid],
    );
    return rows[0]?.n ?? 0;
  });
}

/** The end of the connection is the end of its transaction. */
async function release(client: pg.Client): Promise<void> {
  await client.end().catch(() => undefined);
}

function noTable(table: string): LakeproofError {
  return new LakeproofError("FAULT_FAILED", `The lake's catalog has no table ${table}.`, {
    hint: "Aim it at a topology with a lakehouse, once its job runs.",
  });
}
