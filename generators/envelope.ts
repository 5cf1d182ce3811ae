/** Reads the bank's changes back out of Debezium's envelopes (JSON without schemas) and of lake rows. */
import { LakeproofError } from "../core/errors.ts";
import type { AccountRow, BankTable, UserRow } from "./bank-rows.ts";
import { fingerprintAccount, fingerprintUser } from "./fingerprint.ts";

/** r: read by a snapshot of the connector, otherwise as in `Change`. */
export type EnvelopeOp = "c" | "u" | "d" | "r";

export type BankEvent = {
  readonly op: EnvelopeOp;
  readonly id: number;
  readonly lane: number;
  /** For a delete the number after that of the row it removed. */
  readonly seq: number;
  readonly bucket: number;
  /** As carried by the row; for a delete that of the row it removed. */
  readonly fp: number;
} & (
  | { readonly table: "users"; readonly row: UserRow }
  | { readonly table: "accounts"; readonly row: AccountRow }
);

type Columns = Readonly<Record<string, unknown>>;

/**
 * `json` is the parsed value of one record. Undefined for what is no change of a bank row: tombstones,
 * heartbeats, truncates, other tables. Throws CLIENT_FAILED when a bank row lacks its identity.
 */
export function readEnvelope(json: unknown): BankEvent | undefined {
  if (!isColumns(json) || !isColumns(json["source"])) return undefined;
  const { schema, table } = json["source"];
  const op = json["op"];
  if (schema !== "bank" || !isBankTable(table) || !isOp(op)) return undefined;
  const columns = json[op === "d" ? "before" : "after"];
  if (!isColumns(columns)) {
    throw unreadable(table, `an event with op ${op} without ${op === "d" ? "before" : "after"}`);
  }
  return bankEvent(table, op, columns);
}

/**
 * When PostgreSQL committed the change, in milliseconds since 1970 with fractions. Undefined for a row that a snapshot of
 * the connector told of: that has the time of the snapshot.
 */
export function sourceEpochMs(json: unknown): number | undefined {
  if (!isColumns(json) || !isColumns(json["source"]) || json["op"] === "r") return undefined;
  const { ts_us: epochUs, ts_ms: epochMs } = json["source"];
  if (typeof epochUs === "number") return epochUs / 1000;
  return typeof epochMs === "number" ? epochMs : undefined;
}

/** The same from a row of the lake, whose columns are those of the table. */
export function bankEvent(table: BankTable, op: EnvelopeOp, columns: Columns): BankEvent {
  const typed =
    table === "users" ? { table, row: userRowOf(columns) } : { table, row: accountRowOf(columns) };
  const { id, lane, seq, bucket, fp } = typed.row;
  return { ...typed, op, id, lane, seq: op === "d" ? seq + 1 : seq, bucket, fp };
}

/** True when the row still has the content it was written with. */
export function verifyFingerprint(row: UserRow | AccountRow): boolean {
  return row.fp === ("email" in row ? fingerprintUser(row) : fingerprintAccount(row));
}

/** `columns` by their names in the database. A damaged text or amount is kept as such: see `text`. */
function userRowOf(columns: Columns): UserRow {
  return {
    id: identity(columns, "users", "id"),
    email: text(columns["email"]),
    name: text(columns["name"]),
    status: text(columns["status"]),
    data: text(columns["data"]),
    ...laneOf(columns, "users"),
  };
}

/** `columns` by their names in the database. */
function accountRowOf(columns: Columns): AccountRow {
  return {
    id: identity(columns, "accounts", "id"),
    userId: amount(columns["user_id"]),
    balance: amount(columns["balance"]),
    status: text(columns["status"]),
    data: text(columns["data"]),
    ...laneOf(columns, "accounts"),
  };
}

function laneOf(
  columns: Columns,
  table: BankTable,
): Pick<UserRow, "lane" | "seq" | "bucket" | "fp"> {
  return {
    lane: identity(columns, table, "lane"),
    seq: identity(columns, table, "seq"),
    bucket: identity(columns, table, "bucket"),
    fp: identity(columns, table, "fp"),
  };
}

/** The columns without which an event cannot be told from any other. */
function identity(columns: Columns, table: BankTable, column: string): number {
  const value = amount(columns[column]);
  if (!Number.isSafeInteger(value)) {
    throw unreadable(table, `${column} is ${describe(columns[column])}`);
  }
  return value;
}

function describe(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value);
}

/** Anything but a whole number becomes NaN, which no fingerprint matches: corrupted, not a crash. */
function amount(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : Number.NaN;
}

/** Anything but a text becomes the empty text, which no row of the bank has: corrupted, not a crash. */
function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function unreadable(table: BankTable, what: string): LakeproofError {
  return new LakeproofError(
    "CLIENT_FAILED",
    `A change of bank.${table} cannot be identified: ${what}.`,
    {
      hint: `Check that bank.${table} has REPLICA IDENTITY FULL and that the connector drops no columns.`,
    },
  );
}

function isColumns(value: unknown): value is Columns {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isBankTable(value: unknown): value is BankTable {
  return value === "users" || value === "accounts";
}

function isOp(value: unknown): value is EnvelopeOp {
  return value === "c" || value === "u" || value === "d" || value === "r";
}
