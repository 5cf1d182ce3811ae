/** Records laid out by hand, read back by a Kafka client that knows nothing of how they were made. */
import { jsCRC32C, Reader, readRecordsBatch } from "@platformatic/kafka";
import { describe, expect, it } from "vitest";
import { topicOf } from "../../../core/bank-schema.ts";
import { buildDictionaries, openBankLane } from "../../../generators/bank.ts";
import { connectorHeaders, EnvelopeEncoder } from "../../../generators/envelope-encoder.ts";
import { ChangeRecorder, headerBytes, RecordRun } from "../../../generators/kafka-records.ts";
import { partitionOf } from "../../../generators/kafka-partition.ts";
import { sealBatch } from "../../../infra/clients/kafka-batch.ts";

const LOG = { lane: 0, laneCount: 2, startLsn: 1_000_000, startTxId: 1000 };
const TIMES = { commitUs: 1_795_360_867_790_869, processedUs: 1_795_360_867_813_297 };
const HEADERS = connectorHeaders("0b7f6c52-8d4e-4b8e-9f33-0f0d4a1b2c3d");
const VERSION = "3.7.0.Final";
const PARTITION_COUNT = 7;
const PRODUCER = { producerId: 4711n, producerEpoch: 3, baseSequence: 99 };
const CRC_AT = 17;
const ATTRIBUTES_AT = 21;

interface Read {
  readonly key: string;
  readonly value: string;
  readonly headers: readonly (readonly [string, string])[];
}

function readBack(run: RecordRun): readonly Read[] {
  const facts = { recordCount: run.count, timestampMs: run.timestampMs, ...PRODUCER };
  const batch = sealBatch(run.bytes(), facts);
  expect(batch.readUInt32BE(CRC_AT)).toBe(jsCRC32C(batch.subarray(ATTRIBUTES_AT)));
  const read = readRecordsBatch(Reader.from(batch));
  expect(read).toMatchObject({
    magic: 2,
    lastOffsetDelta: run.count - 1,
    producerId: 4711n,
    producerEpoch: 3,
    firstSequence: 99,
    firstTimestamp: BigInt(run.timestampMs),
    maxTimestamp: BigInt(run.timestampMs),
  });
  expect(read.records.map(({ offsetDelta }) => offsetDelta)).toEqual(
    Array.from({ length: run.count }, (_, index) => index),
  );
  return read.records.map(({ key, value, headers }) => ({
    key: String(key),
    value: String(value),
    headers: [...headers].map(([name, text]) => [String(name), String(text)] as const),
  }));
}

describe("a run of records", () => {
  it.each([0, 1, 62, 63, 64, 65, 126, 8_000, 8_170, 8_191, 8_192, 100_000, 1_100_000])(
    "holds values of %d bytes, whatever the length of their length",
    (length) => {
      const run = new RecordRun("t", 0);
      const key = new TextEncoder().encode('{"id":1}');
      const values = ["a", "b", "c"].map((letter) => letter.repeat(length));
      for (const value of values) {
        run.add(key, length, headerBytes(new Map([["h", "x"]])), (bytes, at) => {
          bytes.set(Buffer.from(value), at);
          return at + length;
        });
      }
      const expected = values.map((value) => ({ key: '{"id":1}', value, headers: [["h", "x"]] }));
      expect(readBack(run)).toEqual(expected);
    },
  );

  it("numbers more records than a byte or two can", () => {
    const run = new RecordRun("t", 0);
    for (let index = 0; index < 20_000; index += 1) {
      run.add(new Uint8Array([48]), 1, headerBytes(new Map()), (bytes, at) => {
        bytes[at] = 49;
        return at + 1;
      });
    }
    expect(readBack(run)).toHaveLength(20_000);
  });
});

describe("the bank's changes", () => {
  it("are, partition by partition, what the encoder makes of them, in their order and with the headers", () => {
    const lane = openBankLane({
      ...{ seed: 3n, lane: 0, laneCount: 2, userCount: 300, opening: "implied" },
      dictionaries: buildDictionaries(3n),
      beforeImages: true,
      profile: { wideAccountRatio: 0.05, wideBytes: 9_000 },
    });
    const recorder = new ChangeRecorder({
      connectorVersion: VERSION,
      partitionCount: PARTITION_COUNT,
      headers: HEADERS,
    });
    const encoder = new EnvelopeEncoder({ connectorVersion: VERSION, tombstonesOnDelete: false });
    for (let round = 0; round < 2; round += 1) {
      const expected = new Map<string, Read[]>();
      for (let index = 0; index < 1_000; index += 1) {
        const txn = lane.next(1);
        recorder.addTxn(txn, LOG, TIMES);
        encoder.encodeTxn(txn, LOG, TIMES, ({ table, key, value }) => {
          const place = `${topicOf(table)}/${String(partitionOf(key, PARTITION_COUNT))}`;
          const records = expected.get(place) ?? [];
          records.push({ key: key.toString(), value: String(value), headers: [...HEADERS] });
          expected.set(place, records);
        });
      }
      const full = recorder.runs.filter(({ count }) => count > 0);
      expect(recorder.byteCount).toBe(full.reduce((sum, run) => sum + run.length, 0));
      expect(recorder.longestRunBytes).toBe(Math.max(...full.map((run) => run.length)));
      const found = full.map((run) => [`${run.topic}/${String(run.partition)}`, readBack(run)]);
      expect(new Map(found as [string, Read[]][])).toEqual(expected);
      recorder.clear();
      expect(recorder.byteCount).toBe(0);
    }
  });
});
