/** Waits for the event that a fault is aimed at: between two polls of the JobManager nothing is missed but time. */
import { bankProfile, meanEventsPerTxn } from "../../core/bank-profile.ts";
import { peakOf } from "../../core/arrival-shape.ts";
import type { FaultTrigger } from "../../core/contracts/fault.ts";
import { host } from "../../core/host.ts";
import { flinkCheckpoints, flinkJobs } from "../../infra/clients/flink.ts";
import { openLakeMaintenance } from "../../infra/lake-maintenance/control.ts";
import type { Session } from "./session.ts";

const POLL_MS = 50;
const EVENT_MS_MAX = 120_000;
const ANSWER_MS_MAX = 5000;
/** A round whose statements were over between two looks is asked for again. */
const ASK_AGAIN_MS = 15_000;

/** Checkpoints of the running job so far. */
export interface CheckpointCounts {
  readonly jobId: string;
  readonly completed: number;
  readonly inProgress: number;
}

/** What Flink tells. */
type CheckpointEvent = Extract<FaultTrigger["event"], `checkpoint-${string}`>;
/** All but what another fault tells. */
type AwaitedEvent = Exclude<FaultTrigger["event"], "recovery-started" | "fault-active">;

/** A second is one of the peak from half way between the mean rate and the highest. */
const PEAK_SHARE = 0.5;
const PEAK_PERIODS_MAX = 2;

/** Pure: whether the event lies between two looks. Another job's numbers say nothing. */
export function hasHappened(
  event: CheckpointEvent,
  before: CheckpointCounts,
  now: CheckpointCounts,
): boolean {
  if (before.jobId !== now.jobId) return false;
  switch (event) {
    case "checkpoint-completed":
      return now.completed > before.completed;
    case "checkpoint-started":
      // One that was under way at the first look may be about to end.
      return now.inProgress > 0 && (before.inProgress === 0 || now.completed > before.completed);
  }
}

/** False when it did not happen in time; then nobody knows what the fault would have hit. */
export async function awaitTrigger(
  session: Session,
  { event, delayMs = 0 }: { readonly event: AwaitedEvent; readonly delayMs?: number },
): Promise<boolean> {
  const isThere = await awaitEvent(session, event);
  if (isThere) await host.sleep(delayMs, session.signal);
  return isThere;
}

function awaitEvent(session: Session, event: AwaitedEvent): Promise<boolean> {
  switch (event) {
    case "load-peak":
      return awaitPeak(session);
    case "maintenance-started":
      return awaitMaintenance(session);
    case "checkpoint-started":
    case "checkpoint-completed":
      return awaitCheckpoint(session, event);
  }
}

/** Has a round of the maintenance begun, and waits until one of its statements is under way. */
async function awaitMaintenance({ lab, signal }: Session): Promise<boolean> {
  if (!lab.endpoints.has("lake-maintenance")) return false;
  const maintenance = openLakeMaintenance(lab.endpoints.address("lake-maintenance", "metrics"));
  const deadlineMs = host.monotonicMs() + EVENT_MS_MAX;
  let askAtMs = -Infinity;
  while (host.monotonicMs() < deadlineMs) {
    const limit = host.deadline(ANSWER_MS_MAX, signal);
    try {
      if (host.monotonicMs() >= askAtMs) {
        await maintenance.begin(limit);
        askAtMs = host.monotonicMs() + ASK_AGAIN_MS;
      }
      if ((await maintenance.progress(limit)).isWorking) return true;
    } catch (error) {
      if (signal.aborted) throw error;
    }
    await host.sleep(POLL_MS, signal);
  }
  return false;
}

/** As offered, not as planned: by the windows that the load itself journals. */
async function awaitPeak({ plan, journal, signal }: Session): Promise<boolean> {
  const { arrivals, rateEventsPerS, profile, laneCount } = plan.bank;
  const peak = peakOf(arrivals);
  if (peak === undefined) return false;
  const eventsPerTxn = meanEventsPerTxn(bankProfile(profile, laneCount));
  const eventsPerSMin = rateEventsPerS * (1 + PEAK_SHARE * (peak.peakRatio - 1));
  const { promise, resolve } = Promise.withResolvers<boolean>();
  journal.onEvent((seen) => {
    if (seen.kind !== "load.window" || seen.workload !== "bank") return;
    const eventsPerS = (seen.offered * eventsPerTxn * 1000) / seen.windowMs;
    if (eventsPerS >= eventsPerSMin) resolve(true);
  });
  const limit = host.sleep(PEAK_PERIODS_MAX * peak.periodMs, signal).then(() => false);
  return Promise.race([promise, limit]);
}

async function awaitCheckpoint(session: Session, event: CheckpointEvent): Promise<boolean> {
  const { signal } = session;
  const deadlineMs = host.monotonicMs() + EVENT_MS_MAX;
  let before: CheckpointCounts | undefined;
  while (host.monotonicMs() < deadlineMs) {
    const now = await countsNow(session);
    if (before !== undefined && now !== undefined && hasHappened(event, before, now)) {
      return true;
    }
    before = now;
    await host.sleep(POLL_MS, signal);
  }
  return false;
}

/** Undefined while no job runs or nobody answers. */
async function countsNow({ lab, signal }: Session): Promise<CheckpointCounts | undefined> {
  const limit = host.deadline(ANSWER_MS_MAX, signal);
  try {
    const address = lab.endpoints.address("flink-jobmanager");
    const job = (await flinkJobs(address, limit)).find(({ state }) => state === "RUNNING");
    if (job === undefined) return undefined;
    const { counts } = await flinkCheckpoints(address, job.jid, limit);
    return { jobId: job.jid, completed: counts.completed, inProgress: counts.in_progress };
  } catch (error) {
    if (signal.aborted) throw error;
    return undefined;
  }
}
