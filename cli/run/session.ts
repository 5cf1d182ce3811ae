/** What every part of a run shares: the plan, the journal, the lab, and the run's own clock. */
import type { JournalWriter } from "../../core/contracts/journal.ts";
import type { Plan } from "../../core/contracts/plan.ts";
import { host } from "../../core/host.ts";
import type { LakeproofError } from "../../core/errors.ts";
import { ChangeLedger } from "../../core/ledger.ts";
import type { Lab } from "../../infra/provision.ts";
import type { StopLadder } from "./stop-ladder.ts";

export interface Session {
  readonly runDir: string;
  readonly plan: Plan;
  readonly seed: bigint;
  readonly journal: JournalWriter;
  readonly lab: Lab;
  /** Where the bank lives when its load must not enter the pipeline. Default: its own database, which does. */
  readonly bankDatabase?: string;
  readonly startedAtEpochMs: number;
  readonly artifacts: Readonly<Record<string, string>>;
  /** What PostgreSQL acknowledged. */
  readonly acknowledged: ChangeLedger;
  /** What Kafka holds, committed. */
  readonly kafka: ChangeLedger;
  readonly signal: AbortSignal;
  /** Absent where nothing is injected. */
  readonly ladder?: StopLadder;
  /** Aborts `signal`, for guards. */
  readonly stopRun?: (error: LakeproofError) => void;
}

export function newLedgers(): { acknowledged: ChangeLedger; kafka: ChangeLedger } {
  return { acknowledged: new ChangeLedger(), kafka: new ChangeLedger() };
}

/**
 * Buckets are numbered by wall-clock time, so that the buckets of two runs on one lab never meet and the
 * lake's file statistics can skip what another run wrote.
 */
export function bucketAt(session: Session, runMs: number): number {
  return Math.floor((session.startedAtEpochMs + runMs) / session.plan.bank.bucketMs);
}

/** Numbers of canaries must not meet those of an earlier run on the same lab. */
export function firstCanaryOf({ startedAtEpochMs }: Pick<Session, "startedAtEpochMs">): number {
  return Math.floor(startedAtEpochMs);
}

/**
 * Run time of a moment that another process has stamped, in microseconds. The two clocks are compared now and not at the
 * start: over hours the machine's wall clock is slewed away from its monotonic one.
 */
export function runMsAt(
  { nowMs }: Pick<JournalWriter, "nowMs">,
  epochMs: number,
  nowEpochMs = host.epochMs(),
): number {
  return Math.round((nowMs() - (nowEpochMs - epochMs)) * 1000) / 1000;
}
