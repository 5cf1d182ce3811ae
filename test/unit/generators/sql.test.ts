/** Transactions as SQL: quoting that cannot be broken out of, folding that keeps the order. */
import { describe, expect, it } from "vitest";
import { LakeproofError } from "../../../core/errors.ts";
import type { AccountRow, Change, UserRow } from "../../../generators/bank-rows.ts";
import { BANK_DDL } from "../../../core/bank-schema.ts";
import { textSql, txnSql } from "../../../generators/sql.ts";

const user = (id: number, seq: number, changed: Partial<UserRow> = {}): UserRow => ({
  id,
  email: "e",
  name: "n",
  status: "s",
  data: "{}",
  lane: 1,
  seq,
  bucket: 4,
  fp: 77,
  ...changed,
});
const account = (id: number, seq: number): AccountRow => ({
  id,
  userId: 5,
  balance: -250,
  status: "s",
  data: "{}",
  lane: 1,
  seq,
  bucket: 4,
  fp: 88,
});
const sql = (changes: readonly Change[]): string =>
  txnSql({ kind: "transfer", changes, seqMin: 1, seqMax: changes.length });

describe("textSql", () => {
  it.each([
    ["plain", "'plain'"],
    ["O'Brien", "'O''Brien'"],
    ["'); DROP TABLE bank.users; --", "'''); DROP TABLE bank.users; --'"],
    ["back\\slash", "E'back\\\\slash'"],
    ["\\'", "E'\\\\'''"],
    ['Zoë 🏦 $1 \n "x"', "'Zoë 🏦 $1 \n \"x\"'"],
    ["", "''"],
  ])("quotes %j", (text, expected) => {
    expect(textSql(text)).toBe(expected);
  });

  it.each(["a\0b", "\ud800"])("refuses %j", (text) => {
    expect(() => textSql(text)).toThrow(LakeproofError);
  });
});

describe("txnSql", () => {
  it("writes a user and an account in full, one statement a table", () => {
    const text = sql([
      { table: "users", op: "c", row: user(9, 1, { name: "O'Brien" }) },
      { table: "accounts", op: "c", row: account(9, 2) },
    ]);
    expect(text).toBe(
      "BEGIN;" +
        "INSERT INTO bank.users (id,email,name,status,data,lane,seq,bucket,fp) " +
        "VALUES (9,'e','O''Brien','s','{}',1,1,4,77) ON CONFLICT (id) DO UPDATE SET " +
        "email=EXCLUDED.email,name=EXCLUDED.name,status=EXCLUDED.status,data=EXCLUDED.data," +
        "lane=EXCLUDED.lane,seq=EXCLUDED.seq,bucket=EXCLUDED.bucket,fp=EXCLUDED.fp;" +
        "INSERT INTO bank.accounts (id,user_id,balance,status,data,lane,seq,bucket,fp) " +
        "VALUES (9,5,-250,'s','{}',1,2,4,88) ON CONFLICT (id) DO UPDATE SET " +
        "user_id=EXCLUDED.user_id,balance=EXCLUDED.balance,status=EXCLUDED.status," +
        "data=EXCLUDED.data,lane=EXCLUDED.lane,seq=EXCLUDED.seq,bucket=EXCLUDED.bucket," +
        "fp=EXCLUDED.fp;" +
        "COMMIT;",
    );
  });

  it("folds neighbours of one table, but never an id with itself, and keeps the order", () => {
    const upsert = (id: number, seq: number): Change => ({
      table: "accounts",
      op: "u",
      row: account(id, seq),
    });
    const text = sql([
      upsert(1, 1),
      upsert(2, 2),
      upsert(1, 3),
      { table: "accounts", op: "d", id: 1, row: account(1, 3), seq: 4 },
      upsert(3, 5),
      { table: "users", op: "u", row: user(3, 6) },
      upsert(3, 7),
    ]);
    const shape = text.split(";").map((statement) => {
      const ids = [...statement.matchAll(/[(,]\((\d+),|VALUES \((\d+),|id=(\d+)$/g)].map((match) =>
        match.slice(1).join(""),
      );
      return `${statement.split(" ").slice(0, 3).join(" ")} ${ids.join("+")}`.trim();
    });
    expect(shape).toEqual([
      "BEGIN",
      "INSERT INTO bank.accounts 1+2",
      "INSERT INTO bank.accounts 1",
      "DELETE FROM bank.accounts 1",
      "INSERT INTO bank.accounts 3",
      "INSERT INTO bank.users 3",
      "INSERT INTO bank.accounts 3",
      "COMMIT",
      "",
    ]);
  });

  it("refuses a number that is not exact", () => {
    const row = { ...account(1, 1), balance: 0.5 };
    expect(() => sql([{ table: "accounts", op: "u", row }])).toThrow("0.5 is not an exact integer");
  });
});

describe("BANK_DDL", () => {
  it("makes both tables report whole old rows", () => {
    expect(BANK_DDL).toContain("ALTER TABLE bank.users REPLICA IDENTITY FULL;");
    expect(BANK_DDL).toContain("ALTER TABLE bank.accounts REPLICA IDENTITY FULL;");
  });
});
