/** Changes read back from Debezium's envelopes are the changes the bank made. */
import { describe, expect, it } from "vitest";
import { LakeproofError } from "../../../core/errors.ts";
import { seqOf } from "../../../generators/bank-rows.ts";
import type { AccountRow, Change, UserRow } from "../../../generators/bank-rows.ts";
import { buildDictionaries, openBankLane } from "../../../generators/bank.ts";
import { bankEvent, readEnvelope, verifyFingerprint } from "../../../generators/envelope.ts";

function columnsOf(row: UserRow | AccountRow): Record<string, unknown> {
  if ("email" in row) return { ...row };
  const { userId, ...rest } = row;
  return { ...rest, user_id: userId };
}

/** As the connector writes it with schemas switched off. */
function envelopeOf(change: Change): unknown {
  const columns = columnsOf(change.row);
  const value = {
    before: change.op === "d" ? columns : null,
    after: change.op === "d" ? null : columns,
    source: { db: "bank", schema: "bank", table: change.table, lsn: 1 },
    op: change.op,
    ts_ms: 1,
  };
  return JSON.parse(JSON.stringify(value));
}

function sampleChanges(): readonly Change[] {
  const dictionaries = buildDictionaries(1n);
  const lane = openBankLane({ seed: 1n, lane: 0, laneCount: 2, userCount: 10, dictionaries });
  const changes: Change[] = [];
  for (let txn = lane.populate(0, 9); txn; txn = lane.populate(0, 9)) changes.push(...txn.changes);
  for (let index = 0; index < 300; index += 1) changes.push(...lane.next(index).changes);
  return changes;
}

const changes = sampleChanges();
const [accountEnvelope = { after: {} }] = changes
  .filter(({ table, op }) => table === "accounts" && op === "u")
  .map((change) => envelopeOf(change) as { readonly after: Readonly<Record<string, unknown>> });

describe("readEnvelope", () => {
  it("gives every change back, deletes one sequence number after the row they remove", () => {
    const events = changes.map((change) => readEnvelope(envelopeOf(change)));
    expect(events.map((event) => event?.seq)).toEqual(changes.map(seqOf));
    expect(events.map((event) => event?.row)).toEqual(changes.map(({ row }) => row));
    expect(events.map((event) => event?.op)).toEqual(changes.map(({ op }) => op));
    expect(events.map((event) => event?.table)).toEqual(changes.map(({ table }) => table));
    expect(events.every((event) => event !== undefined && verifyFingerprint(event.row))).toBe(true);
    expect(new Set(events.map((event) => event?.op))).toEqual(new Set(["c", "u", "d"]));
  });

  it.each([
    null,
    undefined,
    "text",
    [],
    {},
    { ts_ms: 1 },
    { op: "t", source: { schema: "bank", table: "users" } },
    { op: "c", source: { schema: "bank", table: "other" }, after: {} },
    { op: "c", source: { schema: "other", table: "users" }, after: {} },
  ])("passes over what is no change of a bank row: %j", (json) => {
    expect(readEnvelope(json)).toBeUndefined();
  });

  it.each([{ balance: 1 }, { balance: null }, { status: null }, { data: "{ }" }, { user_id: 0 }])(
    "reads a row damaged by %j, and the fingerprint tells",
    (damage) => {
      const event = readEnvelope({
        ...accountEnvelope,
        after: { ...accountEnvelope.after, ...damage },
      });
      expect(event?.lane).toBe(0);
      expect(event !== undefined && verifyFingerprint(event.row)).toBe(false);
    },
  );

  it.each(["id", "lane", "seq", "bucket", "fp"])("refuses a row without its %s", (column) => {
    const after = { ...accountEnvelope.after, [column]: undefined };
    expect(() => readEnvelope({ ...accountEnvelope, after })).toThrow(`${column} is missing`);
  });

  it("refuses a delete without the old row", () => {
    const source = { schema: "bank", table: "accounts" };
    expect(() => readEnvelope({ op: "d", before: null, after: null, source })).toThrow(
      LakeproofError,
    );
  });
});

describe("bankEvent", () => {
  it("reads numbers that a client hands over as text", () => {
    const after = accountEnvelope.after;
    const texts = Object.fromEntries(
      Object.entries(after).map(([column, value]) => [column, String(value)]),
    );
    expect(bankEvent("accounts", "u", texts)).toEqual(bankEvent("accounts", "u", after));
  });
});
