/** The searches on one lab, stage by stage: asks, loads, judges, journals, and tells what is known when stopped. */
import { join } from "node:path";
import type {
  CapacityReport,
  CapacityStep,
  CapacityTarget,
  SearchOptions,
} from "../../core/contracts/capacity.ts";
import { LakeproofError, reasonOf } from "../../core/errors.ts";
import { checkRate } from "../../core/generator-limits.ts";
import { fileNameOf } from "../../core/file-name.ts";
import { host } from "../../core/host.ts";
import { isAborted } from "../../core/until-aborted.ts";
import { environmentOf } from "../../infra/environment.ts";
import type { LabState } from "../../infra/drivers/lab.ts";
import { configDigests } from "../../infra/provision.ts";
import { judgeStep } from "../../slo/capacity/judge-step.ts";
import { observeStep } from "../../slo/capacity/observe.ts";
import { stageCapacity } from "../../slo/capacity/report.ts";
import { decide, resultSoFar, type Question } from "../../slo/capacity/search.ts";
import { readCalibration, tellBusyMachine, thisMachine } from "../calibrate-store.ts";
import { listenForStop } from "../stop.ts";
import { VERSION, versionsOf } from "../version.ts";
import { appendLine, readHistory } from "./journal.ts";
import { openStepLab } from "./lab-plan.ts";
import { dropOwnDatabase, makeOwnDatabase } from "./own-database.ts";
import { bypassesPipeline, runStep, untilQuiet, type StepLab } from "./step-runner.ts";

export interface SearchWish {
  readonly runsDir: string;
  /** Directory of a search to go on with. */
  readonly runDir: string | undefined;
  readonly seed: string;
  readonly targets: readonly CapacityTarget[];
  readonly windowMs: number;
  readonly settleMs: number;
  readonly search: SearchOptions;
  /** What the user allows; the calibrated limit of the generator where it says nothing. */
  readonly ratePerSMax: number | undefined;
}

export interface SearchedLab {
  readonly report: CapacityReport;
  readonly runDir: string;
  /** Exit code of a stop that was asked for. */
  readonly stopCode: number | undefined;
}

/** What has no way in of its own yet, and why. */
const NO_WAY_IN: Partial<Record<CapacityTarget, string>> = {
  kafka: "the generator writes to Kafka only through PostgreSQL and the connector",
  trino: "no search over queries a second yet; `run` measures a fixed mix",
};
const CLEANUP_MS_MAX = 15_000;
/** For the forecast only: what it takes to write the bank's opening state and to get the pipeline empty. */
const OVERHEAD_MS = 8000;

interface Frame {
  readonly wish: SearchWish;
  readonly search: SearchOptions;
  readonly step: StepLab;
  readonly runDir: string;
  readonly steps: CapacityStep[];
}

/** Never rejects for what happens in a step: that is in the journal and in the report. */
export async function searchLab(state: LabState, wish: SearchWish): Promise<SearchedLab> {
  const stop = new AbortController();
  listenForStop(stop, {
    notice: "Stopping: the load ends, and what is known is reported.",
    hint: "Nothing was lost; go on with --resume.",
  });
  tellBusyMachine();
  const frame = await openFrame(state, wish, stop.signal);
  const { runDir } = frame;
  let ended: CapacityReport["ended"] = "completed";
  let message: string | undefined;
  try {
    for (const target of wish.targets) await searchTarget(frame, target);
  } catch (error) {
    ended = isAborted(stop.signal) ? "interrupted" : "failed";
    message = reasonOf(error);
    host.err(`${ended}: ${message}\n`);
  }
  await dropOwnDatabase(
    frame.step.lab.endpoints.address("postgres"),
    host.deadline(CLEANUP_MS_MAX),
  ).catch((error: unknown) => {
    host.err(`The capacity database could not be dropped: ${reasonOf(error)}\n`);
  });
  appendLine(runDir, {
    kind: "capacity.ended",
    reason: ended,
    ...(message === undefined ? {} : { message }),
  });
  const reason: unknown = stop.signal.reason;
  const stopCode = reason instanceof LakeproofError ? reason.exitCode : undefined;
  return { report: reportOf(frame, state, ended), runDir, stopCode };
}

async function openFrame(state: LabState, wish: SearchWish, signal: AbortSignal): Promise<Frame> {
  const stamp = new Date(host.epochMs()).toISOString().replace(/[-:]/g, "").slice(0, 15);
  const name = `${stamp}Z-capacity-${fileNameOf(state.topology)}-${host.randomHex(3)}`;
  const runDir = wish.runDir ?? join(wish.runsDir, name);
  const stepsDir = join(runDir, "steps");
  const step = await openStepLab({ state, seed: wish.seed, stepsDir, signal });
  if (wish.runDir !== undefined) {
    const { started, steps } = readHistory(runDir);
    if (started.topology !== state.topology) {
      throw new LakeproofError(
        "RUNS_DIFFER",
        `${runDir} is about ${started.topology}; ${state.topology} is up.`,
        { hint: `Start it with \`lakeproof up ${started.topology}\`.` },
      );
    }
    return { wish, search: started.search, step, runDir, steps: [...steps] };
  }
  const search = bounded(wish, state.topology);
  const frame: Frame = { wish, search, step, runDir, steps: [] };
  appendLine(runDir, {
    kind: "capacity.started",
    schema: "lakeproof.capacity-journal/1",
    startedAtEpochMs: host.epochMs(),
    topology: state.topology,
    ...{ seed: wish.seed, windowMs: wish.windowMs, settleMs: wish.settleMs },
    ...{ targets: wish.targets, search },
    environment: environmentHere(frame),
  });
  return frame;
}

/** The generator's own limit ends every search; what lies above it would be a figure about the generator. */
function bounded(wish: SearchWish, topology: string): SearchOptions {
  const { search } = wish;
  if (wish.ratePerSMax !== undefined) return { ...search, ratePerSMax: wish.ratePerSMax };
  const bank = { rateEventsPerS: search.ratePerSMax, arrivals: "poisson" } as const;
  const calibration = readCalibration();
  // PostgreSQL's own limit is what is looked for here: only what the generator can do alone may bound it.
  const alone = calibration?.limits.filter(({ sink }) => sink === "sql") ?? [];
  const known = calibration === undefined ? undefined : { ...calibration, limits: alone };
  const check = checkRate({ bank, topology }, known, thisMachine());
  if (check.kind === "unknown") host.err(`note: ${check.note}\n`);
  return check.kind === "too-much" ? { ...search, ratePerSMax: check.limit.ratePerS } : search;
}

function environmentHere({ step, runDir }: Frame): CapacityReport["environment"] {
  const digests = configDigests(step.lab);
  return environmentOf(join(runDir, "steps"), versionsOf(step.artifacts), digests, VERSION);
}

async function searchTarget(frame: Frame, target: CapacityTarget): Promise<void> {
  if (NO_WAY_IN[target] !== undefined) return;
  const { step, steps, search } = frame;
  if (bypassesPipeline(target)) {
    await makeOwnDatabase(step.lab.endpoints.address("postgres"), step.signal);
  } else await untilQuiet(step);
  for (;;) {
    const own = steps.filter((candidate) => candidate.target === target);
    const question = decide(search, own);
    if (question.kind === "done") {
      const { status, ratePerS, because } = question.result;
      host.err(
        `${target}: ${status}${ratePerS === undefined ? "" : ` ${String(ratePerS)}/s`}, ${because}\n`,
      );
      return;
    }
    await host.sleep(question.restRatio * frame.wish.windowMs, step.signal);
    const done = await ask(frame, target, question, own.length);
    steps.push(done);
    appendLine(frame.runDir, { kind: "capacity.step", ...done });
    tell(frame, done);
  }
}

async function ask(
  { wish, step }: Frame,
  target: CapacityTarget,
  question: Question,
  index: number,
): Promise<CapacityStep> {
  const { purpose, ratePerS, windowRatio } = question;
  const windowMs = wish.windowMs * windowRatio;
  const name = `${target}-${String(index + 1).padStart(2, "0")}-${String(ratePerS)}`;
  const outcome = await runStep(step, {
    name,
    target,
    ratePerS,
    settleMs: wish.settleMs,
    windowMs,
  });
  const seen = observeStep(outcome.events, outcome.frame);
  const { startedAtEpochMs, cpuMs, drainMs } = outcome;
  return {
    target,
    purpose,
    ratePerS,
    ...judgeStep(target, seen),
    startedAtEpochMs,
    windowMs,
    achievedPerS: seen.achievedPerS,
    cpuMs,
    ...(drainMs === undefined ? {} : { drainMs }),
  };
}

function tell({ wish, search, steps }: Frame, done: CapacityStep): void {
  const { target, purpose, ratePerS, status, isNear, because } = done;
  const own = steps.filter((candidate) => candidate.target === target);
  const stepMs = wish.settleMs + wish.windowMs * 1.3 + OVERHEAD_MS;
  const minutes = Math.ceil((stepsLeft(search, own) * stepMs) / 60_000);
  host.err(
    `  ${target.padEnd(14)} ${String(ratePerS).padStart(8)}/s  ${purpose.padEnd(11)} ` +
      `${(isNear ? `${status}?` : status).padEnd(7)} ${because}  (about ${String(minutes)} min left here)\n`,
  );
}

/** About how many windows are still to come: doublings are not known, halvings are. */
function stepsLeft(search: SearchOptions, own: readonly CapacityStep[]): number {
  const { ratePerS, brokenRatePerS, status } = resultSoFar(search, own);
  if (status !== "unconfirmed") return 0;
  const confirmations = 3;
  const ratio =
    ratePerS === undefined || brokenRatePerS === undefined ? 4 : brokenRatePerS / ratePerS;
  const halvings = Math.log2(Math.log(Math.max(ratio, 1.01)) / Math.log(1 + search.toleranceRatio));
  return Math.max(0, Math.ceil(halvings)) + confirmations;
}

function reportOf(frame: Frame, state: LabState, ended: CapacityReport["ended"]): CapacityReport {
  const { wish, search, steps, runDir } = frame;
  const measured = wish.targets.filter((target) => NO_WAY_IN[target] === undefined);
  return {
    schema: "lakeproof.capacity/1",
    runId: runDir.split("/").at(-1) ?? "",
    topology: state.topology,
    seed: wish.seed,
    toleranceRatio: search.toleranceRatio,
    windowMs: wish.windowMs,
    environment: environmentHere(frame),
    stages: measured.map((target) => stageCapacity(target, steps, search)),
    notMeasured: wish.targets.flatMap((target) => {
      const reason = NO_WAY_IN[target];
      return reason === undefined ? [] : [{ target, reason }];
    }),
    steps,
    ended,
    rerun:
      `npx lakeproof capacity ${state.topology} --stages ${wish.targets.join(",")} ` +
      `--window ${String(wish.windowMs / 1000)} --settle ${String(wish.settleMs / 1000)} ` +
      `--tolerance ${String(search.toleranceRatio)} --start ${String(search.startRatePerS)} ` +
      `--max ${String(search.ratePerSMax)} --seed ${wish.seed}`,
  };
}
