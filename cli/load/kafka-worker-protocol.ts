/** What a thread of the load into Kafka is told, and what it tells. */
import type { Arrivals, BankProfile } from "../../core/contracts/plan.ts";
import type { JournalBody } from "../../core/contracts/journal.ts";
import type { Outcome } from "../../core/contracts/values.ts";
import type { LaneStep } from "../../generators/resume.ts";

export const WORKLOAD = "kafka-ingest";

export interface KafkaWorkerOptions {
  readonly kind: typeof WORKLOAD;
  readonly worker: number;
  readonly lanes: readonly number[];
  readonly laneCount: number;
  readonly userCountPerLane: number;
  readonly profile: Partial<BankProfile>;
  readonly seed: bigint;
  readonly arrivals: Arrivals;
  readonly txnsPerSPerLane: number;
  readonly addresses: readonly string[];
  readonly topicPrefix: string;
  readonly partitionCount: number;
  readonly runId: string;
  readonly startLsn: number;
  readonly lingerMs: number;
  readonly dropMs: number;
  readonly deliveryMsMax: number;
  readonly warmupMs: number;
  /** From the start of the load, warm-up included. */
  readonly stopMs: number;
  readonly graceMs: number;
  /** Where it writes down what it does. Absent: nowhere, and it cannot be resumed. */
  readonly journalDir?: string;
  /** How many processes before this one were killed. */
  readonly part: number;
  readonly resume: readonly LaneResume[];
}

/** What a lane did before its process was killed. */
export interface LaneResume {
  readonly lane: number;
  readonly steps: readonly LaneStep[];
  /** Sequence numbers in the topics, among those of unknown outcome. */
  readonly present: readonly number[];
}

export interface WorkerHealth {
  readonly worker: number;
  /** Since the start of the load. */
  readonly atMs: number;
  /** How long ago the earliest operation was meant to start that has not been sent; 0 where none is due. */
  readonly behindMs: number;
  /** Share of the last second in which the thread's event loop was not waiting. */
  readonly busyRatio: number;
  readonly cpuRatio: number;
  readonly gcRatio: number;
  readonly eventLoopDelayMsP99: number;
  readonly retryCount: number;
  readonly lastProblem: string;
}

/** What became of the operations meant for the measured time. */
export interface WorkerTotals {
  readonly worker: number;
  readonly operations: Readonly<Record<Outcome | "offered" | "dropped" | "unfinished", number>>;
  /** Acknowledged, the warm-up's among them: what the topics must have grown by. */
  readonly eventCountAll: number;
  readonly eventCount: number;
  /** Everything that is not ok, the warm-up's among them: what the topics may have more or less. */
  readonly unclearEventCountAll: number;
  readonly payloadBytes: number;
  readonly recordBytes: number;
  readonly sentBytes: number;
  readonly retryCount: number;
  /** Time in which operations were due and the target had not yet answered for those before. */
  readonly blockedMs: number;
  /** Operations sent later than meant because the target had left no room: not part of the generator's lag. */
  readonly heldUpCount: number;
  readonly latencyUs: string;
  readonly lagUs: string;
  readonly digests: readonly { readonly lane: number; readonly digest: string }[];
}

export type WorkerMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "journal"; readonly body: JournalBody }
  | { readonly kind: "health"; readonly health: WorkerHealth }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "done"; readonly totals: WorkerTotals };

/** The clock is one for all threads; the instant may lie ahead. */
export interface StartMessage {
  readonly startMonotonicMs: number;
  readonly startEpochMs: number;
}

export type WorkerOrder =
  /** Told when all workers are ready. */
  | ({ readonly kind: "start" } & StartMessage)
  /** Make nothing more, wait for what is under way, and give the totals. */
  | { readonly kind: "finish" };
