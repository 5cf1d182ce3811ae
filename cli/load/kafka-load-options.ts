/** What a load into Kafka is asked to do, and what came of it. */
import type { Arrivals } from "../../core/contracts/plan.ts";
import type { JournalBody } from "../../core/contracts/journal.ts";
import type { WorkerHealth, WorkerTotals } from "./kafka-worker-protocol.ts";
import type { LaneHistory } from "./lane-journal.ts";

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
  /** Of each thread, once a second. */
  readonly onHealth?: (health: WorkerHealth, isMeasured: boolean) => void;
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
