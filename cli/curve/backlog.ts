/** The database the curve is measured on: tables of the bank's shape, a publication for each slot, and the backlog. */
import { withPostgres } from "../../infra/clients/postgres.ts";

export const CURVE_DATABASE = "lakeproof_curve";
const LOAD_PROCEDURE = "bank.load_backlog";
/** As many rows as the largest transaction changes, so that none is changed twice in one. */
const ROW_COUNT_MIN = 10_000;
/** Bytes of the free column: what the bank's own rows carry. */
const DATA_BYTES = 96;

const tableOf = (index: number): string => `accounts_${String(index)}`;
export const slotOf = (slot: number): string => `lakeproof_curve_${String(slot)}`;

/** Tables of one slot when the same tables are dealt out to so many. */
export function tablesOf(slot: number, slotCount: number, tableCount: number): readonly string[] {
  return Array.from({ length: tableCount }, (_, index) => index)
    .filter((index) => index % slotCount === slot)
    .map((index) => `bank.${tableOf(index)}`);
}

/** Makes it anew. The rows are there before any slot is. */
export async function makeCurveDatabase(
  address: string,
  tableCount: number,
  rowCount: number,
  signal: AbortSignal,
): Promise<void> {
  await dropCurveDatabase(address, signal);
  await withPostgres(address, "postgres", signal, (client) =>
    client.query(`CREATE DATABASE ${CURVE_DATABASE}`),
  );
  const rows = String(Math.max(ROW_COUNT_MIN, rowCount));
  const tables = Array.from({ length: tableCount }, (_, index) => {
    const table = `bank.${tableOf(index)}`;
    return `CREATE TABLE ${table} (
        id bigint PRIMARY KEY, user_id bigint NOT NULL, balance bigint NOT NULL, status text NOT NULL,
        data text NOT NULL, lane int NOT NULL, seq bigint NOT NULL, bucket int NOT NULL, fp bigint NOT NULL
      ) WITH (fillfactor = 50);
      ALTER TABLE ${table} REPLICA IDENTITY FULL;
      INSERT INTO ${table} SELECT n, n / 2, 1000000, 'open',
        left(md5(n::text) || md5((n + 1)::text) || md5((n + 2)::text), ${String(DATA_BYTES)}), ${String(index)}, 0, n % 128, n * 7919
        FROM generate_series(1, ${rows}) AS n;`;
  });
  await withPostgres(address, CURVE_DATABASE, signal, (client) =>
    client.query(`CREATE SCHEMA bank; ${tables.join("\n")} ${procedure(rows)}`),
  );
}

/** Commits inside the server: what is measured is what the connector makes of it, not how it got there. */
function procedure(rows: string): string {
  return `CREATE PROCEDURE ${LOAD_PROCEDURE}(event_count int, size int, table_count int) LANGUAGE plpgsql AS $$
    DECLARE
      first int := 1;
    BEGIN
      FOR txn IN 0 .. event_count / size - 1 LOOP
        IF txn % table_count = 0 AND txn > 0 THEN
          first := first + size;
          IF first + size - 1 > ${rows} THEN first := 1; END IF;
        END IF;
        EXECUTE format('UPDATE bank.accounts_%s SET balance = balance + 1, seq = seq + 1, fp = fp + 1
          WHERE id BETWEEN $1 AND $2', txn % table_count) USING first, first + size - 1;
        COMMIT;
      END LOOP;
    END $$;`;
}

/** Changes `eventCount` rows, dealt out evenly over the tables. Returns the WAL it took, in bytes. */
export async function writeBacklog(
  address: string,
  eventCount: number,
  transactionRowCount: number,
  tableCount: number,
  signal: AbortSignal,
): Promise<number> {
  const POSITION = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::text AS bytes";
  return withPostgres(address, CURVE_DATABASE, signal, async (client) => {
    const before = await client.query<{ bytes: string }>(POSITION);
    await client.query("SET synchronous_commit = off");
    const sizes = [eventCount, transactionRowCount, tableCount].map(String).join(", ");
    await client.query(`CALL ${LOAD_PROCEDURE}(${sizes})`);
    const after = await client.query<{ bytes: string }>(POSITION);
    return Number(after.rows[0]?.bytes) - Number(before.rows[0]?.bytes);
  });
}

/** One change to each table, so that each connector has an offset of its own to come back to. */
export async function primeTables(
  address: string,
  tableCount: number,
  signal: AbortSignal,
): Promise<void> {
  await writeBacklog(address, tableCount, 1, tableCount, signal);
}

export async function makePublications(
  address: string,
  slotCount: number,
  tableCount: number,
  signal: AbortSignal,
): Promise<void> {
  const statements = Array.from({ length: slotCount }, (_, slot) => {
    const tables = tablesOf(slot, slotCount, tableCount).join(", ");
    return `DROP PUBLICATION IF EXISTS ${slotOf(slot)}; CREATE PUBLICATION ${slotOf(slot)} FOR TABLE ${tables};`;
  });
  await withPostgres(address, CURVE_DATABASE, signal, (client) =>
    client.query(statements.join("\n")),
  );
}

/** Whether so many of the curve's slots are being read. */
export async function activeSlotCount(address: string, signal: AbortSignal): Promise<number> {
  return withPostgres(address, CURVE_DATABASE, signal, async (client) => {
    const { rows } = await client.query<{ count: number }>(
      "SELECT count(*)::int AS count FROM pg_replication_slots WHERE database = $1 AND active",
      [CURVE_DATABASE],
    );
    return rows[0]?.count ?? 0;
  });
}

export async function dropSlots(address: string, signal: AbortSignal): Promise<void> {
  await withPostgres(address, "postgres", signal, (client) =>
    client.query(
      "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = $1 AND NOT active",
      [CURVE_DATABASE],
    ),
  );
}

/** Slots keep a database from being dropped, so they go first. */
export async function dropCurveDatabase(address: string, signal: AbortSignal): Promise<void> {
  await dropSlots(address, signal);
  await withPostgres(address, "postgres", signal, (client) =>
    client.query(`DROP DATABASE IF EXISTS ${CURVE_DATABASE} WITH (FORCE)`),
  );
}
