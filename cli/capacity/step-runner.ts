/** One window of load on a real lab: the bank at one rate, what every probe saw, and the pipeline empty again. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { BANK_TABLES, topicOf } from "../../core/bank-schema.ts";
import type { CapacityTarget } from "../../core/contracts/capacity.ts";
import type { JournalEvent, JournalWriter } from "../../core/contracts/journal.ts";
import type { Plan } from "../../core/contracts/plan.ts";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { openJournal } from "../../core/journal.ts";
import { endOffsets } from "../../infra/clients/kafka.ts";
import type { Lab } from "../../infra/provision.ts";
import type { StepFrame } from "../../slo/capacity/observe.ts";
import { startBankLoad, type BankLoad } from "../run/bank-load.ts";
import { Canaries } from "../run/canary.ts";
import { LakeReader } from "../run/reader.ts";
import { startSamplers } from "../run/samplers.ts";
import { newLedgers, type Session } from "../run/session.ts";
import { startTap } from "../run/tap.ts";
import { cpuBetween, cpuByStage } from "./cores.ts";
import { startNullDecoder } from "./null-decoder.ts";
import { CAPACITY_DATABASE } from "./own-database.ts";

/** Operations of the window that end later than this are not done: the objective for a write. */
export const GRACE_MS = 2000;
/** As long as a change may take to be fresh; what is not seen by then is told at its age. */
const DRAIN_MS_MAX = 40_000;
const DRAIN_LOOK_MS = 250;
/** Longer than the connector ever waits between two batches of a backlog. */
const QUIET_MS = 3000;
/** What an overload left in the slot must be gone before the next window, or that one would count it as its own. */
const BACKLOG_MS_MAX = 600_000;

export interface StepLab {
  readonly lab: Lab;
  /** Of the lab's topology; its rate is that of the step. */
  readonly plan: Plan;
  readonly artifacts: Readonly<Record<string, string>>;
  readonly stepsDir: string;
  readonly signal: AbortSignal;
}

export interface StepWish {
  /** Names the directory of its journal. */
  readonly name: string;
  readonly target: CapacityTarget;
  readonly ratePerS: number;
  readonly settleMs: number;
  readonly windowMs: number;
}

export interface StepOutcome {
  readonly events: readonly JournalEvent[];
  readonly frame: StepFrame;
  readonly cpuMs: Readonly<Record<string, number>>;
  readonly startedAtEpochMs: number;
  /** Until every canary was seen after the load had stopped; absent without a pipeline. */
  readonly drainMs?: number;
}

/** The load goes into a database of its own: nothing behind PostgreSQL sees it. */
export function bypassesPipeline(target: CapacityTarget): boolean {
  return target === "postgres" || target === "slot-decoding";
}

/** Rejects with the signal's reason when it is aborted, with the load stopped. */
export async function runStep(step: StepLab, wish: StepWish): Promise<StepOutcome> {
  const bankDatabase = bypassesPipeline(wish.target) ? CAPACITY_DATABASE : undefined;
  const { result, ...kept } = await inSession(step, { ...wish, bankDatabase }, (session) =>
    bankDatabase === undefined ? loadPipeline(session, wish) : loadPostgres(session, wish),
  );
  return { ...result, ...kept };
}

export interface SessionWish {
  /** Names the directory of its journal. */
  readonly name: string;
  /** Of the bank, in change events a second. */
  readonly ratePerS: number;
  readonly bankDatabase?: string | undefined;
}

export interface SessionKept<T> {
  readonly result: T;
  readonly events: readonly JournalEvent[];
  readonly startedAtEpochMs: number;
}

/** Work with a journal of its own below the steps, which is also kept in memory. */
export async function inSession<T>(
  step: StepLab,
  wish: SessionWish,
  work: (session: Session) => Promise<T>,
): Promise<SessionKept<T>> {
  const { signal, plan } = step;
  signal.throwIfAborted();
  const runDir = join(step.stepsDir, wish.name);
  mkdirSync(join(runDir, "logs"), { recursive: true });
  await using file = openJournal(runDir, () => host.monotonicMs());
  const events: JournalEvent[] = [];
  file.onEvent((event) => void events.push(event));
  let isOpen = true;
  // A probe that answers after the step is over must not write into a file that is closed.
  const journal: JournalWriter = {
    ...file,
    append: (body) => {
      if (isOpen) file.append(body);
    },
  };
  const startedAtEpochMs = host.epochMs() - journal.nowMs();
  const session: Session = {
    runDir,
    plan: { ...plan, bank: { ...plan.bank, rateEventsPerS: wish.ratePerS } },
    seed: BigInt(plan.seed),
    journal,
    lab: step.lab,
    startedAtEpochMs,
    artifacts: step.artifacts,
    ...newLedgers(),
    signal,
    ...(wish.bankDatabase === undefined ? {} : { bankDatabase: wish.bankDatabase }),
  };
  try {
    return { result: await work(session), events, startedAtEpochMs };
  } finally {
    isOpen = false;
  }
}

/** Waits until nothing more comes out of the connector: what an earlier load left behind would count as the next one's. */
export async function untilQuiet({ lab, signal }: StepLab): Promise<void> {
  const brokers = lab.endpoints.addresses("kafka");
  const startMs = host.monotonicMs();
  let before = "";
  let sinceMs = startMs;
  while (host.monotonicMs() - startMs < BACKLOG_MS_MAX) {
    const offsets = await endOffsets(brokers, BANK_TABLES.map(topicOf), signal);
    const now = JSON.stringify([...offsets]);
    if (now !== before) sinceMs = host.monotonicMs();
    if (host.monotonicMs() - sinceMs >= QUIET_MS) return;
    before = now;
    await host.sleep(DRAIN_LOOK_MS, signal);
  }
  throw new LakeproofError("CLIENT_FAILED", "The topics of the bank do not come to rest.", {
    hint: "Stop what else writes to this lab.",
  });
}

type Measured = Pick<StepOutcome, "frame" | "cpuMs" | "drainMs">;

async function loadPostgres(session: Session, wish: StepWish): Promise<Measured> {
  const decoder = wish.target === "slot-decoding" ? await startNullDecoder(session) : undefined;
  try {
    const load = await startBankLoad(session);
    using _samplers = startSamplers(session, () => []);
    try {
      return await window(session, load, wish);
    } finally {
      await load.abandon();
    }
  } finally {
    await decoder?.stop();
  }
}

async function loadPipeline(session: Session, wish: StepWish): Promise<Measured> {
  const { lab, signal } = session;
  const brokers = lab.endpoints.addresses("kafka");
  const tap = startTap(session, await endOffsets(brokers, BANK_TABLES.map(topicOf), signal));
  const load = await startBankLoad(session).catch(async (error: unknown) => {
    await tap.close();
    throw error;
  });
  const canaries = new Canaries(session);
  const reader = new LakeReader(session, canaries, load, tap);
  using _samplers = startSamplers(session, () => []);
  canaries.start();
  reader.start();
  try {
    const measured = await window(session, load, wish);
    await canaries.stopWriting();
    await load.abandon();
    return { ...measured, drainMs: await drained(session, canaries) };
  } finally {
    await load.abandon();
    await canaries.close("the step was over before it was seen");
    await Promise.all([reader.stop(), tap.close()]);
  }
}

/** Lets the load settle, then looks for as long as the window is. Rates are counted in whole seconds. */
async function window(session: Session, load: BankLoad, wish: StepWish): Promise<Measured> {
  const { journal, lab, signal, plan } = session;
  const fromMs = Math.ceil((journal.nowMs() + wish.settleMs) / 1000) * 1000;
  const toMs = fromMs + wish.windowMs;
  await host.sleep(Math.max(0, fromMs - journal.nowMs()), signal);
  const before = cpuByStage(lab);
  await host.sleep(Math.max(0, toMs - journal.nowMs()), signal);
  const cpuMs = cpuBetween(before, cpuByStage(lab));
  await host.sleep(Math.max(0, toMs + GRACE_MS - journal.nowMs()), signal);
  const frame: StepFrame = {
    ratePerS: plan.bank.rateEventsPerS,
    eventsPerOperation: load.eventsPerTxn,
    fromMs,
    toMs,
    hasPipeline: !bypassesPipeline(wish.target),
  };
  return { frame, cpuMs };
}

/** Everything committed is in the lake, or as much as comes in the time a change may take. */
async function drained(session: Session, canaries: Canaries): Promise<number> {
  const { journal, signal, acknowledged, kafka } = session;
  const startMs = journal.nowMs();
  for (;;) {
    const elapsedMs = journal.nowMs() - startMs;
    const missingCount = acknowledged.eventCount - (kafka.eventCount - kafka.duplicateCount);
    const isSeen = canaries.flyingCount === 0 || elapsedMs >= DRAIN_MS_MAX;
    if (missingCount <= 0 && isSeen) return Math.round(elapsedMs);
    if (elapsedMs >= BACKLOG_MS_MAX) {
      const seconds = String(BACKLOG_MS_MAX / 1000);
      throw new LakeproofError(
        "CLIENT_FAILED",
        `${String(missingCount)} changes were not in Kafka ${seconds} s after the load had stopped.`,
        { hint: "See `lakeproof health`, and the connector's log." },
      );
    }
    await host.sleep(DRAIN_LOOK_MS, signal);
  }
}
