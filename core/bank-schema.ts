/**
 * The bank as every hop knows it: PostgreSQL tables, topics, lake columns, control lanes.
 * One place, because load, connector, Flink job, probes and queries must agree on it.
 */

export const BANK_DATABASE = "bank";
export const TOPIC_PREFIX = "dbserver1";
export const BANK_TABLES = ["users", "accounts"] as const;
export type BankTable = (typeof BANK_TABLES)[number];

export function topicOf(table: BankTable): string {
  return topicUnder(TOPIC_PREFIX, table);
}

/** The same topic of a bank whose changes go elsewhere. */
export function topicUnder(prefix: string, table: BankTable): string {
  return `${prefix}.bank.${table}`;
}

export function topicsUnder(prefix: string): readonly string[] {
  return BANK_TABLES.map((table) => topicUnder(prefix, table));
}

/** Writers of control rows: lanes far above those of the load. */
export const FENCE_LANE = 10_000;
export const CANARY_LANE = 10_001;

/**
 * Schema and tables, safe to repeat. REPLICA IDENTITY FULL puts the whole old row into every delete,
 * which is where its lane, sequence and fingerprint come from.
 */
/**
 * Written by the connector itself: on a quiet database its slot would confirm nothing, hold back WAL for ever,
 * and stay temporary on the standbys.
 */
export const HEARTBEAT_TABLE = "bank.heartbeat";
export const HEARTBEAT_SQL = `INSERT INTO ${HEARTBEAT_TABLE} VALUES (1, now()) ON CONFLICT (id) DO UPDATE SET beat_at = now()`;

export const BANK_DDL = `
CREATE SCHEMA IF NOT EXISTS bank;
CREATE TABLE IF NOT EXISTS bank.users (
  id bigint PRIMARY KEY,
  email text NOT NULL,
  name text NOT NULL,
  status text NOT NULL,
  data text NOT NULL,
  lane int NOT NULL,
  seq bigint NOT NULL,
  bucket int NOT NULL,
  fp bigint NOT NULL
);
CREATE TABLE IF NOT EXISTS bank.accounts (
  id bigint PRIMARY KEY,
  user_id bigint NOT NULL,
  balance bigint NOT NULL,
  status text NOT NULL,
  data text NOT NULL,
  lane int NOT NULL,
  seq bigint NOT NULL,
  bucket int NOT NULL,
  fp bigint NOT NULL
);
CREATE TABLE IF NOT EXISTS ${HEARTBEAT_TABLE} (id int PRIMARY KEY, beat_at timestamptz NOT NULL);
ALTER TABLE bank.users REPLICA IDENTITY FULL;
ALTER TABLE bank.accounts REPLICA IDENTITY FULL;
`.trimStart();

/** Columns the change log carries for each table, before the columns that every change has. */
export const LAKE_BUSINESS_COLUMNS: Readonly<Record<BankTable, readonly string[]>> = {
  users: ["id", "email", "name", "status", "data"],
  accounts: ["id", "user_id", "balance", "status", "data"],
};
