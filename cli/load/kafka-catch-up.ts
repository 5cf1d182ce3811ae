/** What a load into Kafka that was killed had made, and what of it is in the topics: found out, and made good. */
import { BANK_TABLES, topicOf } from "../../core/bank-schema.ts";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import type { Txn } from "../../generators/bank.ts";
import { readEnvelope } from "../../generators/envelope.ts";
import type { LaneLog } from "../../generators/envelope-encoder.ts";
import type { ChangeRecorder } from "../../generators/kafka-records.ts";
import type { BatchProducer } from "../../infra/clients/kafka-producer.ts";
import { endOffsets, offsetsAt, openTap } from "../../infra/clients/kafka.ts";

/** Requests of the dead that a broker still holds are in the topics within a fraction of this. */
const QUIET_MS = 2000;
const LOOK_MS_MAX = 120_000;
const ROOM_MS = 5;
const BYTES_MAX = 1 << 19;

/** Sequence numbers by lane of all changes in the topics with this time or a later one. Waits until nothing is added. */
export async function presentSince(
  addresses: readonly string[],
  partitionCount: number,
  sinceEpochMs: number,
  stop: AbortSignal,
): Promise<ReadonlyMap<number, readonly number[]>> {
  const signal = host.deadline(LOOK_MS_MAX, stop);
  const topics = BANK_TABLES.map(topicOf);
  const ends = await untilQuiet(addresses, topics, signal);
  const starts = await offsetsAt(addresses, topics, sinceEpochMs, signal);
  const left = new Map([...starts].filter(([key, offset]) => offset < (ends.get(key) ?? 0)));
  const present = new Map<number, number[]>();
  if (left.size === 0) return present;
  const done = Promise.withResolvers<undefined>();
  const tap = openTap({
    ...{ addresses, topics, partitionCount },
    startOffsets: new Map([...ends, ...left]),
    onMessage: ({ topic, partition, offset, value }) => {
      const event = readEnvelope(JSON.parse(value.toString()));
      if (event !== undefined) {
        const seqs = present.get(event.lane);
        if (seqs === undefined) present.set(event.lane, [event.seq]);
        else seqs.push(event.seq);
      }
      const key = `${topic}/${String(partition)}`;
      if (offset + 1 >= (ends.get(key) ?? 0)) left.delete(key);
      if (left.size === 0) done.resolve(undefined);
    },
    onError: () => undefined,
  });
  const giveUp = (): void => {
    done.reject(signal.reason);
  };
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    await done.promise;
    return present;
  } finally {
    signal.removeEventListener("abort", giveUp);
    await tap.close();
  }
}

async function untilQuiet(
  addresses: readonly string[],
  topics: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  let before = await endOffsets(addresses, topics, signal);
  for (;;) {
    await host.sleep(QUIET_MS, signal);
    const now = await endOffsets(addresses, topics, signal);
    if ([...now].every(([key, offset]) => before.get(key) === offset)) return now;
    before = now;
  }
}

export interface CatchUp {
  readonly producer: BatchProducer;
  readonly recorder: ChangeRecorder;
  readonly missing: readonly { readonly log: LaneLog; readonly txn: Txn }[];
}

/** Sends them, in their order. Returns how many changes there were. Throws CLIENT_FAILED when they are not in. */
export async function catchUp({ producer, recorder, missing }: CatchUp): Promise<number> {
  let changeCount = 0;
  for (const { log, txn } of missing) {
    const nowUs = host.epochMs() * 1000;
    recorder.addTxn(txn, log, { commitUs: nowUs, processedUs: nowUs });
    changeCount += txn.changes.length;
    if (recorder.longestRunBytes > BYTES_MAX) await send(producer, recorder);
  }
  await send(producer, recorder);
  return changeCount;
}

async function send(producer: BatchProducer, recorder: ChangeRecorder): Promise<void> {
  const runs = recorder.runs.filter(({ count }) => count > 0);
  if (runs.length === 0) return;
  while (!producer.hasRoom) await host.sleep(ROOM_MS);
  const sent = producer.send(runs);
  recorder.clear();
  const outcome = await sent;
  if (outcome === "ok") return;
  throw new LakeproofError("CLIENT_FAILED", `What the topics lack was not taken: ${outcome}.`, {
    hint: "See that Kafka is well, then resume the load once more.",
  });
}
