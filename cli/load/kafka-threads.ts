/** The threads of one process that load Kafka: made ready, started at one instant, watched, and summed up. */
import type { Worker } from "node:worker_threads";
import { TOPIC_PREFIX } from "../../core/bank-schema.ts";
import type { Unit } from "../../core/contracts/values.ts";
import { LakeproofError } from "../../core/errors.ts";
import { peakRatePerS } from "../../core/generator-limits.ts";
import { host } from "../../core/host.ts";
import { untilAborted } from "../../core/until-aborted.ts";
import type { KafkaLoadOptions, KafkaLoadOutcome } from "./kafka-load-options.ts";
import {
  eventsPerTxn,
  LANE_COUNT,
  lanesOfThreads,
  rateOfAgent,
  userCountPerLane,
  workerCountFor,
  type AgentShare,
} from "./kafka-share.ts";
import { startKafkaWorker } from "./kafka-worker.ts";
import {
  WORKLOAD,
  type KafkaWorkerOptions,
  type LaneResume,
  type StartMessage,
  type WorkerHealth,
  type WorkerMessage,
  type WorkerOrder,
  type WorkerTotals,
} from "./kafka-worker-protocol.ts";

const WORKER_START_MS_MAX = 60_000;
/** What a thread makes again of a load that is resumed, far below what it can. */
const RESUMED_TXNS_PER_MS = 5;
const DELIVERY_MS_MAX = 120_000;

export interface KafkaThreadsOptions extends KafkaLoadOptions {
  readonly partitionCount: number;
  readonly resumed: readonly LaneResume[];
  readonly share: AgentShare;
  /** Log position of the first change, and the connector's name for the run: one for all agents. */
  readonly startLsn: number;
  readonly runId: string;
}

export class KafkaThreads implements AsyncDisposable {
  readonly #options: KafkaThreadsOptions;
  readonly #threads: readonly LoadThread[];
  readonly #over = new AbortController();
  readonly #totalMs: number;
  readonly #health: WorkerHealth[] = [];
  readonly #latest = new Map<number, WorkerHealth>();
  #startMs = Infinity;
  #rssBytesMax = 0;

  private constructor(options: KafkaThreadsOptions) {
    this.#options = options;
    this.#totalMs = options.warmupMs + options.durationMs;
    this.#threads = workerOptions(options).map((own) => new LoadThread(own));
  }

  /** All threads ready. Rejects with CLIENT_FAILED where one is not, and with the signal's reason. */
  static async open(options: KafkaThreadsOptions): Promise<KafkaThreads> {
    const made = new KafkaThreads(options);
    try {
      await made.#ready();
      return made;
    } catch (error) {
      await made[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The instant may lie ahead. Resolves when all that was due is settled or given up. */
  async run(start: StartMessage): Promise<Omit<KafkaLoadOutcome, "grownBy">> {
    const { signal, warmupMs, durationMs } = this.#options;
    const abort = (): void => {
      this.#over.abort();
    };
    signal.addEventListener("abort", abort, { once: true });
    try {
      this.#startMs = start.startMonotonicMs;
      for (const thread of this.#threads) thread.start(start);
      using _second = host.every(1000, () => {
        this.#everySecond();
      });
      const totals = Promise.all(this.#threads.map((thread) => thread.totals()));
      totals.catch(() => undefined);
      await this.#wait(start.startMonotonicMs + warmupMs, totals);
      const cpuStartMs = host.cpuUsageMs();
      this.#options.onMeasure?.();
      await this.#wait(start.startMonotonicMs + warmupMs + durationMs, totals);
      const cpuMs = host.cpuUsageMs() - cpuStartMs;
      signal.throwIfAborted();
      return {
        workers: await untilAborted(totals, signal),
        health: this.#health,
        cpuMs,
        rssBytesMax: this.#rssBytesMax,
      };
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** Offers nothing more: what was due and not started counts as unfinished. */
  finish(): void {
    for (const thread of this.#threads) thread.finish();
    this.#over.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }

  async #ready(): Promise<void> {
    const { signal } = this.#options;
    const startMsMax = WORKER_START_MS_MAX + this.#resumeMsMax();
    const listen = this.#listener();
    await Promise.all(this.#threads.map((thread) => thread.ready(listen, startMsMax, signal)));
  }

  #resumeMsMax(): number {
    const steps = this.#options.resumed.flatMap((lane) => lane.steps);
    return steps.reduce((sum, { txnCount }) => sum + txnCount, 0) / RESUMED_TXNS_PER_MS;
  }

  /** Until that time, unless the load ends before or has failed meanwhile. */
  async #wait(untilMs: number, totals: Promise<unknown>): Promise<void> {
    const ms = Math.max(0, untilMs - host.monotonicMs());
    const slept = host.sleep(ms, this.#over.signal).catch(() => undefined);
    await Promise.race([slept, totals.then(() => slept)]);
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
    this.#options.onHealth?.(health, isMeasured);
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

function workerOptions(options: KafkaThreadsOptions): readonly KafkaWorkerOptions[] {
  const { rateEventsPerS, userCount, addresses, arrivals, seed, share, resumed } = options;
  const { lingerMs, dropMs, graceMs, warmupMs, durationMs, journalDir } = options;
  const { partitionCount, startLsn, runId } = options;
  const peakPerS = peakRatePerS({ rateEventsPerS, arrivals });
  const workerCount = options.workerCount ?? workerCountFor(rateOfAgent(peakPerS, share));
  const perTxn = eventsPerTxn(options);
  return lanesOfThreads(share, workerCount).map((lanes, worker) => ({
    kind: WORKLOAD,
    ...{ worker, lanes, part: options.resume?.partCount ?? 0 },
    resume: resumed.filter(({ lane }) => lanes.includes(lane)),
    ...(journalDir === undefined ? {} : { journalDir }),
    laneCount: LANE_COUNT,
    userCountPerLane: userCountPerLane(userCount),
    profile: {},
    ...{ seed, arrivals, addresses, lingerMs, dropMs, graceMs, warmupMs },
    ...{ partitionCount, startLsn, runId, topicPrefix: options.topicPrefix ?? TOPIC_PREFIX },
    txnsPerSPerLane: rateEventsPerS / perTxn / LANE_COUNT,
    deliveryMsMax: DELIVERY_MS_MAX,
    stopMs: warmupMs + durationMs,
  }));
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

  start(start: StartMessage): void {
    this.#order({ kind: "start", ...start });
  }

  finish(): void {
    this.#order({ kind: "finish" });
  }

  #order(order: WorkerOrder): void {
    this.#worker.postMessage(order);
  }

  totals(): Promise<WorkerTotals> {
    return this.#totals.promise;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
