/**
 * Reads a logical slot and throws away what it decodes: what PostgreSQL's decoding carries when nobody behind it
 * is the limit. The slot is temporary, so that it goes with its connection and never holds back WAL.
 */
import { reasonOf } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { WriterConnection } from "../../infra/clients/postgres.ts";
import type { Session } from "../run/session.ts";
import { CAPACITY_DATABASE, CAPACITY_PUBLICATION } from "./own-database.ts";

const SLOT = "lakeproof_capacity";
/** Changes a call returns at least, where there are so many: it ends with the transaction that reaches it. */
const BATCH_COUNT = 10_000;
const IDLE_MS = 50;
const SAMPLE_MS = 1000;

const DECODE_SQL =
  `SELECT count(*)::int AS count FROM pg_logical_slot_get_binary_changes('${SLOT}', NULL, ${String(BATCH_COUNT)}, ` +
  `'proto_version', '1', 'publication_names', '${CAPACITY_PUBLICATION}')`;
const LAG_SQL =
  `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::text AS lag, ` +
  `pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::text AS wal ` +
  `FROM pg_replication_slots WHERE slot_name = '${SLOT}'`;

export interface NullDecoder {
  stop(): Promise<void>;
}

/** Resolves when the slot is there and is being read. Samples go to the session's journal. */
export async function startNullDecoder(session: Session): Promise<NullDecoder> {
  const address = session.lab.endpoints.address("postgres");
  const decoder = new WriterConnection(address, CAPACITY_DATABASE);
  const watcher = new WriterConnection(address, CAPACITY_DATABASE);
  const client = await decoder.client();
  await client.query("SELECT pg_create_logical_replication_slot($1, 'pgoutput', true)", [SLOT]);
  let stopping = false;
  const blind = (error: unknown): void => {
    const reason = reasonOf(error).slice(0, 200);
    session.journal.append({ kind: "probe.blind", probe: "decoder", reason });
  };
  const decode = async (): Promise<void> => {
    while (!stopping) {
      const found = await client.query<{ count: number }>(DECODE_SQL);
      if ((found.rows[0]?.count ?? 0) === 0) await host.sleep(IDLE_MS);
    }
  };
  const reading = decode().catch(blind);
  let busy = false;
  const timer = host.every(SAMPLE_MS, () => {
    if (busy) return;
    busy = true;
    void sampleLag(session, watcher)
      .catch(blind)
      .finally(() => {
        busy = false;
      });
  });
  return {
    stop: async () => {
      stopping = true;
      timer[Symbol.dispose]();
      await reading;
      await Promise.all([decoder.close(), watcher.close()]);
    },
  };
}

async function sampleLag({ journal }: Session, watcher: WriterConnection): Promise<void> {
  const found = await (await watcher.client()).query<{ lag: string; wal: string }>(LAG_SQL);
  const row = found.rows[0];
  if (row === undefined) return;
  const samples = { "decoder.lagBytes": row.lag, "decoder.walBytes": row.wal };
  for (const [probe, text] of Object.entries(samples)) {
    const observed = { value: Number(text), unit: "bytes" } as const;
    journal.append({ kind: "sample.taken", probe, observed });
  }
}
