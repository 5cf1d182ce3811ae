/**
 * What the truth costs: CPU of the books at the seed's rate, as a share of one core, and how their memory grows with the
 * number of changes. The load of these figures is the bank's own, as the connector writes it.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { LakeproofError } from "../core/errors.ts";
import { ChangeLedger } from "../core/ledger.ts";
import { accountChange } from "../cli/run/tap.ts";
import { buildDictionaries, openBankLane } from "../generators/bank.ts";
import { seqOf, type Txn } from "../generators/bank-rows.ts";
import { EnvelopeEncoder } from "../generators/envelope-encoder.ts";
import { readEnvelope, type BankEvent } from "../generators/envelope.ts";
import type { Figure } from "./micro.ts";

const RATE_EVENTS_PER_S = 100_000;
const ROUNDS = 5;
/** Times that the sample is gone through in a round: the compiler's own work is over by the best of them. */
const PASSES = 10;
const TXN_COUNT = 20_000;
const USER_COUNT = 100_000;
const PARTITION_COUNT = 10;
/** Seconds in a bucket of that rate. */
const BUCKET_S = 10;
const MEMORY_EVENT_COUNTS = [1_000_000, 10_000_000, 100_000_000] as const;
const LANE_COUNT = 16;

interface Sample {
  readonly txns: readonly Txn[];
  readonly values: readonly Buffer[];
  readonly events: readonly BankEvent[];
}

/** CPU of this process, collector included, best of several rounds. */
function cpuNs(eventCount: number, work: () => void): number {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, ((user + system) * 1000) / eventCount);
  }
  return best;
}

function sample(): Sample {
  const lane = openBankLane({
    ...{ seed: 1n, lane: 0, laneCount: 1, userCount: USER_COUNT, beforeImages: true },
    ...{ dictionaries: buildDictionaries(1n), opening: "implied", profile: {} },
  });
  const encoder = new EnvelopeEncoder({
    ...{ connectorVersion: "3.7.0.Final", tombstonesOnDelete: false },
    allocate: (byteCount) => Buffer.allocUnsafeSlow(byteCount),
  });
  const log = { lane: 0, laneCount: 1, startLsn: 1_000_000_000, startTxId: 1_000 };
  const times = { commitUs: 1_795_360_867_790_869, processedUs: 1_795_360_867_813_297 };
  const txns = Array.from({ length: TXN_COUNT }, () => lane.next(1));
  const values: Buffer[] = [];
  for (const txn of txns) {
    encoder.encodeTxn(txn, log, times, ({ value }) => {
      if (value !== null) values.push(Buffer.from(value));
    });
  }
  const events = values.flatMap((value) => readEnvelope(JSON.parse(value.toString())) ?? []);
  return { txns, values, events };
}

function partitionOf({ table, id }: BankEvent): string {
  return `${table}/${String(id % PARTITION_COUNT)}`;
}

function cpuFigures({ txns, values, events }: Sample): readonly Figure[] {
  const partitionNames = events.map(partitionOf);
  const acknowledgedNs = cpuNs(events.length * PASSES, () => {
    for (let pass = 0; pass < PASSES; pass += 1) acknowledgeAll(txns, new ChangeLedger());
  });
  const book = new ChangeLedger();
  const partitions = Int32Array.from(partitionNames, (name) => book.partition(name));
  const kafkaNs = cpuNs(events.length * PASSES, () => {
    for (let pass = 0; pass < PASSES; pass += 1) {
      observeAll(events, partitions, new ChangeLedger());
    }
  });
  const readNs = cpuNs(events.length * PASSES, () => {
    let sum = 0;
    for (let pass = 0; pass < PASSES; pass += 1) sum += readAll(txns) + readAllEvents(events);
    if (Number.isNaN(sum)) {
      throw new LakeproofError("INTERNAL", "A change of the sample has no number.", {
        hint: "Read generators/bank.ts.",
      });
    }
  });
  const tapNs = cpuNs(events.length, () => {
    tapAll(values, partitions);
  });
  const parseNs = cpuNs(events.length, () => {
    for (const value of values) JSON.parse(value.toString("utf8"));
  });
  const bytes = values.reduce((sum, value) => sum + value.length, 0) / values.length;
  const booksNs = acknowledgedNs + kafkaNs;
  return [
    shareFigure("books of two hops at 100K events/s", booksNs, "≤ 1 %"),
    shareFigure("the same loops without the books: changes read from memory", readNs, "floor"),
    shareFigure(
      `the Kafka tap at 100K events/s: records of ${bytes.toFixed(0)} bytes parsed, checked by their fingerprint and booked`,
      tapNs,
      "≤ 1 %",
    ),
    shareFigure("JSON.parse of the same records alone", parseNs, "floor"),
  ];
}

function acknowledgeAll(txns: readonly Txn[], book: ChangeLedger): void {
  const order = book.partition("acknowledged");
  for (const txn of txns) {
    for (const change of txn.changes) {
      const { bucket, fp } = change.row;
      const seq = seqOf(change);
      book.observe(0, seq, bucket, fp, order, seq);
    }
  }
}

function observeAll(
  events: readonly BankEvent[],
  partitions: Int32Array,
  book: ChangeLedger,
): void {
  for (let at = 0; at < events.length; at += 1) {
    const event = events[at];
    if (event === undefined) return;
    const { lane, seq, bucket, fp } = event;
    book.observe(lane, seq, bucket, fp, partitions[at] ?? 0, at);
  }
}

function tapAll(values: readonly Buffer[], partitions: Int32Array): void {
  const book = new ChangeLedger();
  const gone = new Set<number>();
  for (let at = 0; at < values.length; at += 1) {
    const event = readEnvelope(JSON.parse(values[at]?.toString("utf8") ?? "null"));
    if (event === undefined) continue;
    const place = { partition: partitions[at] ?? 0, offset: at, gone, fencedTo: undefined };
    accountChange(book, event, place);
  }
}

/** What `acknowledgeAll` reads. */
function readAll(txns: readonly Txn[]): number {
  let sum = 0;
  for (const txn of txns) {
    for (const change of txn.changes) {
      const { bucket, fp } = change.row;
      sum += seqOf(change) + bucket + fp;
    }
  }
  return sum;
}

/** What `observeAll` reads. */
function readAllEvents(events: readonly BankEvent[]): number {
  let sum = 0;
  for (const { lane, seq, bucket, fp } of events) sum += lane + seq + bucket + fp;
  return sum;
}

function shareFigure(name: string, ns: number, aim: string): Figure {
  const share = (ns * RATE_EVENTS_PER_S) / 1e9;
  return {
    name,
    value: `${(share * 100).toFixed(1)} % of one core`,
    reference: `${ns.toFixed(0)} ns CPU an event`,
    ratio: (share / 0.01).toFixed(1),
    aim,
  };
}

/** What is left is what is kept: without a collection before, garbage would be counted. */
function keptBytes(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc()");
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Of one hop, all lanes in order, as a run without a loss has them. */
function bytesOfBooks(eventCount: number): number {
  const before = keptBytes();
  const book = new ChangeLedger();
  const order = book.partition("users/0");
  for (let index = 0; index < eventCount; index += 1) {
    const bucket = Math.floor(index / (RATE_EVENTS_PER_S * BUCKET_S));
    const [lane, seq] = [index % LANE_COUNT, Math.floor(index / LANE_COUNT) + 1];
    book.observe(lane, seq, bucket, index, order, index);
  }
  const after = keptBytes();
  // Asked again, so that it is still there when it is measured.
  return book.eventCount === eventCount ? Math.max(0, after - before) : Number.NaN;
}

function memoryFigures(): readonly Figure[] {
  const bytes = MEMORY_EVENT_COUNTS.map(bytesOfBooks);
  const [first = 0] = bytes;
  return MEMORY_EVENT_COUNTS.map((count, at) => ({
    name: `books of one hop after ${String(count / 1_000_000)} M changes`,
    value: `${((bytes[at] ?? 0) / 1024).toFixed(0)} KiB`,
    reference: `${(first / 1024).toFixed(0)} KiB after ${String(MEMORY_EVENT_COUNTS[0] / 1_000_000)} M`,
    ratio: first === 0 ? "–" : ((bytes[at] ?? 0) / first).toFixed(2),
    aim: "flat but for the buckets",
  }));
}

export function verificationFigures(): readonly Figure[] {
  return [...cpuFigures(sample()), ...memoryFigures()];
}
