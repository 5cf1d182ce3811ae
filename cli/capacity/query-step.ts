/** The seed's query mix against the lab's Trino at one rate: open arrivals from k6, nothing else under load. */
import { rmSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { openWindows } from "../../core/windows.ts";
import { LARGE_ROW_COUNT } from "../../generators/k6/mix.ts";
import { openTrino, type TrinoClient } from "../../infra/clients/trino.ts";
import { SCENARIOS } from "../../scenarios/index.ts";
import {
  mixAt,
  observeQueries,
  type QueriesSeen,
  type QueryFrame,
} from "../../slo/capacity/judge-queries.ts";
import { lakeContent } from "../../slo/probes/reader.ts";
import { startBankLoad } from "../run/bank-load.ts";
import { warmEngine } from "../run/engine-warmup.ts";
import { startK6Load, type RunningK6 } from "../run/k6-load.ts";
import { startSamplers } from "../run/samplers.ts";
import type { Session } from "../run/session.ts";
import { cpuBetween, cpuByStage } from "./cores.ts";
import { inSession, untilQuiet, type StepLab, type StepWish } from "./step-runner.ts";

/** The main scenario's: the seed names the classes and their targets, and no proportions. */
export const QUERY_MIX = SCENARIOS.smoke.queries;
/** The longest target: what takes longer has missed it. */
const GRACE_MS = Math.max(...QUERY_MIX.map(({ targetMs }) => targetMs));
const START_MS_MAX = 60_000;
const LOOK_MS = 100;
/** While the lake has too little for the mix: gentle enough for any lab. */
const FILL_RATE = 300;
const FILL_MS_MAX = 300_000;
const FILL_LOOK_MS = 5000;
const WARM_MS_MAX = 120_000;

export interface QueryStep {
  readonly seen: QueriesSeen;
  readonly startedAtEpochMs: number;
  readonly cpuMs: Readonly<Record<string, number>>;
}

/** Rejects with the signal's reason when it is aborted, with k6 ended. */
export async function runQueryStep(step: StepLab, wish: StepWish): Promise<QueryStep> {
  const { name } = wish;
  const { result, events, startedAtEpochMs } = await inSession(
    step,
    // The bank has no load here.
    { name, ratePerS: step.plan.bank.rateEventsPerS },
    (session) => loadQueries(session, wish),
  );
  const { frame, cpuMs } = result;
  return { seen: observeQueries(events, frame), startedAtEpochMs, cpuMs };
}

interface Measured {
  readonly frame: QueryFrame;
  readonly cpuMs: Readonly<Record<string, number>>;
}

async function loadQueries(session: Session, wish: StepWish): Promise<Measured> {
  const { journal, lab, signal, runDir } = session;
  const classes = mixAt(QUERY_MIX, wish.ratePerS);
  const begun = Promise.withResolvers<undefined>();
  const load = startMix(session, wish, classes, () => {
    begun.resolve(undefined);
  });
  using _samplers = startSamplers(session, () => [load.pid]);
  try {
    await Promise.race([begun.promise, untilEnded(load, START_MS_MAX, signal)]);
    const fromMs = Math.ceil((journal.nowMs() + wish.settleMs) / 1000) * 1000;
    const toMs = fromMs + wish.windowMs;
    await host.sleep(Math.max(0, fromMs - journal.nowMs()), signal);
    const before = cpuByStage(lab, [load.pid]);
    await host.sleep(Math.max(0, toMs - journal.nowMs()), signal);
    const cpuMs = cpuBetween(before, cpuByStage(lab, [load.pid]));
    if (load.ended()) {
      const reason = "k6 ended before its schedule did: read logs/k6.log";
      journal.append({ kind: "probe.blind", probe: "k6", reason });
    }
    await untilEnded(load, GRACE_MS, signal);
    const frame = { classes, fromMs, toMs, graceMs: GRACE_MS, cpuCount: cpus().length };
    return { frame, cpuMs };
  } finally {
    await load.stop();
    // A line for each request of a whole search would fill a disk; what they came to is in the journal.
    rmSync(join(runDir, "k6.ndjson"), { force: true });
  }
}

function startMix(
  session: Session,
  { settleMs, windowMs }: StepWish,
  classes: QueryFrame["classes"],
  onBegun: () => void,
): RunningK6 {
  const { plan, lab } = session;
  return startK6Load(session, {
    name: "k6",
    script: join(host.packageDir, "generators", "k6", "queries.ts"),
    windows: new Map(
      classes.map(({ name, targetMs }) => [name, openWindows("queries", name, targetMs)]),
    ),
    onBegun,
    endsByItself: true,
    env: {
      LAKEPROOF_QUERIES: JSON.stringify({
        trinoUrl: `http://${lab.endpoints.address("trino")}`,
        seed: plan.seed,
        // The window begins with a whole second, and k6's own beginning was seen a moment late.
        durationS: Math.ceil((settleMs + windowMs) / 1000) + 3,
        classes: classes.map(({ name, ratePerS, vuCount }) => ({ name, ratePerS, vuCount })),
        laneCount: plan.bank.laneCount,
        userCountPerLane: plan.bank.userCountPerLane,
        maxVUsPerClass: Math.max(...classes.map(({ vuCount }) => vuCount)),
      }),
    },
  });
}

async function untilEnded(load: RunningK6, limitMs: number, signal: AbortSignal): Promise<void> {
  const giveUpMs = host.monotonicMs() + limitMs;
  while (!load.ended() && host.monotonicMs() < giveUpMs) await host.sleep(LOOK_MS, signal);
}

/**
 * The lake has what each class asks for, and the engine is warm. Loads the bank through the pipeline for as long as it
 * takes where the lake is too empty; one that has enough is asked as it is. Throws CLIENT_FAILED where it stays so.
 */
export async function prepareQueries(step: StepLab): Promise<void> {
  const name = `trino-prepare-${host.randomHex(3)}`;
  const mixed = { ...step, plan: { ...step.plan, queries: QUERY_MIX } };
  await inSession(mixed, { name, ratePerS: FILL_RATE }, async (session) => {
    const trino = openTrino(step.lab.endpoints.address("trino"), "lakeproof-reader");
    if (!(await hasEnough(session, trino))) await fill(session, trino);
    // What is still on its way would be work beside the queries.
    await untilQuiet(step);
    await warmEngine(session, trino, WARM_MS_MAX);
  });
}

async function fill(session: Session, trino: TrinoClient): Promise<void> {
  host.err("trino: the lake has too little to ask for; the bank's load fills it first\n");
  const { signal } = session;
  const giveUpMs = host.monotonicMs() + FILL_MS_MAX;
  const load = await startBankLoad(session);
  try {
    while (!(await hasEnough(session, trino))) {
      if (host.monotonicMs() > giveUpMs) {
        const seconds = String(FILL_MS_MAX / 1000);
        throw new LakeproofError(
          "CLIENT_FAILED",
          `The lake has too few rows for the query mix after ${seconds} s of load.`,
          { hint: "See `lakeproof health`: changes do not reach the lake." },
        );
      }
      await host.sleep(FILL_LOOK_MS, signal);
    }
  } finally {
    await load.abandon();
  }
}

/** Every user that a simple query may ask for, and accounts enough for a large one. A lake that cannot be asked has not. */
async function hasEnough({ plan, signal }: Session, trino: TrinoClient): Promise<boolean> {
  const userCount = plan.bank.laneCount * plan.bank.userCountPerLane;
  try {
    const found = await lakeContent(trino, userCount, host.deadline(START_MS_MAX, signal));
    return found.userCount >= userCount && found.accountRowCount >= LARGE_ROW_COUNT;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
