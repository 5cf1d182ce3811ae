/**
 * One thread of the load into Kafka: its lanes in open loop, laid out as the connector's records and sent as one
 * group every few milliseconds. Started by `startKafkaWorker`, and serving when it is the thread's own module.
 */
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import type { Outcome } from "../../core/contracts/values.ts";
import { encodeHistogram } from "../../core/histogram.ts";
import { host } from "../../core/host.ts";
import { LatencyCounts } from "../../core/latency-counts.ts";
import { openWindows } from "../../core/windows.ts";
import { topicsUnder } from "../../core/bank-schema.ts";
import { buildDictionaries, openBankLane } from "../../generators/bank.ts";
import type { BankLane, Txn } from "../../generators/bank.ts";
import { connectorHeaders } from "../../generators/envelope-encoder.ts";
import type { LaneLog } from "../../generators/envelope-encoder.ts";
import { ChangeRecorder } from "../../generators/kafka-records.ts";
import { resumeLane } from "../../generators/resume.ts";
import { BatchProducer } from "../../infra/clients/kafka-producer.ts";
import { catchUp } from "./kafka-catch-up.ts";
import {
  WORKLOAD,
  type KafkaWorkerOptions,
  type StartMessage,
  type WorkerMessage,
  type WorkerOrder,
  type WorkerTotals,
} from "./kafka-worker-protocol.ts";
import { bucketOf, LaneFeed } from "./lane-feed.ts";
import { LaneJournal, type BegunTxns } from "./lane-journal.ts";

/** Of the connector whose records these are as. */
const CONNECTOR_VERSION = "3.7.0.Final";
/** A batch stays well below the megabyte a broker takes, before compression. */
const RUN_BYTES_MAX = 1 << 19;
const GROUP_BYTES_MAX = 1 << 22;
const HEALTH_MS = 1000;

export function startKafkaWorker(options: KafkaWorkerOptions): Worker {
  return new Worker(new URL(import.meta.url), { workerData: options });
}

interface Group {
  readonly intendedMs: number[];
  readonly eventCounts: number[];
  readonly txns: BegunTxns;
}

/** What of it is written down, and what was sent before it began. */
interface LoadRecord {
  readonly journal: LaneJournal | undefined;
  readonly caughtUpCount: number;
}

class KafkaLoad {
  readonly #options: KafkaWorkerOptions;
  readonly #producer: BatchProducer;
  readonly #recorder: ChangeRecorder;
  readonly #feed: LaneFeed;
  readonly #banks: readonly BankLane[];
  readonly #logs: ReadonlyMap<number, LaneLog>;
  readonly #start: StartMessage;
  readonly #journal: LaneJournal | undefined;
  readonly #windows = openWindows(WORKLOAD, undefined, undefined);
  readonly #latency = new LatencyCounts();
  readonly #lag = new LatencyCounts();
  readonly #counts = { offered: 0, ok: 0, fail: 0, unknown: 0, dropped: 0, unfinished: 0 };
  #eventCount = 0;
  #eventCountAll = 0;
  #unclearEventCountAll = 0;
  #payloadBytes = 0;
  #recordBytes = 0;
  #blockedMs = 0;
  #blockedSinceMs = -1;
  #openOperations = 0;
  /** From when the target left no room until everything due is sent: what is late then is late by its doing. */
  #heldUp = false;
  #heldUpCount = 0;

  constructor(
    options: KafkaWorkerOptions,
    producer: BatchProducer,
    banks: readonly BankLane[],
    start: StartMessage,
    { journal, caughtUpCount }: LoadRecord,
  ) {
    this.#options = options;
    this.#producer = producer;
    this.#banks = banks;
    this.#start = start;
    this.#journal = journal;
    this.#eventCountAll = caughtUpCount;
    this.#logs = logsOf(options);
    this.#recorder = newRecorder(options);
    this.#feed = new LaneFeed({
      seed: options.seed,
      arrivals: options.arrivals,
      ratePerSPerLane: options.txnsPerSPerLane,
      lanes: banks,
      stopMs: options.stopMs,
      dropMs: options.dropMs,
    });
  }

  /** To the end, or until it is told to make nothing more; then for what is under way. */
  async run(finish: AbortSignal): Promise<void> {
    const { lingerMs, stopMs, graceMs } = this.#options;
    using _health = this.#watchHealth();
    for (;;) {
      const nowMs = this.#nowMs();
      if (nowMs > stopMs + graceMs) break;
      const isOver = finish.aborted || this.#feed.earliestMs === Infinity;
      if (isOver && this.#producer.inFlightCount === 0) break;
      if (!finish.aborted) this.#pump(nowMs);
      // Behind schedule there is nothing to linger for: as soon as the target has room.
      const behind = this.#feed.earliestMs < this.#nowMs() - lingerMs;
      await host.sleep(behind ? 1 : Math.max(1, lingerMs - (this.#nowMs() - nowMs)));
    }
  }

  #nowMs(): number {
    return host.monotonicMs() - this.#start.startMonotonicMs;
  }

  /** Everything due, as far as it fits, into one group. */
  #pump(nowMs: number): void {
    if (this.#feed.earliestMs > nowMs) return;
    this.#countBlocked(nowMs);
    if (!this.#producer.hasRoom) {
      this.#heldUp = true;
      return;
    }
    const group: Group = { intendedMs: [], eventCounts: [], txns: [] };
    const recorder = this.#recorder;
    const processedUs = Math.floor((this.#start.startEpochMs + nowMs) * 1000);
    this.#feed.fill(nowMs, {
      isFull: () =>
        recorder.byteCount > GROUP_BYTES_MAX || recorder.longestRunBytes > RUN_BYTES_MAX,
      take: (bank, txn, intendedMs) => {
        this.#take(bank, txn, intendedMs, processedUs, group);
      },
      drop: (intendedMs) => {
        this.#windows.dropped(intendedMs, 1);
        if (this.#isMeasured(intendedMs)) {
          this.#counts.offered += 1;
          this.#counts.dropped += 1;
        }
      },
    });
    this.#send(group);
    if (this.#feed.earliestMs > nowMs) this.#heldUp = false;
  }

  #take(bank: BankLane, txn: Txn, intendedMs: number, processedUs: number, group: Group): void {
    const log = this.#logs.get(bank.lane);
    if (log === undefined) return;
    const commitUs = Math.floor((this.#start.startEpochMs + intendedMs) * 1000);
    this.#recorder.addTxn(txn, log, { commitUs, processedUs });
    this.#windows.offered(intendedMs);
    if (this.#isMeasured(intendedMs)) this.#counts.offered += 1;
    group.intendedMs.push(intendedMs);
    group.eventCounts.push(txn.changes.length);
    if (this.#journal !== undefined) countTxn(group.txns, bank.lane, bucketOf(intendedMs));
  }

  #send(group: Group): void {
    const runs = this.#recorder.runs.filter(({ count }) => count > 0);
    if (runs.length === 0) return;
    for (const run of runs) {
      this.#payloadBytes += run.payloadBytes;
      this.#recordBytes += run.length;
    }
    this.#openOperations += group.intendedMs.length;
    const firstMs = Math.min(...runs.map(({ timestampMs }) => timestampMs));
    const number = this.#journal?.begin(firstMs, group.txns) ?? 0;
    const sent = this.#producer.send(runs);
    this.#recorder.clear();
    // After sending: making and compressing are the generator's own delay.
    const sentMs = this.#nowMs();
    for (const intendedMs of group.intendedMs) {
      if (!this.#isMeasured(intendedMs)) continue;
      if (this.#heldUp) this.#heldUpCount += 1;
      else this.#lag.recordMs(sentMs - intendedMs);
    }
    void sent.then((outcome) => {
      // What was refused is part of the lane's state all the same, and missing until it is looked for.
      if (outcome === "ok") this.#journal?.settled(number, outcome);
      this.#settle(group, outcome);
    });
  }

  #settle(group: Group, outcome: Outcome): void {
    const endedMs = this.#nowMs();
    this.#openOperations -= group.intendedMs.length;
    for (const [index, intendedMs] of group.intendedMs.entries()) {
      const events = group.eventCounts[index] ?? 0;
      const latencyMs = endedMs - intendedMs;
      this.#windows.settled(intendedMs, outcome, latencyMs, events);
      if (outcome === "ok") this.#eventCountAll += events;
      else this.#unclearEventCountAll += events;
      if (!this.#isMeasured(intendedMs)) continue;
      this.#counts[outcome] += 1;
      if (outcome === "ok") this.#eventCount += events;
      this.#latency.recordMs(latencyMs);
    }
  }

  #isMeasured(intendedMs: number): boolean {
    return intendedMs >= this.#options.warmupMs;
  }

  #countBlocked(nowMs: number): void {
    const blocked = !this.#producer.hasRoom;
    if (this.#blockedSinceMs >= 0) this.#blockedMs += nowMs - this.#blockedSinceMs;
    this.#blockedSinceMs = blocked && nowMs >= this.#options.warmupMs ? nowMs : -1;
  }

  #watchHealth(): Disposable {
    let last = host.threadUsage();
    let lastMs = this.#nowMs();
    host.eventLoopDelayMsP99();
    return host.every(HEALTH_MS, () => {
      const nowMs = this.#nowMs();
      const usage = host.threadUsage();
      const elapsedMs = nowMs - lastMs;
      post({
        kind: "health",
        health: {
          worker: this.#options.worker,
          atMs: nowMs,
          behindMs: Math.max(0, nowMs - this.#feed.earliestMs),
          busyRatio: (usage.busyMs - last.busyMs) / elapsedMs,
          cpuRatio: (usage.cpuMs - last.cpuMs) / elapsedMs,
          gcRatio: (usage.gcMs - last.gcMs) / elapsedMs,
          eventLoopDelayMsP99: host.eventLoopDelayMsP99(),
          retryCount: this.#producer.retryCount,
          lastProblem: this.#producer.lastProblem,
        },
      });
      last = usage;
      lastMs = nowMs;
      // Windows whose operations may still be under way are left open.
      this.#flush(Math.min(nowMs - this.#options.dropMs, this.#feed.earliestMs) - 1000);
    });
  }

  #flush(untilMs: number): void {
    this.#windows.flush(untilMs, (body) => {
      post({ kind: "journal", body });
    });
  }

  /** Nothing is sent any more. What is under way is unknown. */
  totals(): WorkerTotals {
    this.#counts.unfinished = this.#feed.countLeft();
    this.#counts.unknown += this.#openOperations;
    this.#counts.offered += this.#counts.unfinished;
    this.#flush(Infinity);
    return {
      worker: this.#options.worker,
      operations: this.#counts,
      eventCount: this.#eventCount,
      eventCountAll: this.#eventCountAll,
      unclearEventCountAll: this.#unclearEventCountAll + this.#openOperations,
      payloadBytes: this.#payloadBytes,
      recordBytes: this.#recordBytes,
      sentBytes: this.#producer.sentBytes,
      retryCount: this.#producer.retryCount,
      blockedMs: this.#blockedMs,
      heldUpCount: this.#heldUpCount,
      latencyUs: encodeHistogram(this.#latency.histogram()),
      lagUs: encodeHistogram(this.#lag.histogram()),
      digests: this.#banks.map((bank) => ({
        lane: bank.lane,
        digest: JSON.stringify(bank.digest()),
      })),
    };
  }
}

function post(message: WorkerMessage): void {
  parentPort?.postMessage(message);
}

function logsOf({ lanes, laneCount, startLsn }: KafkaWorkerOptions): ReadonlyMap<number, LaneLog> {
  return new Map(lanes.map((lane) => [lane, { lane, laneCount, startLsn, startTxId: 1000 }]));
}

function newRecorder(options: KafkaWorkerOptions): ChangeRecorder {
  const { partitionCount, topicPrefix } = options;
  return new ChangeRecorder({
    ...{ connectorVersion: CONNECTOR_VERSION, partitionCount, topicPrefix },
    headers: connectorHeaders(options.runId),
  });
}

/** A lane makes several in a row, most of them in one bucket. */
function countTxn(txns: BegunTxns, lane: number, bucket: number): void {
  const last = txns.at(-1);
  if (last?.[0] === lane && last[1] === bucket) last[2] += 1;
  else txns.push([lane, bucket, 1]);
}

/** Brings the lanes to where they were, and the topics to where the lanes are. */
async function goOn(
  options: KafkaWorkerOptions,
  producer: BatchProducer,
  banks: readonly BankLane[],
): Promise<number> {
  const logs = logsOf(options);
  const missing = options.resume.flatMap(({ lane, steps, present }) => {
    const bank = banks.find((own) => own.lane === lane);
    const log = logs.get(lane);
    if (bank === undefined || log === undefined) return [];
    return resumeLane(bank, steps, new Set(present)).map((txn) => ({ log, txn }));
  });
  return catchUp({ producer, recorder: newRecorder(options), missing });
}

async function serve(options: KafkaWorkerOptions): Promise<void> {
  const producer = await BatchProducer.open({
    addresses: options.addresses,
    topics: topicsUnder(options.topicPrefix),
    deliveryMsMax: options.deliveryMsMax,
  });
  try {
    const dictionaries = buildDictionaries(options.seed);
    const { seed, laneCount, userCountPerLane: userCount, profile } = options;
    const banks = options.lanes.map((lane) =>
      openBankLane({
        ...{ seed, lane, laneCount, userCount, dictionaries, profile },
        opening: "implied",
        beforeImages: true,
      }),
    );
    const { journalDir, part, lanes } = options;
    const head = { part, seed: String(seed), userCountPerLane: userCount, laneCount, lanes };
    using journal = journalDir === undefined ? undefined : new LaneJournal(journalDir, head);
    const caughtUpCount = await goOn(options, producer, banks);
    journal?.resumed("ok");
    const started = Promise.withResolvers<StartMessage>();
    const finish = new AbortController();
    parentPort?.on("message", (order: WorkerOrder) => {
      if (order.kind === "start") started.resolve(order);
      else finish.abort();
    });
    post({ kind: "ready" });
    const record = { journal, caughtUpCount };
    const load = new KafkaLoad(options, producer, banks, await started.promise, record);
    await load.run(finish.signal);
    post({ kind: "done", totals: load.totals() });
  } finally {
    await producer.close();
  }
}

const given = workerData as KafkaWorkerOptions | null;
if (!isMainThread && given?.kind === WORKLOAD) {
  serve(given).catch((error: unknown) => {
    post({ kind: "failed", reason: error instanceof Error ? error.message : String(error) });
  });
}
