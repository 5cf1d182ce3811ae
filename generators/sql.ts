/** The bank as SQL: its schema, and each transaction as one text for PostgreSQL's simple protocol. */
import { LakeproofError } from "../core/errors.ts";
import type { AccountRow, BankTable, Change, Txn, Upsert, UserRow } from "./bank-rows.ts";

const COLUMNS: Readonly<Record<BankTable, readonly string[]>> = {
  users: ["id", "email", "name", "status", "data", "lane", "seq", "bucket", "fp"],
  accounts: ["id", "user_id", "balance", "status", "data", "lane", "seq", "bucket", "fp"],
};

const UPSERT_HEADS: Readonly<Record<BankTable, string>> = {
  users: upsertHead("users"),
  accounts: upsertHead("accounts"),
};
const UPSERT_TAILS: Readonly<Record<BankTable, string>> = {
  users: upsertTail("users"),
  accounts: upsertTail("accounts"),
};

/** `BEGIN;…COMMIT;` with the changes in their order. */
export function txnSql(txn: Txn): string {
  const statements = ["BEGIN"];
  let upserts: Upsert[] = [];
  const ids = new Set<number>();
  const flush = (): void => {
    if (upserts.length > 0) statements.push(upsertSql(upserts));
    upserts = [];
    ids.clear();
  };
  for (const change of txn.changes) {
    if (change.op === "d") {
      flush();
      statements.push(`DELETE FROM bank.${change.table} WHERE id=${integerSql(change.id)}`);
      continue;
    }
    // ON CONFLICT refuses to touch one row twice in a statement, so a repeated id starts a new one.
    if (upserts[0]?.table !== change.table || ids.has(change.row.id)) flush();
    upserts.push(change);
    ids.add(change.row.id);
  }
  flush();
  statements.push("COMMIT;");
  return statements.join(";");
}

/** A text literal that means the same whatever `standard_conforming_strings` is set to. */
export function textSql(text: string): string {
  if (text.includes("\0") || !text.isWellFormed()) {
    throw new LakeproofError(
      "INTERNAL",
      "PostgreSQL cannot store NUL or a lone surrogate in a text.",
      {
        hint: "Build the text from whole Unicode characters other than NUL.",
      },
    );
  }
  const quoted = text.replaceAll("'", "''");
  return quoted.includes("\\") ? `E'${quoted.replaceAll("\\", "\\\\")}'` : `'${quoted}'`;
}

function integerSql(value: number): string {
  if (!Number.isSafeInteger(value)) {
    throw new LakeproofError("INTERNAL", `${String(value)} is not an exact integer.`, {
      hint: "Keep ids, balances and sequences within 2^53.",
    });
  }
  return String(value);
}

function upsertSql(upserts: readonly Upsert[]): string {
  const table = upserts[0]?.table ?? "users";
  const tuples = upserts.map((upsert) => tupleSql(upsert)).join(",");
  return `${UPSERT_HEADS[table]}${tuples}${UPSERT_TAILS[table]}`;
}

function tupleSql(upsert: Exclude<Change, { readonly op: "d" }>): string {
  const content =
    upsert.table === "users" ? userContentSql(upsert.row) : accountContentSql(upsert.row);
  const { id, lane, seq, bucket, fp } = upsert.row;
  return `(${integerSql(id)},${content},${[lane, seq, bucket, fp].map(integerSql).join(",")})`;
}

function userContentSql(row: UserRow): string {
  return [row.email, row.name, row.status, row.data].map(textSql).join(",");
}

function accountContentSql(row: AccountRow): string {
  const numbers = `${integerSql(row.userId)},${integerSql(row.balance)}`;
  return `${numbers},${textSql(row.status)},${textSql(row.data)}`;
}

function upsertHead(table: BankTable): string {
  return `INSERT INTO bank.${table} (${COLUMNS[table].join(",")}) VALUES `;
}

function upsertTail(table: BankTable): string {
  const updated = COLUMNS[table].filter((column) => column !== "id");
  const pairs = updated.map((column) => `${column}=EXCLUDED.${column}`);
  return ` ON CONFLICT (id) DO UPDATE SET ${pairs.join(",")}`;
}
