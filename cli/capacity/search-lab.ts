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
import type { SinkName } from "../../core/contracts/generator-limits.ts";
import { checkRate, generatorCeiling } from "../../core/generator-limits.ts";
import { fileNameOf } from "../../core/file-name.ts";
import { host } from "../../core/host.ts";
import { isAborted } from "../../core/until-aborted.ts";
import { environmentOf } from "../../infra/environment.ts";
import type { LabState } from "../../infra/drivers/lab.ts";
import { configDigests } from "../../infra/provision.ts";
import { stageCapacity } from "../../slo/capacity/report.ts";
import { decide, resultSoFar } from "../../slo/capacity/search.ts";
import { missingFor, searchesOf, type QueryRates } from "../../slo/capacity/targets.ts";
import { readCalibration, tellBusyMachine, thisMachine } from "../calibrate-store.ts";
import { listenForStop } from "../stop.ts";
import { VERSION, versionsOf } from "../version.ts";
import { watchLab } from "../watch-lab.ts";
import { appendLine, readHistory } from "./journal.ts";
import { openStepLab } from "./lab-plan.ts";
import { measureStep, prepareFor, stepName } from "./measure.ts";
import { dropOwnDatabase } from "./own-database.ts";
import { askAgain } from "./reruns.ts";
import { bypassesPipeline, type StepLab } from "./step-runner.ts";

export interface SearchWish {
  readonly runsDir: string;
  /** Directory of a search to go on with. */
  readonly runDir: string | undefined;
  readonly seed: string;
  readonly targets: readonly CapacityTarget[];
  readonly windowMs: number;
  readonly settleMs: number;
  readonly search: SearchOptions;
  /** What the user allows, in change events; the calibrated limit of the generator where it says nothing. */
  readonly ratePerSMax: number | undefined;
  /** The same of queries, and where their search begins. Default: slo/capacity/targets.ts. */
  readonly queries?: QueryRates;
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

const CLEANUP_MS_MAX = 15_000;
/** For the forecast only: what it takes to write the bank's opening state and to get the pipeline empty. */
export const WINDOW_OVERHEAD_MS = 8000;

type Searches = Partial<Readonly<Record<CapacityTarget, SearchOptions>>>;

interface Frame {
  readonly wish: SearchWish;
  readonly search: SearchOptions;
  readonly searches: Searches;
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
  using _watch = watchLab(state, (error) => {
    stop.abort(error);
  });
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
  if (wish.targets.some(bypassesPipeline) && frame.step.lab.endpoints.has("postgres")) {
    await dropOwnDatabase(
      frame.step.lab.endpoints.address("postgres"),
      host.deadline(CLEANUP_MS_MAX),
    ).catch((error: unknown) => {
      host.err(`The capacity database could not be dropped: ${reasonOf(error)}\n`);
    });
  }
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
    const { startedAtEpochMs: begunAtEpochMs, search, searches = {} } = started;
    const begun = { startedAtEpochMs: begunAtEpochMs, search, searches };
    return { wish, ...begun, step, runDir, steps: [...steps] };
  }
  const search = bounded(wish, state.topology);
  const searches = boundedSearches(wish);
  const frame: Frame = { wish, search, searches, step, runDir, startedAtEpochMs, steps: [] };
  appendLine(runDir, {
    kind: "capacity.started",
    schema: "lakeproof.capacity-journal/1",
    startedAtEpochMs,
    topology: state.topology,
    ...{ seed: wish.seed, windowMs: wish.windowMs, settleMs: wish.settleMs },
    ...{ targets: wish.targets, search, searches },
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

/** Neither goes through PostgreSQL: what the generator makes for them is another figure. */
function boundedSearches({ search, ratePerSMax, queries }: SearchWish): Searches {
  const rates = queries ?? { startRatePerS: undefined, ratePerSMax: undefined };
  const { kafka, trino } = searchesOf(search, rates);
  const calibration = readCalibration();
  const ceiling = (sink: SinkName): number =>
    generatorCeiling([sink], calibration, thisMachine()) ?? Infinity;
  const upTo = (one: SearchOptions, ratePerS: number): SearchOptions => ({
    ...one,
    ratePerSMax: Math.max(one.ratePerSMin, Math.min(one.ratePerSMax, ratePerS)),
  });
  return {
    kafka: upTo(kafka, ratePerSMax ?? ceiling("envelopes")),
    trino: upTo(trino, rates.ratePerSMax ?? ceiling("k6")),
  };
}

function searchOf({ search, searches }: Frame, target: CapacityTarget): SearchOptions {
  return searches[target] ?? search;
}

function missingHere({ step }: Frame, target: CapacityTarget): string | undefined {
  return missingFor(target, step.plan.topology);
}

function environmentHere({ step, runDir }: Frame): CapacityReport["environment"] {
  const digests = configDigests(step.lab);
  return environmentOf(join(runDir, "steps"), versionsOf(step.artifacts), digests, VERSION);
}

async function searchTarget(frame: Frame, target: CapacityTarget): Promise<void> {
  if (missingHere(frame, target) !== undefined) return;
  const { step, steps } = frame;
  const search = searchOf(frame, target);
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

function tell(frame: Frame, done: CapacityStep): void {
  const { wish, steps } = frame;
  const { target, purpose, ratePerS, status, isNear, because } = done;
  const search = searchOf(frame, target);
  const own = steps.filter((candidate) => candidate.target === target);
  const stepMs = wish.settleMs + wish.windowMs * 1.3 + WINDOW_OVERHEAD_MS;
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
  const isMissing = (target: CapacityTarget): boolean => missingHere(frame, target) !== undefined;
  const measured = wish.targets.filter((target) => !isMissing(target));
  return {
    schema: "lakeproof.capacity/1",
    runId: runDir.split("/").at(-1) ?? "",
    topology: state.topology,
    seed: wish.seed,
    toleranceRatio: search.toleranceRatio,
    windowMs: wish.windowMs,
    environment: environmentHere(frame),
    stages: measured.map((target) => stageCapacity(target, steps, searchOf(frame, target))),
    notMeasured: wish.targets.flatMap((target) => {
      const reason = missingHere(frame, target);
      return reason === undefined ? [] : [{ target, reason }];
    }),
    steps,
    ended,
    rerun: rerunOf(frame, state),
  };
}

function rerunOf({ wish, search, searches }: Frame, state: LabState): string {
  const { trino, kafka } = searches;
  const isKafka = kafka !== undefined && wish.targets.includes("kafka");
  const ratePerSMax = Math.max(search.ratePerSMax, isKafka ? kafka.ratePerSMax : 0);
  const queries =
    trino === undefined || !wish.targets.includes("trino")
      ? ""
      : ` --start-queries ${String(trino.startRatePerS)} --max-queries ${String(trino.ratePerSMax)}`;
  return (
    `npx lakeproof capacity ${state.topology} --stages ${wish.targets.join(",")} ` +
    `--window ${String(wish.windowMs / 1000)} --settle ${String(wish.settleMs / 1000)} ` +
    `--tolerance ${String(search.toleranceRatio)} --start ${String(search.startRatePerS)} ` +
    `--max ${String(ratePerSMax)} --seed ${wish.seed}${queries}`
  );
}
