/** The load straight into Kafka: threads started together, watched, and summed up. */
import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import { TOPIC_PREFIX, topicsUnder } from "../../core/bank-schema.ts";
import type { Arrivals } from "../../core/contracts/plan.ts";
import type { JournalBody } from "../../core/contracts/journal.ts";
import type { Unit } from "../../core/contracts/values.ts";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { untilAborted } from "../../core/until-aborted.ts";
import {
  buildDictionaries,
  lanesOfWorker,
  measureMeanEventsPerTxn,
} from "../../generators/bank.ts";
import { BatchProducer } from "../../infra/clients/kafka-producer.ts";
import { endOffsets } from "../../infra/clients/kafka.ts";
import { presentSince } from "./kafka-catch-up.ts";
import { startKafkaWorker } from "./kafka-worker.ts";
import {
  WORKLOAD,
  type KafkaWorkerOptions,
  type LaneResume,
  type StartMessage,
  type WorkerHealth,
  type WorkerMessage,
  type WorkerTotals,
} from "./kafka-worker-protocol.ts";
import type { LaneHistory } from "./lane-journal.ts";

/** Lanes are the unit of determinism: their number must not follow that of the workers. */
const LANE_COUNT = 8;
const DELIVERY_MS_MAX = 120_000;
const ASK_MS_MAX = 15_000;
const WORKER_START_MS_MAX = 60_000;
/** What a thread makes again of a load that is resumed, far below what it can. */
const RESUMED_TXNS_PER_MS = 5;
/** What one thread makes and sends with room to spare on a small machine. */
const EVENTS_PER_S_PER_WORKER = 60_000;
/** Log positions rise from run to run: more a second than any load uses up, from 2023-11-14 on. */
const LSN_PER_S = 45_000_000;
const LSN_EPOCH_S = 1_700_000_000;

export interface KafkaLoadOptions {
  readonly addresses: readonly string[];
  /** Of the two topics, which are there already. Default: the connector's own. */
  readonly topicPrefix?: string;
  readonly seed: bigint;
  readonly rateEventsPerS: number;
  readonly durationMs: number;
  readonly warmupMs: number;
  readonly arrivals: Arrivals;
  readonly userCount: number;
  readonly lingerMs: number;
  /** Operations this late are dropped and counted. */
  readonly dropMs: number;
  /** How long to go on after the end with what was due before it. */
  readonly graceMs: number;
  readonly workerCount?: number;
  /** Where the lanes write down what they do, so that the load can be resumed. Absent: nowhere. */
  readonly journalDir?: string;
  /** The load that was killed and is gone on with: same seed, same users, same topics. */
  readonly resume?: LaneHistory;
  readonly signal: AbortSignal;
  readonly journal: (body: JournalBody) => void;
  readonly onSecond: (elapsedMs: number, totalMs: number, health: readonly WorkerHealth[]) => void;
  /** Called when the measured time begins. */
  readonly onMeasure?: () => void;
}

export interface KafkaLoadOutcome {
  readonly workers: readonly WorkerTotals[];
  /** Of the measured time, in order. */
  readonly health: readonly WorkerHealth[];
  /** Records by which the topics grew; NaN where the broker could not be asked at the end. */
  readonly grownBy: number;
  /** All threads of this process, in the measured time. */
  readonly cpuMs: number;
  readonly rssBytesMax: number;
}

/** The number of threads for a rate, unless the caller knows better. */
function workerCountFor(rateEventsPerS: number): number {
  const wanted = Math.ceil(rateEventsPerS / EVENTS_PER_S_PER_WORKER);
  return Math.max(1, Math.min(wanted, availableParallelism(), LANE_COUNT));
}

/**
 * Throws CONFIG_INVALID where the topics are not there, CLIENT_FAILED where no broker answers or a thread dies, and
 * the signal's reason when it is aborted.
 */
export async function runKafkaLoad(options: KafkaLoadOptions): Promise<KafkaLoadOutcome> {
  const partitionCount = await partitionsOf(options);
  const resume = await resumeOf(options, partitionCount);
  const before = await recordCount(options);
  const load = new RunningKafkaLoad(options, partitionCount, resume);
  const outcome = await load.run();
  const after = await recordCount(options).catch(() => Number.NaN);
  return { ...outcome, grownBy: after - before };
}

function topicsOf({ topicPrefix = TOPIC_PREFIX }: KafkaLoadOptions): readonly string[] {
  return topicsUnder(topicPrefix);
}

async function partitionsOf(options: KafkaLoadOptions): Promise<number> {
  const { addresses } = options;
  const topics = topicsOf(options);
  const producer = await BatchProducer.open({ addresses, topics, deliveryMsMax: DELIVERY_MS_MAX });
  const layout = producer.layout();
  await producer.close();
  const counts = new Set(layout.map(({ partitionCount }) => partitionCount));
  const [count = 0] = counts;
  if (counts.size === 1 && count > 0) return count;
  const found = layout.map(
    ({ topic, partitionCount }) => `${topic} has ${String(partitionCount)} partitions`,
  );
  throw new LakeproofError(
    "CONFIG_INVALID",
    `The bank's topics are not there: ${found.join(", ")}.`,
    {
      hint: "Create both with the same number of partitions, or start a lab that has them: `lakeproof up broker`.",
    },
  );
}

async function resumeOf(
  { resume, addresses, signal }: KafkaLoadOptions,
  partitionCount: number,
): Promise<readonly LaneResume[]> {
  if (resume === undefined) return [];
  const sinceEpochMs = resume.unclearSinceEpochMs;
  const present =
    sinceEpochMs === undefined
      ? undefined
      : await presentSince(addresses, partitionCount, sinceEpochMs, signal);
  return [...resume.steps].map(([lane, steps]) => ({
    lane,
    steps,
    present: present?.get(lane) ?? [],
  }));
}

async function recordCount(options: KafkaLoadOptions): Promise<number> {
  const limit = host.deadline(ASK_MS_MAX);
  const offsets = await endOffsets(options.addresses, topicsOf(options), limit);
  return [...offsets.values()].reduce((sum, offset) => sum + offset, 0);
}

class RunningKafkaLoad {
  readonly #options: KafkaLoadOptions;
  readonly #partitionCount: number;
  readonly #resume: readonly LaneResume[];
  readonly #totalMs: number;
  readonly #health: WorkerHealth[] = [];
  readonly #latest = new Map<number, WorkerHealth>();
  #startMs = 0;
  #rssBytesMax = 0;

  constructor(options: KafkaLoadOptions, partitionCount: number, resume: readonly LaneResume[]) {
    this.#options = options;
    this.#partitionCount = partitionCount;
    this.#resume = resume;
    this.#totalMs = options.warmupMs + options.durationMs;
  }

  async run(): Promise<Omit<KafkaLoadOutcome, "grownBy">> {
    const { signal, warmupMs } = this.#options;
    const eventsPerTxn = this.#measureEventsPerTxn();
    const workers = this.#workerOptions(eventsPerTxn).map((options) => new LoadThread(options));
    try {
      const startMsMax = WORKER_START_MS_MAX + this.#resumeMsMax();
      const listen = this.#listener();
      await Promise.all(workers.map((worker) => worker.ready(listen, startMsMax, signal)));
      this.#startMs = host.monotonicMs();
      const start = { startMonotonicMs: this.#startMs, startEpochMs: host.epochMs() };
      for (const worker of workers) worker.start(start);
      using _second = host.every(1000, () => {
        this.#everySecond();
      });
      const totals = Promise.all(workers.map((worker) => worker.totals()));
      totals.catch(() => undefined);
      await waitOr(warmupMs, signal, totals);
      const cpuStartMs = host.cpuUsageMs();
      this.#options.onMeasure?.();
      await waitOr(this.#options.durationMs, signal, totals);
      const cpuMs = host.cpuUsageMs() - cpuStartMs;
      signal.throwIfAborted();
      return {
        workers: await untilAborted(totals, signal),
        health: this.#health,
        cpuMs,
        rssBytesMax: this.#rssBytesMax,
      };
    } finally {
      await Promise.all(workers.map((worker) => worker.end()));
    }
  }

  #resumeMsMax(): number {
    const steps = this.#resume.flatMap((lane) => lane.steps);
    return steps.reduce((sum, { txnCount }) => sum + txnCount, 0) / RESUMED_TXNS_PER_MS;
  }

  #measureEventsPerTxn(): number {
    const { seed, userCount } = this.#options;
    return measureMeanEventsPerTxn({
      ...{ seed, lane: 0, laneCount: LANE_COUNT, dictionaries: buildDictionaries(seed) },
      userCount: Math.ceil(userCount / LANE_COUNT),
    });
  }

  #workerOptions(eventsPerTxn: number): readonly KafkaWorkerOptions[] {
    const { rateEventsPerS, userCount, addresses, arrivals, seed } = this.#options;
    const { lingerMs, dropMs, graceMs, warmupMs, journalDir } = this.#options;
    const workerCount = this.#options.workerCount ?? workerCountFor(rateEventsPerS);
    const random = host.randomHex(16);
    const runId = random.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
    const lanesOf = (worker: number): readonly number[] =>
      lanesOfWorker(worker, workerCount, LANE_COUNT);
    return Array.from({ length: workerCount }, (_, worker) => ({
      kind: WORKLOAD,
      worker,
      lanes: lanesOf(worker),
      part: this.#options.resume?.partCount ?? 0,
      resume: this.#resume.filter(({ lane }) => lanesOf(worker).includes(lane)),
      ...(journalDir === undefined ? {} : { journalDir }),
      laneCount: LANE_COUNT,
      userCountPerLane: Math.ceil(userCount / LANE_COUNT),
      profile: {},
      ...{ seed, arrivals, addresses, runId, lingerMs, dropMs, graceMs, warmupMs },
      topicPrefix: this.#options.topicPrefix ?? TOPIC_PREFIX,
      txnsPerSPerLane: rateEventsPerS / eventsPerTxn / LANE_COUNT,
      partitionCount: this.#partitionCount,
      startLsn: Math.max(0, Math.floor(host.epochMs() / 1000) - LSN_EPOCH_S) * LSN_PER_S,
      deliveryMsMax: DELIVERY_MS_MAX,
      stopMs: this.#totalMs,
    }));
  }

  #listener(): (message: WorkerMessage) => void {
    return (message) => {
      if (message.kind === "journal") this.#options.journal(message.body);
      else if (message.kind === "health") this.#takeHealth(message.health);
    };
  }

  #takeHealth(health: WorkerHealth): void {
    const elapsedMs = host.monotonicMs() - this.#startMs;
    const isMeasured = elapsedMs > this.#options.warmupMs + 1000 && elapsedMs <= this.#totalMs;
    if (isMeasured) this.#health.push(health);
    const name = (what: string): string => `generator.${String(health.worker)}.${what}`;
    const samples: readonly [string, number, Unit][] = [
      ["eventLoopDelayMsP99", health.eventLoopDelayMsP99, "ms"],
      ["busyRatio", health.busyRatio, "ratio"],
      ["cpuRatio", health.cpuRatio, "ratio"],
      ["gcRatio", health.gcRatio, "ratio"],
      ["behindMs", health.behindMs, "ms"],
      ["retries", health.retryCount, "count"],
    ];
    for (const [what, value, unit] of samples) {
      const observed = { value, unit };
      this.#options.journal({ kind: "sample.taken", probe: name(what), observed });
    }
    this.#latest.set(health.worker, health);
  }

  #everySecond(): void {
    this.#rssBytesMax = Math.max(this.#rssBytesMax, host.rssBytes());
    const observed = { value: host.rssBytes(), unit: "bytes" } as const;
    this.#options.journal({ kind: "sample.taken", probe: "generator.rssBytes", observed });
    const elapsedMs = host.monotonicMs() - this.#startMs;
    this.#options.onSecond(elapsedMs, this.#totalMs, [...this.#latest.values()]);
  }
}

/** Sleeps, unless the load is interrupted or has failed meanwhile. */
async function waitOr(ms: number, signal: AbortSignal, failure: Promise<unknown>): Promise<void> {
  await Promise.race([
    host.sleep(ms, signal).catch(() => undefined),
    failure.then(() => host.sleep(ms, signal).catch(() => undefined)),
  ]);
}

/** One worker thread, from its start to its totals. */
class LoadThread {
  readonly #worker: Worker;
  readonly #totals = Promise.withResolvers<WorkerTotals>();
  readonly #ready = Promise.withResolvers<undefined>();

  constructor(options: KafkaWorkerOptions) {
    this.#worker = startKafkaWorker(options);
    this.#totals.promise.catch(() => undefined);
    this.#ready.promise.catch(() => undefined);
  }

  async ready(
    listen: (message: WorkerMessage) => void,
    startMsMax: number,
    signal: AbortSignal,
  ): Promise<void> {
    const fail = (reason: string): void => {
      const error = new LakeproofError("CLIENT_FAILED", `A load thread ended: ${reason}.`, {
        hint: "Read the reason; `lakeproof health` says whether Kafka is well.",
      });
      this.#ready.reject(error);
      this.#totals.reject(error);
    };
    this.#worker.on("message", (message: WorkerMessage) => {
      listen(message);
      if (message.kind === "ready") this.#ready.resolve(undefined);
      else if (message.kind === "done") this.#totals.resolve(message.totals);
      else if (message.kind === "failed") fail(message.reason);
    });
    this.#worker.on("error", (error) => {
      fail(error instanceof Error ? error.message : String(error));
    });
    this.#worker.on("exit", (code) => {
      fail(`exit code ${String(code)}`);
    });
    const late = host.deadline(startMsMax, signal);
    const giveUp = (): void => {
      fail("it was not ready in time");
    };
    late.addEventListener("abort", giveUp);
    try {
      await this.#ready.promise;
    } finally {
      // The time is for its start alone: a load may last for hours.
      late.removeEventListener("abort", giveUp);
    }
  }

  start(message: StartMessage): void {
    this.#worker.postMessage(message);
  }

  totals(): Promise<WorkerTotals> {
    return this.#totals.promise;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
