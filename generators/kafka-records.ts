/**
 * The connector's records laid out as Kafka stores them (record format 2), one run of them a partition: key,
 * value and headers are written once, where they stay, with no object a record.
 */
import { TOPIC_PREFIX, topicUnder } from "../core/bank-schema.ts";
import type { BankTable, Change, Txn } from "./bank-rows.ts";
import { seqOf } from "./bank-rows.ts";
import { bytesMax, EnvelopeEncoder, positionIn, putKey } from "./envelope-encoder.ts";
import type { LaneLog, SourcePosition } from "./envelope-encoder.ts";
import { partitionOf } from "./kafka-partition.ts";

const RUN_BYTES_MIN = 1 << 16;
/** Attributes, and six varints of at most five bytes. */
const RECORD_OVERHEAD_MAX = 32;
/** Bytes of the varints in front of almost every record and value: 64 to 8191 bytes long. */
const LENGTH_BYTES_USUAL = 2;
const KEY_BYTES_MAX = 32;

/** Records of one partition, in order; the memory is used again after `clear`. */
export class RecordRun {
  readonly topic: string;
  readonly partition: number;
  count = 0;
  /** Bytes of keys and values, without what the format adds. */
  payloadBytes = 0;
  /** Of all records: one run is filled within one moment. */
  timestampMs = 0;
  #bytes = new Uint8Array(RUN_BYTES_MIN);
  #length = 0;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  get length(): number {
    return this.#length;
  }

  /** The records; valid until the next `add` or `clear`. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.count = 0;
    this.payloadBytes = 0;
    this.#length = 0;
  }

  /** `putValue` writes the value where it is told and gives back where it ended. */
  add(
    key: Uint8Array,
    valueBytesMax: number,
    headers: Uint8Array,
    putValue: (bytes: Uint8Array, at: number) => number,
  ): void {
    this.#reserve(valueBytesMax + key.length + headers.length + RECORD_OVERHEAD_MAX);
    const bytes = this.#bytes;
    const start = this.#length;
    const keyHead = varintSize(key.length);
    const head = 2 + varintSize(this.count) + keyHead + key.length;
    const valueGuess = start + LENGTH_BYTES_USUAL + head + LENGTH_BYTES_USUAL;
    const valueLength = putValue(bytes, valueGuess) - valueGuess;
    const valueHead = varintSize(valueLength);
    const recordLength = head + valueHead + valueLength + headers.length;
    const valueAt = start + varintSize(recordLength) + head + valueHead;
    // The value is as long as is usual, or it moves by a byte or two.
    if (valueAt !== valueGuess) {
      bytes.copyWithin(valueAt, valueGuess, valueGuess + valueLength);
    }
    let at = putVarint(bytes, start, recordLength);
    bytes[at] = 0;
    bytes[at + 1] = 0;
    at = putVarint(bytes, at + 2, this.count);
    at = putVarint(bytes, at, key.length);
    for (let index = 0; index < key.length; index += 1) bytes[at + index] = key[index] ?? 0;
    putVarint(bytes, at + key.length, valueLength);
    bytes.set(headers, valueAt + valueLength);
    this.#length = valueAt + valueLength + headers.length;
    this.count += 1;
    this.payloadBytes += key.length + valueLength;
  }

  #reserve(byteCount: number): void {
    const needed = this.#length + byteCount;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.bytes());
    this.#bytes = grown;
  }
}

/** The headers of every record of one start of the connector, laid out behind a value. */
export function headerBytes(headers: ReadonlyMap<string, string>): Uint8Array {
  const texts = new TextEncoder();
  const bytes = new Uint8Array(1024);
  let at = putVarint(bytes, 0, headers.size);
  for (const text of [...headers].flat()) {
    const encoded = texts.encode(text);
    at = putVarint(bytes, at, encoded.length);
    bytes.set(encoded, at);
    at += encoded.length;
  }
  return bytes.slice(0, at);
}

export interface ChangeRecorderOptions {
  readonly connectorVersion: string;
  readonly partitionCount: number;
  readonly headers: ReadonlyMap<string, string>;
  /** Of the topics. Default: the connector's. */
  readonly topicPrefix?: string;
}

/** Sorts changes into the runs of their partitions, both tables' topics together. */
export class ChangeRecorder {
  readonly runs: readonly RecordRun[];
  /** Bytes of all runs together. */
  byteCount = 0;
  /** Bytes of the longest run so far: a batch has to stay below what a broker takes. */
  longestRunBytes = 0;
  readonly #encoder: EnvelopeEncoder;
  readonly #headers: Uint8Array;
  readonly #partitionCount: number;
  readonly #key = new Uint8Array(KEY_BYTES_MAX);
  /** The key's memory by length: a view made anew for every record would be garbage. */
  readonly #keys = Array.from({ length: KEY_BYTES_MAX }, (_, length) =>
    this.#key.subarray(0, length),
  );

  constructor(options: ChangeRecorderOptions) {
    const { connectorVersion, partitionCount, headers, topicPrefix = TOPIC_PREFIX } = options;
    this.#encoder = new EnvelopeEncoder({ connectorVersion, tombstonesOnDelete: false });
    this.#headers = headerBytes(headers);
    this.#partitionCount = partitionCount;
    const tables: readonly BankTable[] = ["users", "accounts"];
    this.runs = tables.flatMap((table) =>
      Array.from(
        { length: partitionCount },
        (_, index) => new RecordRun(topicUnder(topicPrefix, table), index),
      ),
    );
  }

  addTxn(txn: Txn, log: LaneLog, times: Pick<SourcePosition, "commitUs" | "processedUs">): void {
    for (const change of txn.changes) {
      this.#add(change, positionIn(log, txn, seqOf(change), times), times.processedUs);
    }
  }

  clear(): void {
    for (const run of this.runs) run.clear();
    this.byteCount = 0;
    this.longestRunBytes = 0;
  }

  #add(change: Change, position: SourcePosition, processedUs: number): void {
    const key = this.#keys[putKey(this.#key, 0, change)] ?? this.#key;
    const partition = partitionOf(key, this.#partitionCount);
    const run = this.runs[change.table === "users" ? partition : this.#partitionCount + partition];
    if (run === undefined) return;
    const before = run.length;
    if (run.count === 0) run.timestampMs = Math.floor(processedUs / 1000);
    run.add(key, bytesMax(change), this.#headers, (bytes, at) =>
      this.#encoder.putValue(bytes, at, change, position),
    );
    this.byteCount += run.length - before;
    this.longestRunBytes = Math.max(this.longestRunBytes, run.length);
  }
}

/** Zigzag of a number that is never negative: its double, seven bits a byte. */
function putVarint(bytes: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value * 2;
  while (rest >= 0x80) {
    bytes[at] = (rest & 0x7f) | 0x80;
    rest = Math.floor(rest / 0x80);
    at += 1;
  }
  bytes[at] = rest;
  return at + 1;
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value * 2; rest >= 0x80; rest = Math.floor(rest / 0x80)) size += 1;
  return size;
}
