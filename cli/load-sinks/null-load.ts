/**
 * The generator with nothing behind it: arrivals, the bank, its encoding and the histogram, on one thread, in
 * open loop. What it cannot do here it cannot do anywhere.
 */
import { host } from "../../core/host.ts";
import { newHistogram, recordMs } from "../../core/histogram.ts";
import type { SinkStep, SinkWindow } from "../../core/contracts/load-sink.ts";
import { arrivals } from "../../generators/arrivals.ts";
import {
  buildDictionaries,
  measureMeanEventsPerTxn,
  openBankLane,
  type Txn,
} from "../../generators/bank.ts";
import { EnvelopeEncoder } from "../../generators/envelope-encoder.ts";
import { subSeed } from "../../generators/random.ts";
import { txnSql } from "../../generators/sql.ts";

export interface NullLoadOptions {
  readonly encoding: "sql" | "envelopes";
  readonly seed: string;
  readonly lane: number;
  readonly laneCount: number;
  readonly userCount: number;
}

/** Operations in a row without a look at the clock of the world: the loop must breathe. */
const BURST_MS = 10;
const CONNECTOR_VERSION = "3.7.0.Final";
const START_LSN = 1_000_000_000;

/** Runs one step and accounts for it. Ready to be called again; state and compiled code stay warm. */
export function openNullLoad(options: NullLoadOptions): (step: SinkStep) => Promise<SinkWindow> {
  const { lane, laneCount, userCount } = options;
  const seed = BigInt(options.seed);
  const bank = {
    ...{ seed, lane, laneCount, userCount, dictionaries: buildDictionaries(seed) },
    opening: "implied",
    beforeImages: options.encoding === "envelopes",
  } as const;
  const eventsPerTxn = measureMeanEventsPerTxn(bank);
  const source = openBankLane(bank);
  const encode = encoderOf(options);
  let stepCount = 0;
  return async (step) => {
    stepCount += 1;
    const schedule = arrivals({
      kind: "poisson",
      ratePerS: step.ratePerS / eventsPerTxn,
      seed: subSeed(seed, "null-load", lane, stepCount),
    });
    const endMs = step.settleMs + step.windowMs;
    const startMs = host.monotonicMs();
    const histogram = newHistogram();
    let busyMs = 0;
    let eventCount = 0;
    let settledCount = 0;
    let encodedBytes = 0;
    let nextMs = schedule.next().value;
    for (;;) {
      const roundMs = host.monotonicMs() - startMs;
      let nowMs = roundMs;
      while (nextMs <= nowMs && nextMs < endMs && nowMs - roundMs < BURST_MS) {
        const txn = source.next(0);
        encodedBytes += encode(txn);
        nowMs = host.monotonicMs() - startMs;
        // The window's operations end with it: what is only due and not done is the generator's limit.
        if (nextMs >= step.settleMs && nowMs < endMs) {
          recordMs(histogram, nowMs - nextMs);
          settledCount += 1;
          eventCount += txn.changes.length;
        }
        nextMs = schedule.next().value;
      }
      if (nowMs >= step.settleMs) busyMs += nowMs - Math.max(roundMs, step.settleMs);
      if (nowMs >= endMs || nextMs >= endMs) break;
      await host.sleep(Math.max(0, Math.min(nextMs - nowMs, endMs - nowMs)));
    }
    return {
      dueCount: (step.ratePerS / eventsPerTxn) * (step.windowMs / 1000),
      settledCount,
      // Nothing can be refused here; written so that the encoding cannot be left out as unused.
      failedCount: encodedBytes < 0 ? 1 : 0,
      eventCount,
      latencyMsP99: settledCount === 0 ? step.windowMs : histogram.getValueAtPercentile(99) / 1000,
      busyRatio: Math.min(1, busyMs / step.windowMs),
      loopDelayMsP99: 0,
    };
  };
}

/** Bytes (or characters) written for a transaction. */
function encoderOf(options: NullLoadOptions): (txn: Txn) => number {
  if (options.encoding === "sql") return (txn) => txnSql(txn).length;
  const encoder = new EnvelopeEncoder({
    connectorVersion: CONNECTOR_VERSION,
    tombstonesOnDelete: false,
  });
  const { lane, laneCount } = options;
  const log = { lane, laneCount, startLsn: START_LSN, startTxId: 1_000 };
  return (txn) => {
    const commitUs = host.epochMs() * 1000;
    let bytes = 0;
    encoder.encodeTxn(txn, log, { commitUs, processedUs: commitUs }, ({ key, value }) => {
      bytes += key.length + (value?.length ?? 0);
    });
    return bytes;
  };
}
