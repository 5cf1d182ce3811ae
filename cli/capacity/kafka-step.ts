/**
 * Change events straight into the lab's Kafka, in topics of their own beside the bank's and with the same settings:
 * nobody reads them, so neither Flink nor the lake sees the load. They are made for a step and go with it.
 */
import { mkdirSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { topicsUnder } from "../../core/bank-schema.ts";
import { host } from "../../core/host.ts";
import { mergeHistograms } from "../../core/histogram.ts";
import { openJournal } from "../../core/journal.ts";
import { withKafkaAdmin } from "../../infra/clients/kafka-admin.ts";
import { createTopics, deleteTopics, endOffsets } from "../../infra/clients/kafka.ts";
import { changeTopics } from "../../infra/components/kafka.ts";
import { latencyBesideMs, type KafkaSeen } from "../../slo/capacity/judge-kafka.ts";
import { runKafkaLoad } from "../load/kafka-load.ts";
import type { KafkaLoadOutcome } from "../load/kafka-load-options.ts";
import { kafkaLoadResult, type KafkaLoadResult } from "../load/kafka-result.ts";
import { cpuBetween, cpuByStage } from "./cores.ts";
import { GRACE_MS, type StepLab, type StepWish } from "./step-runner.ts";

const PREFIX = "lakeproof.load";
/** As the load into Kafka has it by default: the keys of a large bank. */
const USER_COUNT = 10_000_000;
const LINGER_MS = 20;
/** Later than any operation can be before it ends as not done. */
const DROP_MS = 600_000;
/** A record with its headers after compression, rather more than less. */
const RECORD_BYTES = 300;
/** Left for everybody else on the same disk. */
const FREE_BYTES_MIN = 2 ** 30;
/** A broker takes the files of a deleted topic away after a minute. */
const FREED_MS_MAX = 75_000;
const FREED_LOOK_MS = 1000;
const ADMIN_MS_MAX = 20_000;
const SERVED_LOOK_MS = 250;

export type KafkaWish = Pick<StepWish, "name" | "ratePerS" | "settleMs" | "windowMs"> & {
  /** Default: as many threads as the load into Kafka takes for the rate. */
  readonly workerCount?: number;
};

export interface KafkaStep {
  readonly startedAtEpochMs: number;
  readonly seen: KafkaSeen;
  readonly achievedPerS: number;
  readonly cpuMs: Readonly<Record<string, number>>;
  /** Absent where no load was offered. */
  readonly result?: KafkaLoadResult;
}

/** Rejects with the signal's reason when it is aborted; the topics are gone by then. */
export async function runKafkaStep(step: StepLab, wish: KafkaWish): Promise<KafkaStep> {
  step.signal.throwIfAborted();
  const startedAtEpochMs = host.epochMs();
  const full = await diskProblem(step, wish);
  if (full !== undefined) return { ...notOffered(wish, full), startedAtEpochMs };
  const addresses = step.lab.endpoints.addresses("kafka");
  const topicPrefix = `${PREFIX}.${host.randomHex(4)}`;
  const topics = topicsUnder(topicPrefix);
  await createTopics(addresses, changeTopics(topics, shapeOf(step)), step.signal);
  try {
    await untilServed(addresses, topics, step.signal);
    return { ...(await load(step, wish, topicPrefix)), startedAtEpochMs };
  } finally {
    await deleteTopics(addresses, topics, host.deadline(ADMIN_MS_MAX));
  }
}

/** Takes away what a search that was killed has left. */
export async function removeLoadTopics({ lab, signal }: StepLab): Promise<void> {
  const addresses = lab.endpoints.addresses("kafka");
  const limit = host.deadline(ADMIN_MS_MAX, signal);
  const { topics } = await withKafkaAdmin(addresses, limit, (admin) => admin.cluster());
  const left = topics.map(({ name }) => name).filter((name) => name.startsWith(`${PREFIX}.`));
  if (left.length > 0) await deleteTopics(addresses, left, limit);
}

/** A topic that was just made is not known to every broker at once. */
async function untilServed(
  addresses: readonly string[],
  topics: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const giveUpMs = host.monotonicMs() + ADMIN_MS_MAX;
  for (;;) {
    try {
      await endOffsets(addresses, topics, host.deadline(ADMIN_MS_MAX, signal));
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (host.monotonicMs() > giveUpMs) throw error;
      await host.sleep(SERVED_LOOK_MS, signal);
    }
  }
}

function shapeOf({ lab, plan }: StepLab): Parameters<typeof changeTopics>[1] {
  const { services, topicPartitionCount: partitionCount } = plan.topology;
  const brokerCount = lab.endpoints.instanceIds("kafka").length;
  return { brokerCount, partitionCount, settings: services["kafka"]?.settings ?? {} };
}

type Loaded = Omit<KafkaStep, "startedAtEpochMs">;

async function load(step: StepLab, wish: KafkaWish, topicPrefix: string): Promise<Loaded> {
  const { lab, plan, signal } = step;
  const runDir = join(step.stepsDir, wish.name);
  mkdirSync(runDir, { recursive: true });
  await using journal = openJournal(runDir, () => host.monotonicMs());
  let cpu: Promise<Readonly<Record<string, number>>> = Promise.resolve({});
  const outcome = await runKafkaLoad({
    addresses: lab.endpoints.addresses("kafka"),
    topicPrefix,
    seed: BigInt(plan.seed),
    rateEventsPerS: wish.ratePerS,
    ...{ durationMs: wish.windowMs, warmupMs: wish.settleMs, graceMs: GRACE_MS },
    ...{ arrivals: "poisson", userCount: USER_COUNT, lingerMs: LINGER_MS, dropMs: DROP_MS },
    ...(wish.workerCount === undefined ? {} : { workerCount: wish.workerCount }),
    signal,
    journal: (body) => {
      journal.append(body);
    },
    onSecond: () => undefined,
    onMeasure: () => {
      const before = cpuByStage(lab);
      cpu = host.sleep(wish.windowMs, signal).then(
        () => cpuBetween(before, cpuByStage(lab)),
        () => ({}),
      );
    },
  });
  const seed = plan.seed;
  const facts = { rateEventsPerS: wish.ratePerS, durationMs: wish.windowMs, seed };
  const result = kafkaLoadResult(outcome, facts);
  const seen = kafkaSeen(outcome, result, GRACE_MS);
  return { seen, achievedPerS: result.achievedEventsPerS, cpuMs: await cpu, result };
}

/** What a load into Kafka showed as a window of a search. `graceMs`: how long was waited after its end. */
export function kafkaSeen(
  outcome: KafkaLoadOutcome,
  result: KafkaLoadResult,
  graceMs: number,
): KafkaSeen {
  const { offered, ok, fail, unknown } = result.operations;
  const latency = mergeHistograms(outcome.workers.map(({ latencyUs }) => latencyUs));
  const neverCount = Math.max(0, offered - latency.totalCount);
  const waitedMs = result.durationMs + graceMs;
  const inTopics = result.recordsInTopics ?? result.acknowledgedRecords;
  const lostCount = Math.max(0, result.acknowledgedRecords - inTopics);
  const threads = Map.groupBy(outcome.health, ({ worker }) => worker);
  return {
    ratePerS: result.offeredEventsPerS,
    dueCount: offered,
    settledCount: ok + fail + unknown,
    // A record that was acknowledged and is not there counts as one that failed.
    failedCount: fail + unknown + lostCount,
    latencyMsP95: latencyBesideMs(latency, neverCount, 95, waitedMs),
    behindMs: [...threads.values()].map((samples) =>
      samples.map(({ atMs, behindMs }) => ({ atMs, value: behindMs })),
    ),
    generator: {
      cpuRatio: result.busyRatioMedian,
      loopDelayMsP99: result.eventLoopDelayMsMedian,
    },
    blindBecause:
      result.recordsInTopics === null ? "the topics could not be asked at the end" : undefined,
  };
}

function notOffered({ ratePerS }: KafkaWish, blindBecause: string): Loaded {
  return {
    seen: {
      ...{ ratePerS, dueCount: 0, settledCount: 0, failedCount: 0, latencyMsP95: 0, behindMs: [] },
      ...{ generator: undefined, blindBecause },
    },
    achievedPerS: 0,
    cpuMs: {},
  };
}

/** Why the brokers' disk has no room for a step, once what earlier ones deleted has had time to go. */
async function diskProblem(
  { lab, stepsDir, signal }: StepLab,
  { ratePerS, settleMs, windowMs }: KafkaWish,
): Promise<string | undefined> {
  const brokers = lab.specs.filter(({ component }) => component === "kafka");
  const copies = brokers.length < 3 ? 1 : 3;
  const seconds = (settleMs + windowMs + GRACE_MS) / 1000;
  const neededBytes = ratePerS * seconds * RECORD_BYTES * copies + FREE_BYTES_MIN;
  const dir = brokers[0]?.dataDir ?? stepsDir;
  const giveUpMs = host.monotonicMs() + FREED_MS_MAX;
  for (;;) {
    const { bavail, bsize } = statfsSync(dir);
    const freeBytes = bavail * bsize;
    if (freeBytes >= neededBytes) return undefined;
    if (host.monotonicMs() > giveUpMs) {
      return `the brokers' disk has ${gibibytes(freeBytes)} GiB free, and the step may take ${gibibytes(neededBytes)}`;
    }
    await host.sleep(FREED_LOOK_MS, signal);
  }
}

function gibibytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}
