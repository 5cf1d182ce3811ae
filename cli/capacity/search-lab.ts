/** The searches on one lab, stage by stage: asks, loads, judges, journals, and tells what is known when stopped. */
import { join } from "node:path";
import type {
  CapacityReport,
  CapacityStep,
  CapacityTarget,
  SearchOptions,
} from "../../core/contracts/capacity.ts";
import type { NightRerun, RerunQuestion } from "../../core/contracts/nightly.ts";
import type { Plan } from "../../core/contracts/plan.ts";
import { LakeproofError, reasonOf, type ExitCode } from "../../core/errors.ts";
import { checkRate } from "../../core/generator-limits.ts";
import { fileNameOf } from "../../core/file-name.ts";
import { host } from "../../core/host.ts";
import { isAborted } from "../../core/until-aborted.ts";
import { environmentOf } from "../../infra/environment.ts";
import type { LabState } from "../../infra/drivers/lab.ts";
import { configDigests } from "../../infra/provision.ts";
import { stageCapacity } from "../../slo/capacity/report.ts";
import { decide, resultSoFar } from "../../slo/capacity/search.ts";
import { readCalibration, tellBusyMachine, thisMachine } from "../calibrate-store.ts";
import { listenForStop } from "../stop.ts";
import { VERSION, versionsOf } from "../version.ts";
import { appendLine, readHistory } from "./journal.ts";
import { openStepLab } from "./lab-plan.ts";
import { measureStep, prepareFor, stepName } from "./measure.ts";
import { dropOwnDatabase } from "./own-database.ts";
import { askAgain } from "./reruns.ts";
import type { StepLab } from "./step-runner.ts";

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
  /** Names the directory; "capacity-" with the topology where it says nothing. */
  readonly label?: string;
  /** Asked when all searches are done, with what they said: what has to be looked at once more. */
  readonly rerunsOf?: (searched: Searched) => readonly RerunQuestion[];
}

export interface Searched {
  readonly report: CapacityReport;
  /** What was loaded; its rate was set by the steps. */
  readonly plan: Plan;
  readonly startedAtEpochMs: number;
}

export interface SearchedLab extends Searched {
  readonly reruns: readonly NightRerun[];
  readonly runDir: string;
  /** Exit code of a stop that was asked for. */
  readonly stopCode: ExitCode | undefined;
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
  readonly startedAtEpochMs: number;
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
  let reruns: readonly NightRerun[] = [];
  try {
    for (const target of wish.targets) await searchTarget(frame, target);
    const questions = wish.rerunsOf?.(searched(frame, state, ended)) ?? [];
    reruns = await askAgain({ step: frame.step, wish, runDir }, questions);
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
  return { ...searched(frame, state, ended), reruns, runDir, stopCode };
}

function searched(frame: Frame, state: LabState, ended: CapacityReport["ended"]): Searched {
  const { startedAtEpochMs, step } = frame;
  return { report: reportOf(frame, state, ended), plan: step.plan, startedAtEpochMs };
}

async function openFrame(state: LabState, wish: SearchWish, signal: AbortSignal): Promise<Frame> {
  const startedAtEpochMs = host.epochMs();
  const stamp = new Date(startedAtEpochMs).toISOString().replace(/[-:]/g, "").slice(0, 15);
  const label = wish.label ?? `capacity-${fileNameOf(state.topology)}`;
  const name = `${stamp}Z-${label}-${host.randomHex(3)}`;
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
    const begun = { startedAtEpochMs: started.startedAtEpochMs, search: started.search };
    return { wish, ...begun, step, runDir, steps: [...steps] };
  }
  const search = bounded(wish, state.topology);
  const frame: Frame = { wish, search, step, runDir, startedAtEpochMs, steps: [] };
  appendLine(runDir, {
    kind: "capacity.started",
    schema: "lakeproof.capacity-journal/1",
    startedAtEpochMs,
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
  await prepareFor(step, target);
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
    const done = await measureStep(step, {
      name: stepName(target, own.length, question),
      target,
      question,
      settleMs: frame.wish.settleMs,
      windowMs: frame.wish.windowMs,
    });
    steps.push(done);
    appendLine(frame.runDir, { kind: "capacity.step", ...done });
    tell(frame, done);
  }
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
