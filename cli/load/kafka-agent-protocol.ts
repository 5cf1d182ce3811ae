/** What an agent of a load into Kafka is given to do, and what it tells of it. */
import { z } from "zod";
import type { JournalBody } from "../../core/contracts/journal.ts";
import type { Arrivals } from "../../core/contracts/plan.ts";
import type { Json } from "../../core/contracts/values.ts";
import { LakeproofError } from "../../core/errors.ts";
import type { BankTopics } from "./kafka-load.ts";
import { planDigest } from "./kafka-share.ts";
import type { WorkerHealth, WorkerTotals } from "./kafka-worker-protocol.ts";

export const KAFKA_WORK = "load kafka";

const Spacing = z.enum(["poisson", "uniform"]);
const Shape = { spacing: Spacing, periodMs: z.number(), peakRatio: z.number() };
const ArrivalsOfJob = z.union([
  Spacing,
  z.object({ kind: z.literal("burst"), ...Shape, burstMs: z.number() }).readonly(),
  z.object({ kind: z.literal("diurnal"), ...Shape }).readonly(),
]) satisfies z.ZodType<Arrivals>;

export const KafkaJob = z.object({
  index: z.number().int().min(0),
  count: z.number().int().min(1),
  addresses: z.array(z.string()).readonly(),
  /** Decimal: JSON knows no integers of this size. */
  seed: z.string().regex(/^\d+$/),
  rateEventsPerS: z.number().positive(),
  durationMs: z.number().positive(),
  warmupMs: z.number().min(0),
  arrivals: ArrivalsOfJob,
  userCount: z.number().int().positive(),
  lingerMs: z.number().positive(),
  dropMs: z.number().positive(),
  graceMs: z.number().min(0),
  /** Null: as many as its part of the rate asks for. */
  workerCount: z.number().int().positive().nullable(),
  partitionCount: z.number().int().positive(),
  startLsn: z.number(),
  runId: z.string(),
});
export type KafkaJob = z.infer<typeof KafkaJob>;

const KafkaReady = z.object({
  planDigest: z.string(),
  clusterId: z.string().nullable(),
  partitionCount: z.number(),
});
export type KafkaReady = z.infer<typeof KafkaReady>;

/** Made by both ends, each with its own program and from where it stands. */
export function readyOf(
  plan: Parameters<typeof planDigest>[0],
  { clusterId, partitionCount }: BankTopics,
): KafkaReady {
  return { planDigest: planDigest(plan), clusterId, partitionCount };
}

/** What speaks against an agent that found this, where the coordinator found that. */
export function readyProblem(found: Json, expected: KafkaReady): string | undefined {
  const parsed = KafkaReady.safeParse(found);
  if (!parsed.success) return "what it has prepared cannot be read";
  const { clusterId, partitionCount, planDigest: digest } = parsed.data;
  if (clusterId !== expected.clusterId) {
    return `at the same addresses it sees Kafka ${String(clusterId)}, and here is ${String(expected.clusterId)}`;
  }
  if (partitionCount !== expected.partitionCount) {
    return `it sees ${String(partitionCount)} partitions, and here are ${String(expected.partitionCount)}`;
  }
  if (digest === expected.planDigest) return undefined;
  return "its program makes other operations from the same plan and seed (another build of lakeproof, or another Node)";
}

const health = z.object({
  worker: z.number(),
  atMs: z.number(),
  behindMs: z.number(),
  busyRatio: z.number(),
  cpuRatio: z.number(),
  gcRatio: z.number(),
  eventLoopDelayMsP99: z.number(),
  retryCount: z.number(),
  lastProblem: z.string(),
}) satisfies z.ZodType<WorkerHealth>;

const KafkaEvent = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("journal"),
    body: z.looseObject({ kind: z.enum(["load.window", "latency.window", "sample.taken"]) }),
  }),
  z.object({ kind: z.literal("health"), health, isMeasured: z.boolean() }),
]);

export type KafkaEvent =
  | { readonly kind: "journal"; readonly body: JournalBody }
  | { readonly kind: "health"; readonly health: WorkerHealth; readonly isMeasured: boolean };

/** Undefined for what is none: it is not worth a load. */
export function parseKafkaEvent(value: Json): KafkaEvent | undefined {
  const parsed = KafkaEvent.safeParse(value);
  // The agent is of this very version: what a window holds is what it holds here.
  return parsed.success ? (parsed.data as KafkaEvent) : undefined;
}

const count = z.number().min(0);
const totals = z.object({
  worker: z.number(),
  operations: z.object({
    ...{ offered: count, ok: count, fail: count, unknown: count },
    ...{ dropped: count, unfinished: count },
  }),
  eventCountAll: count,
  eventCount: count,
  unclearEventCountAll: count,
  payloadBytes: count,
  recordBytes: count,
  sentBytes: count,
  retryCount: count,
  blockedMs: count,
  heldUpCount: count,
  latencyUs: z.string(),
  lagUs: z.string(),
  digests: z.array(z.object({ lane: z.number(), digest: z.string() })).readonly(),
}) satisfies z.ZodType<WorkerTotals>;

const KafkaEnd = z.object({
  workers: z.array(totals).readonly(),
  cpuMs: count,
  rssBytesMax: count,
});
export type KafkaEnd = z.infer<typeof KafkaEnd>;

/** Throws AGENT_LOST for what is no result. */
export function parseKafkaEnd(name: string, value: unknown): KafkaEnd {
  const parsed = KafkaEnd.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new LakeproofError("AGENT_LOST", `${name} gave a result that cannot be read.`, {
    hint: "See that lakeproof there is the one that is here.",
  });
}
