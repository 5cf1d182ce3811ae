/** PostgreSQL 18 with logical WAL: the bank's database and, beside it, the Iceberg catalog's. */
import { join } from "node:path";
import { BANK_DATABASE, BANK_DDL } from "../../core/bank-schema.ts";
import type { Component, ComponentClock } from "../../core/contracts/component.ts";
import { withPostgres } from "../clients/postgres.ts";
import { addressOf, eachOrdinal, type InstanceDraft } from "./shape.ts";

export const POSTGRES_PORT = 5432;
/** The connector's replication slot and its publication. */
export const SLOT = "lakeproof_bank";
export const CATALOG_DATABASE = "iceberg";
export const BI_DATABASE = "superset";

/** The lab's networks end at its own nodes; initdb alone would let in nobody but 127.0.0.1. */
export const HBA_RULES = [
  "local all all trust",
  "host all all 0.0.0.0/0 trust",
  "host replication all 0.0.0.0/0 trust",
] as const;

/** To the millisecond, by a statement of its own; Patroni's members are asked the same. */
export const postgresClock: ComponentClock = {
  means: "SELECT clock_timestamp()",
  read: (spec, signal) =>
    withPostgres(addressOf(spec), "postgres", signal, async (client) => {
      const { rows } = await client.query<{ ms: string }>(
        "SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms",
      );
      return { epochMs: Number(rows[0]?.ms), errorMs: 1 };
    }),
};

export const postgres: Component = {
  kind: "postgres",
  artifacts: ["postgres"],
  instances: (context) =>
    eachOrdinal(context, (id, ordinal): InstanceDraft => {
      const bin = join(context.artifact("postgres"), "bin");
      const host = context.host(context.service, ordinal);
      const dataDir = context.dataDir(id);
      const settings = {
        listen_addresses: host,
        port: POSTGRES_PORT,
        unix_socket_directories: "",
        wal_level: "logical",
        max_wal_senders: 10,
        max_replication_slots: 10,
        max_connections: 100,
        shared_buffers: "64MB",
        // Dead peers of the replication link must be noticed before the freshness objective is gone.
        wal_sender_timeout: "20s",
        log_line_prefix: "%m [%p] ",
        timezone: "UTC",
        hba_file: join(dataDir, "pg_hba.conf"),
      };
      return {
        id,
        service: context.service,
        component: "postgres",
        ordinal,
        host,
        ports: { main: POSTGRES_PORT },
        dataDir,
        readyMsMax: 60_000,
        unprivileged: true,
        files: { "pg_hba.conf": `${HBA_RULES.join("\n")}\n` },
        prepare: [
          {
            argv: [
              join(bin, "initdb"),
              ...["-D", join(dataDir, "pgdata"), "-U", "lakeproof", "--auth=trust"],
              ...["-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"],
            ],
          },
        ],
        command: {
          argv: [
            join(bin, "postgres"),
            "-D",
            join(dataDir, "pgdata"),
            ...Object.entries(settings).flatMap(([key, value]) => [
              "-c",
              `${key}=${String(value)}`,
            ]),
          ],
        },
      };
    }),
  probe: async (spec, signal) => {
    await withPostgres(addressOf(spec), "postgres", signal, async (client) => {
      await client.query("CREATE TEMP TABLE probe AS SELECT 1");
    });
  },
  clock: postgresClock,
  configure: async (context, signal) => {
    const address = context.endpoints.address(context.service);
    await createDatabases(address, signal);
    await withPostgres(address, BANK_DATABASE, signal, async (client) => {
      await client.query(BANK_DDL);
    });
  },
};

/** The bank, the Iceberg catalog and the BI tier's metadata, each where it is missing. */
export async function createDatabases(address: string, signal: AbortSignal): Promise<void> {
  await withPostgres(address, "postgres", signal, async (client) => {
    for (const database of [BANK_DATABASE, CATALOG_DATABASE, BI_DATABASE]) {
      const found = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [database]);
      if (found.rowCount === 0) await client.query(`CREATE DATABASE ${database}`);
    }
  });
}
