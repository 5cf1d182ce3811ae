/**
 * Encoded changes against records of a real connector (Debezium 3.7.0.Final on Connect 4.3.1, read from the
 * broker's log): the same rows at the same position give the same bytes, key, value and partition.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { topicOf } from "../../../core/bank-schema.ts";
import type { AccountRow, Change, Txn, UserRow } from "../../../generators/bank-rows.ts";
import { seqOf } from "../../../generators/bank-rows.ts";
import { buildDictionaries, openBankLane } from "../../../generators/bank.ts";
import { fenceTxn, replacing } from "../../../generators/control-rows.ts";
import {
  bytesMax,
  connectorHeaders,
  EnvelopeEncoder,
  positionIn,
  putKey,
} from "../../../generators/envelope-encoder.ts";
import type { EnvelopeRecord, SourcePosition } from "../../../generators/envelope-encoder.ts";
import { bankEvent, readEnvelope, verifyFingerprint } from "../../../generators/envelope.ts";
import { partitionOf } from "../../../generators/kafka-partition.ts";

interface Recorded {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly value: string;
  readonly headers: readonly (readonly [string, string])[];
}

interface Envelope {
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly source: {
    readonly version: string;
    readonly sequence: string;
    readonly lsn: number;
    readonly txId: number;
    readonly ts_us: number;
  };
  readonly ts_us: number;
}

const RECORDED = readFileSync(
  new URL("../../fixtures/connector-records.jsonl", import.meta.url),
  "utf8",
)
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Recorded);

const PARTITION_COUNT = 10;
const VERSION = "3.7.0.Final";

const encoder = (tombstonesOnDelete = false): EnvelopeEncoder =>
  new EnvelopeEncoder({ connectorVersion: VERSION, tombstonesOnDelete });

function changeIn(record: Recorded): Change {
  const event = readEnvelope(JSON.parse(record.value));
  if (event === undefined || event.op === "r") throw new RangeError(record.value);
  const { before } = JSON.parse(record.value) as Envelope;
  const { op } = event;
  if (event.table === "users") {
    const { table, row } = event;
    if (op === "d") return { table, op, id: row.id, row, seq: event.seq };
    return before === null
      ? { table, op, row }
      : { table, op, row, before: bankEvent(table, "u", before).row as UserRow };
  }
  const { table, row } = event;
  if (op === "d") return { table, op, id: row.id, row, seq: event.seq };
  return before === null
    ? { table, op, row }
    : { table, op, row, before: bankEvent(table, "u", before).row as AccountRow };
}

function positionOf(record: Recorded): SourcePosition {
  const { source, ts_us: processedUs } = JSON.parse(record.value) as Envelope;
  const [lastCommit] = JSON.parse(source.sequence) as readonly (string | null)[];
  return {
    lastCommitLsn: lastCommit === null ? undefined : Number(lastCommit),
    lsn: source.lsn,
    txId: source.txId,
    commitUs: source.ts_us,
    processedUs,
  };
}

/** The connector's clock has nanoseconds; ours ends at microseconds. */
const withoutNanoseconds = (value: string): string => value.replace(/\d{3}\}$/, "000}");

describe("against a real connector", () => {
  it("has records of every operation, of both tables, wide, negative and beyond ASCII to compare", () => {
    const kinds = RECORDED.map(changeIn).map(({ table, op }) => `${table} ${op}`);
    expect(new Set(kinds)).toEqual(
      new Set(["users c", "users u", "accounts c", "accounts u", "accounts d"]),
    );
    expect(RECORDED.some(({ value }) => value.length > 2_000)).toBe(true);
    expect(RECORDED.some(({ value }) => /[^ -~]/.test(value))).toBe(true);
    expect(RECORDED.some(({ key }) => key.includes("-"))).toBe(true);
  });

  it.each(RECORDED.map((record) => [record.topic, record.key, record] as const))(
    "writes %s %s byte for byte",
    (topic, key, record) => {
      const encoded = encoder().encode(changeIn(record), positionOf(record));
      expect(encoded.value?.toString("utf8")).toBe(withoutNanoseconds(record.value));
      expect(encoded.key.toString("utf8")).toBe(key);
      expect(topicOf(encoded.table)).toBe(topic);
      expect(partitionOf(encoded.key, PARTITION_COUNT)).toBe(record.partition);
    },
  );

  it("puts the connector's headers on, in its order", () => {
    for (const { headers } of RECORDED) {
      const runId = headers.at(-1)?.[1] ?? "";
      expect([...connectorHeaders(runId)]).toEqual(headers);
    }
  });

  it("has null before the first position of a slot, as the connector's first record has", () => {
    const [record] = RECORDED;
    if (record === undefined) throw new RangeError("no record");
    const position = { ...positionOf(record), lastCommitLsn: undefined };
    const { value } = encoder().encode(changeIn(record), position);
    const { source } = JSON.parse(value?.toString() ?? "") as Envelope;
    expect(source.sequence).toBe(`[null,"${String(position.lsn)}"]`);
  });
});

const LOG = { lane: 1, laneCount: 3, startLsn: 1_000_000, startTxId: 700 };
const TIMES = { commitUs: 1_795_360_867_790_869, processedUs: 1_795_360_867_813_297 };

function operated(txnCount: number): readonly Txn[] {
  const lane = openBankLane({
    seed: 9n,
    lane: LOG.lane,
    laneCount: LOG.laneCount,
    userCount: 50,
    dictionaries: buildDictionaries(1n),
    opening: "implied",
    beforeImages: true,
    profile: { wideUserRatio: 0.2, wideAccountRatio: 0.1, wideBytes: 4_000 },
  });
  return Array.from({ length: txnCount }, () => lane.next(179_536_141));
}

describe("a lane's transactions", () => {
  const txns = operated(3_000);
  const records: EnvelopeRecord[] = [];
  const writer = encoder();
  for (const txn of txns) {
    writer.encodeTxn(txn, LOG, TIMES, (record) => void records.push(record));
  }
  const changes = txns.flatMap((txn) => txn.changes);

  it("are read back change by change, over many chunks of memory", () => {
    const size = records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
    expect(size).toBeGreaterThan(4 * 2 ** 20);
    const events = records.map(({ value }) => readEnvelope(JSON.parse(value?.toString() ?? "")));
    expect(events.map((event) => event?.row)).toEqual(changes.map(({ row }) => row));
    expect(events.map((event) => event?.seq)).toEqual(changes.map(seqOf));
    expect(events.map((event) => event?.op)).toEqual(changes.map(({ op }) => op));
    expect(events.every((event) => event !== undefined && verifyFingerprint(event.row))).toBe(true);
    const keys = records.map(({ key }) => JSON.parse(key.toString()) as unknown);
    expect(keys).toEqual(changes.map(({ row }) => ({ id: row.id })));
  });

  it("are the same written into memory of the caller's, within the room they are said to need", () => {
    const other = encoder();
    const memory = Buffer.alloc(1 << 16);
    let index = 0;
    for (const txn of txns.slice(0, 500)) {
      for (const change of txn.changes) {
        const keyEnd = putKey(memory, 0, change);
        const position = positionIn(LOG, txn, seqOf(change), TIMES);
        const end = other.putValue(memory, keyEnd, change, position);
        expect(end).toBeLessThanOrEqual(bytesMax(change));
        expect(memory.subarray(0, keyEnd).equals(records[index]?.key ?? memory)).toBe(true);
        expect(memory.subarray(keyEnd, end).equals(records[index]?.value ?? memory)).toBe(true);
        index += 1;
      }
    }
  });

  it("go into the memory handed out, which is asked for only when the last is full", () => {
    const sizes: number[] = [];
    const other = new EnvelopeEncoder({
      connectorVersion: VERSION,
      tombstonesOnDelete: false,
      allocate: (byteCount) => {
        sizes.push(byteCount);
        return Buffer.alloc(byteCount);
      },
    });
    let byteCount = 0;
    for (const txn of txns) {
      other.encodeTxn(txn, LOG, TIMES, ({ key, value }) => {
        byteCount += key.length + (value?.length ?? 0);
      });
    }
    const room = sizes.reduce((sum, size) => sum + size, 0);
    expect(room).toBeGreaterThan(byteCount);
    // The last chunk, and at the end of each the room that the next record might have needed.
    expect(room - byteCount).toBeLessThan(2 ** 20 + sizes.length * 2 ** 16);
  });

  it("carry before each update the row as it was, and before each delete the row it ends", () => {
    const last = new Map<string, string>();
    const wrong: string[] = [];
    for (const { table, key, value } of records) {
      const envelope = JSON.parse(value?.toString() ?? "") as Envelope & { after: unknown };
      const row = `${table}/${key.toString()}`;
      // Both images have their columns in the table's order.
      const before = JSON.stringify(envelope.before);
      if (last.has(row) && before !== last.get(row)) wrong.push(row);
      last.set(row, JSON.stringify(envelope.after));
    }
    expect(wrong).toEqual([]);
    expect(last.size).toBeGreaterThan(50);
  });

  it("stand in one log with other lanes': ascending in the lane, one commit for each, none twice", () => {
    const positionsOf = (lane: number): readonly SourcePosition[] =>
      txns.flatMap((txn) =>
        txn.changes.map((change) => positionIn({ ...LOG, lane }, txn, seqOf(change), TIMES)),
      );
    const lanes = [0, 1, 2].map(positionsOf);
    const inOrder = (position: SourcePosition, before: SourcePosition | undefined): boolean => {
      const { lsn, lastCommitLsn = 0, txId } = position;
      if (lsn <= (before?.lsn ?? LOG.startLsn) || lastCommitLsn >= lsn) return false;
      return before?.txId === txId
        ? lastCommitLsn === before.lastCommitLsn
        : lastCommitLsn > (before?.lsn ?? 0);
    };
    for (const positions of lanes) {
      expect(
        positions.filter((position, index) => !inOrder(position, positions[index - 1])),
      ).toEqual([]);
    }
    const lsns = lanes.flat().map(({ lsn }) => lsn);
    expect(new Set(lsns).size).toBe(lsns.length);
    const txIds = lanes.map((positions) => new Set(positions.map(({ txId }) => txId)));
    expect(new Set(txIds.flatMap((ids) => [...ids])).size).toBe(3 * txns.length);
  });

  it("get a tombstone with the same key after each delete, where the connector writes them", () => {
    const deletes = changes.filter(({ op }) => op === "d");
    expect(records.filter(({ value }) => value === null)).toEqual([]);
    const withTombstones: EnvelopeRecord[] = [];
    const other = encoder(true);
    for (const txn of txns) {
      other.encodeTxn(txn, LOG, TIMES, (record) => void withTombstones.push(record));
    }
    expect(withTombstones).toHaveLength(records.length + deletes.length);
    const tombstones = withTombstones.flatMap((record, index) =>
      record.value === null ? [{ record, deleted: withTombstones[index - 1] }] : [],
    );
    expect(tombstones).toHaveLength(deletes.length);
    for (const { record, deleted } of tombstones) {
      expect(record.key.equals(deleted?.key ?? Buffer.alloc(0))).toBe(true);
      expect(deleted?.value?.toString()).toContain('"op":"d"');
    }
  });
});

describe("times", () => {
  const [change] = operated(1).flatMap((txn) => txn.changes);
  const at = (commitUs: number, processedUs: number): SourcePosition => ({
    lastCommitLsn: 1,
    lsn: 2,
    txId: 3,
    commitUs,
    processedUs,
  });

  it("are those of each record, whatever the record before it had", () => {
    if (change === undefined) throw new RangeError("no change");
    const writer = encoder();
    for (const step of [0, 1, 999, 0, 123_456_789]) {
      const position = at(TIMES.commitUs + step, TIMES.processedUs + 2 * step);
      const text = writer.encode(change, position).value?.toString() ?? "";
      const { source, ...rest } = JSON.parse(text) as { readonly source: object };
      expect(source).toMatchObject({
        ts_ms: Math.floor(position.commitUs / 1_000),
        ts_us: position.commitUs,
      });
      expect(rest).toMatchObject({
        ts_ms: Math.floor(position.processedUs / 1_000),
        ts_us: position.processedUs,
      });
      expect(text).toContain(`"ts_ns":${String(position.commitUs)}000,"schema"`);
      expect(text.endsWith(`"ts_ns":${String(position.processedUs)}000}`)).toBe(true);
    }
  });

  it.each([0, 1_795_360_867_790, Number.NaN])(
    "are refused when they are no microseconds: %d",
    (us) => {
      if (change === undefined) throw new RangeError("no change");
      expect(() => encoder().encode(change, at(us, us))).toThrow("no time in microseconds");
    },
  );
});

describe("control rows", () => {
  it("are inserts at first and then carry the row they replace, as the connector reports an upsert", () => {
    const first = replacing(fenceTxn(7, 2), undefined);
    expect(first.changes.map(({ op }) => op)).toEqual(["c", "c", "c", "c"]);
    const second = replacing(fenceTxn(8, 2), first);
    expect(second.changes).toHaveLength(4);
    for (const [index, change] of second.changes.entries()) {
      expect(change).toMatchObject({ op: "u", before: first.changes[index]?.row });
      expect(change.row.bucket).toBe(8);
    }
  });
});
