/** The load straight into Kafka: what it is, what is there before it, and what it comes to in one process. */
import { BANK_TABLES, topicOf } from "../../core/bank-schema.ts";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { BatchProducer } from "../../infra/clients/kafka-producer.ts";
import { endOffsets } from "../../infra/clients/kafka.ts";
import { astray } from "./kafka-addresses.ts";
import { presentSince } from "./kafka-catch-up.ts";
import type { KafkaLoadOptions, KafkaLoadOutcome } from "./kafka-load-options.ts";
import { WHOLE } from "./kafka-share.ts";
import { KafkaThreads, type KafkaThreadsOptions } from "./kafka-threads.ts";
import type { LaneResume } from "./kafka-worker-protocol.ts";

const LOOK_MS_MAX = 120_000;
const ASK_MS_MAX = 15_000;
/** Log positions rise from run to run: more a second than any load uses up, from 2023-11-14 on. */
const LSN_PER_S = 45_000_000;
const LSN_EPOCH_S = 1_700_000_000;

/**
 * Throws CONFIG_INVALID where the topics are not there, CLIENT_FAILED where no broker answers or a thread dies, and
 * the signal's reason when it is aborted.
 */
export async function runKafkaLoad(options: KafkaLoadOptions): Promise<KafkaLoadOutcome> {
  const { partitionCount } = await topicsOf(options.addresses);
  const resumed = await resumeOf(options, partitionCount);
  const before = await recordCount(options.addresses);
  const outcome = await runThreads({
    ...{ ...options, partitionCount, resumed, share: WHOLE, ...newRun() },
  });
  const after = await recordCount(options.addresses).catch(() => Number.NaN);
  return { ...outcome, grownBy: after - before };
}

async function runThreads(
  options: KafkaThreadsOptions,
): Promise<Omit<KafkaLoadOutcome, "grownBy">> {
  await using threads = await KafkaThreads.open(options);
  return await threads.run({
    startMonotonicMs: host.monotonicMs(),
    startEpochMs: host.epochMs(),
  });
}

/** What a run's records have in common beside their plan, and no two runs have. */
export function newRun(): { readonly startLsn: number; readonly runId: string } {
  const random = host.randomHex(16);
  return {
    startLsn: Math.max(0, Math.floor(host.epochMs() / 1000) - LSN_EPOCH_S) * LSN_PER_S,
    runId: random.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"),
  };
}

export interface BankTopics {
  readonly partitionCount: number;
  /** Which Kafka this is, whatever its address. Null where its brokers do not say. */
  readonly clusterId: string | null;
}

/** Throws CONFIG_INVALID where they are not there, or lead out of where load may go; CLIENT_FAILED where nobody answers. */
export async function topicsOf(addresses: readonly string[]): Promise<BankTopics> {
  const topics = BANK_TABLES.map(topicOf);
  const producer = await BatchProducer.open({ addresses, topics, deliveryMsMax: LOOK_MS_MAX });
  const layout = producer.layout();
  const { id: clusterId, hosts } = producer.cluster;
  await producer.close();
  const elsewhere = astray(hosts, addresses);
  if (elsewhere.length > 0) {
    throw new LakeproofError(
      "CONFIG_INVALID",
      `Behind ${addresses.join(", ")} is a Kafka whose brokers are at ${elsewhere.join(", ")}.`,
      {
        hint: "Load goes to loopback addresses and to labs only; forwarded ports do not change that.",
      },
    );
  }
  const counts = new Set(layout.map(({ partitionCount }) => partitionCount));
  const [partitionCount = 0] = counts;
  if (counts.size === 1 && partitionCount > 0) return { partitionCount, clusterId };
  const found = layout.map(
    ({ topic, partitionCount: own }) => `${topic} has ${String(own)} partitions`,
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

/** Of both topics together. Throws where no broker answers. */
export async function recordCount(addresses: readonly string[]): Promise<number> {
  const offsets = await endOffsets(addresses, BANK_TABLES.map(topicOf), host.deadline(ASK_MS_MAX));
  return [...offsets.values()].reduce((sum, offset) => sum + offset, 0);
}
