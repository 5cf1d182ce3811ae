/** A bank of its own beside the real one: load that PostgreSQL must carry and the pipeline must not see. */
import { BANK_DDL } from "../../core/bank-schema.ts";
import { withPostgres } from "../../infra/clients/postgres.ts";

export const CAPACITY_DATABASE = "lakeproof_capacity";
export const CAPACITY_PUBLICATION = "lakeproof_capacity";

/** Makes it anew, with the same tables and a publication for whoever decodes its changes. */
export async function makeOwnDatabase(address: string, signal: AbortSignal): Promise<void> {
  await dropOwnDatabase(address, signal);
  await withPostgres(address, "postgres", signal, (client) =>
    client.query(`CREATE DATABASE ${CAPACITY_DATABASE}`),
  );
  await withPostgres(address, CAPACITY_DATABASE, signal, (client) =>
    client.query(
      `${BANK_DDL}CREATE PUBLICATION ${CAPACITY_PUBLICATION} FOR TABLE bank.users, bank.accounts;`,
    ),
  );
}

/** Whoever is still connected to it is one of ours: nobody else knows it. */
export async function dropOwnDatabase(address: string, signal: AbortSignal): Promise<void> {
  await withPostgres(address, "postgres", signal, (client) =>
    client.query(`DROP DATABASE IF EXISTS ${CAPACITY_DATABASE} WITH (FORCE)`),
  );
}
