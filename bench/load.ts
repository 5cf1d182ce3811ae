/** What a change event costs before it reaches a client: made by the bank, and written as the connector's record. */
import type { Change, Txn } from "../generators/bank-rows.ts";
import { seqOf } from "../generators/bank-rows.ts";
import { buildDictionaries, openBankLane } from "../generators/bank.ts";
import type { BankLane } from "../generators/bank.ts";
import { EnvelopeEncoder, positionIn } from "../generators/envelope-encoder.ts";
import type { SourcePosition } from "../generators/envelope-encoder.ts";
import type { Figure } from "./micro.ts";

const ROUNDS = 7;
const TXNS_PER_ROUND = 20_000;
/** Few enough to stay out of the old generation, whose collection would be charged to either side by chance. */
const TXNS_ENCODED = 2_000;
const ENCODED_TIMES = 10;
const USER_COUNT = 10_000_000;
const LOG = { lane: 0, laneCount: 1, startLsn: 1_000_000_000, startTxId: 1_000 };
const TIMES = { commitUs: 1_795_360_867_790_869, processedUs: 1_795_360_867_813_297 };

/** CPU of this process, collector and compiler included: on a busy machine the clock on the wall says little. */
function cpuNs(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) * 1000;
}

/** Best of several rounds over the same events, each side in turn. */
function costsNs(eventCount: number, sides: readonly (() => void)[]): readonly number[] {
  const best = sides.map(() => Infinity);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, side] of sides.entries()) {
      best[index] = Math.min(best[index] ?? Infinity, cpuNs(side) / eventCount);
    }
  }
  return best;
}

function openLane(beforeImages: boolean): BankLane {
  return openBankLane({
    seed: 1n,
    lane: 0,
    laneCount: 1,
    userCount: USER_COUNT,
    dictionaries: buildDictionaries(1n),
    opening: "implied",
    beforeImages,
    profile: { wideAccountRatio: 0.01 },
  });
}

/** Best of the rounds; the lane goes on from round to round. */
function generationNs(lane: BankLane): number {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    let eventCount = 0;
    const ns = cpuNs(() => {
      for (let txn = 0; txn < TXNS_PER_ROUND; txn += 1) eventCount += lane.next(1).changes.length;
    });
    best = Math.min(best, ns / eventCount);
  }
  return best;
}

/** The object whose JSON text is the record, as a program without templates would have it. */
function envelopeObject(change: Change, position: SourcePosition): unknown {
  const columns = (row: Change["row"]): unknown => {
    if ("email" in row) return row;
    const { id, userId, balance, status, data, lane, seq, bucket, fp } = row;
    return { id, user_id: userId, balance, status, data, lane, seq, bucket, fp };
  };
  const before = change.op === "d" ? change.row : change.before;
  const { lsn, lastCommitLsn, txId, commitUs, processedUs } = position;
  return {
    before: before === undefined ? null : columns(before),
    after: change.op === "d" ? null : columns(change.row),
    source: {
      version: "3.7.0.Final",
      connector: "postgresql",
      name: "dbserver1",
      ts_ms: Math.floor(commitUs / 1000),
      snapshot: "false",
      db: "bank",
      sequence: JSON.stringify([String(lastCommitLsn), String(lsn)]),
      ts_us: commitUs,
      ts_ns: commitUs * 1000,
      schema: "bank",
      table: change.table,
      txId,
      lsn,
      xmin: null,
      origin: null,
      origin_lsn: null,
    },
    transaction: null,
    op: change.op,
    ts_ms: Math.floor(processedUs / 1000),
    ts_us: processedUs,
    ts_ns: processedUs * 1000,
  };
}

function encodingFigures(txns: readonly Txn[]): {
  readonly encodedNs: number;
  readonly stringifiedNs: number;
  readonly bytesPerEvent: number;
} {
  const memory = Buffer.allocUnsafeSlow(2 ** 20);
  const encoder = new EnvelopeEncoder({
    connectorVersion: "3.7.0.Final",
    tombstonesOnDelete: false,
    allocate: () => memory,
  });
  const eventCount = txns.reduce((sum, txn) => sum + txn.changes.length, 0);
  const objects = txns.flatMap((txn) =>
    txn.changes.map((change) => ({
      key: { id: change.row.id },
      value: envelopeObject(change, positionIn(LOG, txn, seqOf(change), TIMES)),
    })),
  );
  // Counted, so that nothing measured can be left out as unused.
  let encodedBytes = 0;
  let stringifiedBytes = 0;
  const repeat = (work: () => void): (() => void) => {
    return () => {
      for (let time = 0; time < ENCODED_TIMES; time += 1) work();
    };
  };
  const [encodedNs = Number.NaN, stringifiedNs = Number.NaN] = costsNs(eventCount * ENCODED_TIMES, [
    repeat(() => {
      for (const txn of txns) {
        encoder.encodeTxn(txn, LOG, TIMES, ({ key, value }) => {
          encodedBytes += key.length + (value?.length ?? 0);
        });
      }
    }),
    repeat(() => {
      for (const { key, value } of objects) {
        stringifiedBytes += Buffer.from(JSON.stringify(key)).length;
        stringifiedBytes += Buffer.from(JSON.stringify(value)).length;
      }
    }),
  ]);
  const bytesPerEvent =
    (encodedBytes + stringifiedBytes) / (2 * ROUNDS * ENCODED_TIMES * eventCount);
  return { encodedNs, stringifiedNs, bytesPerEvent };
}

export function loadFigures(): readonly Figure[] {
  const memoryBefore = process.memoryUsage();
  const lane = openLane(true);
  const withBefore = generationNs(lane);
  const stateBytes = process.memoryUsage().arrayBuffers - memoryBefore.arrayBuffers;
  const withoutBefore = generationNs(openLane(false));
  const txns = Array.from({ length: TXNS_ENCODED }, () => lane.next(1));
  const { encodedNs, stringifiedNs, bytesPerEvent } = encodingFigures(txns);
  const reference = `${stringifiedNs.toFixed(0)} ns (JSON.stringify of the same record, ${bytesPerEvent.toFixed(0)} bytes)`;
  const row = (name: string, ns: number, aim: string): Figure => ({
    name,
    value: `${ns.toFixed(0)} ns CPU`,
    reference,
    ratio: (ns / stringifiedNs).toFixed(2),
    aim,
  });
  return [
    row("one change of 10M users made, for SQL", withoutBefore, "none set"),
    row("one change of 10M users made, with the row before", withBefore, "none set"),
    row("one change written as the connector's record", encodedNs, "< 1"),
    row("both", withBefore + encodedNs, "< 10 µs: 100K events/s on one core"),
    {
      name: "state of 10M users after the changes of this bench",
      value: `${(stateBytes / 2 ** 20).toFixed(0)} MiB`,
      reference: `${String(ROUNDS * TXNS_PER_ROUND)} transactions`,
      ratio: "–",
      aim: "none set",
    },
  ];
}
