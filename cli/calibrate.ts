/** `lakeproof calibrate`: what this machine's load generator can do, against nothing and against each real sink. */
import { cpus } from "node:os";
import { join } from "node:path";
import { closest } from "fastest-levenshtein";
import type { SearchOptions, SearchStep } from "../core/contracts/capacity.ts";
import type { GeneratorLimits, SinkLimit, SinkName } from "../core/contracts/generator-limits.ts";
import type { LoadSink } from "../core/contracts/load-sink.ts";
import { LakeproofError, reasonOf } from "../core/errors.ts";
import { unitOfSink } from "../core/generator-limits.ts";
import { host } from "../core/host.ts";
import { listLabs, stateDir, type LabState } from "../infra/drivers/lab.ts";
import { renderGeneratorLimits } from "../reports/generator-limits.ts";
import { judgeSink, type JudgedWindow } from "../slo/capacity/judge-sink.ts";
import { decide, resultSoFar } from "../slo/capacity/search.ts";
import { missingFor } from "../slo/capacity/targets.ts";
import {
  calibrationPath,
  readCalibration,
  tellBusyMachine,
  thisMachine,
  writeCalibration,
} from "./calibrate-store.ts";
import { openStepLab } from "./capacity/lab-plan.ts";
import { insideLab, isElsewhere, runInside } from "./inside.ts";
import { openBiSink, openK6Sink } from "./load-sinks/k6-sink.ts";
import { openKafkaSink } from "./load-sinks/kafka-sink.ts";
import { openNullSink } from "./load-sinks/null-sink.ts";
import { openPostgresSink } from "./load-sinks/postgres-sink.ts";
import { listenForStop } from "./stop.ts";
import { topologyNamed } from "./up.ts";
import { VERSION } from "./version.ts";

export interface CalibrateOptions {
  readonly json: boolean;
  readonly subnet: string | undefined;
  /** Comma-separated; all that can be measured where absent. */
  readonly sinks: string | undefined;
}

/** One thing to measure: how its sink is opened, and how long its windows are. */
interface Wanted {
  readonly sink: SinkName;
  readonly threadCount: number;
  readonly topology?: string;
  readonly open: (signal: AbortSignal) => Promise<LoadSink>;
  readonly settleMs: number;
  readonly windowMs: number;
  readonly search: SearchOptions;
}

export const SINKS: readonly SinkName[] = ["sql", "envelopes", "k6", "bi", "postgres", "kafka"];
/** What a lab has to have. The others have nothing behind them. */
type LabSink = Extract<SinkName, "postgres" | "kafka">;
const isLabSink = (sink: SinkName): sink is LabSink => sink === "postgres" || sink === "kafka";
const SEED = "1";
const USER_COUNT_PER_LANE = 100_000;
const SEARCH: SearchOptions = {
  startRatePerS: 5_000,
  ratePerSMin: 100,
  ratePerSMax: 20_000_000,
  growthRatio: 2,
  toleranceRatio: 0.1,
  attemptCountMax: 3,
  stepCountMax: 40,
};
/** A real sink takes a while to settle, and its figures are smaller. */
const REAL_SEARCH: SearchOptions = { ...SEARCH, startRatePerS: 500, ratePerSMin: 20 };
const KAFKA_SEARCH: SearchOptions = { ...SEARCH, startRatePerS: 10_000 };
const K6_SEARCH: SearchOptions = {
  ...SEARCH,
  startRatePerS: 10,
  ratePerSMin: 1,
  ratePerSMax: 20_000,
};
/** The bank's lanes are so many, and a thread has at least one of them. */
const KAFKA_THREADS_MAX = 8;

/** Exit 0 when every sink that was asked for by name has a figure; 11 when one has not. */
export async function calibrate(options: CalibrateOptions): Promise<number> {
  const asked = sinksAsked(options.sinks);
  const lab = upLab(options.subnet);
  if (lab !== undefined && asked.some(isLabSink) && isElsewhere(lab)) return runInside(lab);
  const stop = new AbortController();
  listenForStop(stop, { notice: "Stopping.", hint: "The calibration before stays as it was." });
  const { signal } = stop;
  const wanted = wantedSinks(asked, lab);
  const limits: SinkLimit[] = [];
  const notMeasured: GeneratorLimits["notMeasured"][number][] = [];
  for (const sink of asked.filter(isLabSink)) {
    const reason = whyNot(sink, lab);
    if (reason !== undefined) notMeasured.push({ sink, reason });
  }
  tellBusyMachine();
  const typicalS = wanted.reduce((sum, want) => sum + typicalMs(want) / 1000, 0);
  host.err(`${String(wanted.length)} searches, about ${typicalS.toFixed(0)} s in all.\n`);
  for (const want of wanted) {
    const found = await measure(want, signal);
    if ("reason" in found) notMeasured.push(found);
    else limits.push(found);
  }
  const report: GeneratorLimits = {
    schema: "lakeproof.generator-limits/1",
    lakeproofVersion: VERSION,
    machine: thisMachine(),
    limits: [...limits, ...keptFrom(readCalibration(), limits)],
    notMeasured,
  };
  writeCalibration(report);
  host.out(options.json ? `${JSON.stringify(report, null, 2)}\n` : renderGeneratorLimits(report));
  host.err(`Kept in ${calibrationPath()}.\n`);
  const isMissing = asked.some((sink) => !limits.some((limit) => limit.sink === sink));
  return options.sinks !== undefined && isMissing ? 11 : 0;
}

function sinksAsked(text: string | undefined): readonly SinkName[] {
  if (text === undefined) return SINKS;
  return text.split(",").map((name) => {
    const found = SINKS.find((sink) => sink === name.trim());
    if (found !== undefined) return found;
    throw new LakeproofError("USAGE", `There is no sink ${JSON.stringify(name)}.`, {
      hint: `Did you mean ${closest(name, SINKS)}? Sinks are ${SINKS.join(", ")}.`,
    });
  });
}

/** The lab to measure, if one is up: nothing is started for a calibration. */
function upLab(subnet: string | undefined): LabState | undefined {
  const labs = listLabs().filter(
    (lab) => lab.state === "up" && lab.held && (subnet === undefined || lab.subnet === subnet),
  );
  if (labs.length > 1) {
    throw new LakeproofError("USAGE", `${String(labs.length)} labs are up.`, {
      hint: `Choose one with --subnet: ${labs.map(({ id, subnet: on }) => `${on} is ${id}`).join(", ")}.`,
    });
  }
  return insideLab() ?? labs[0];
}

function wantedSinks(asked: readonly SinkName[], lab: LabState | undefined): readonly Wanted[] {
  const cpuCount = cpus().length;
  const nothing = (sink: "sql" | "envelopes", threadCount: number): Wanted => ({
    sink,
    threadCount,
    open: () =>
      Promise.resolve(
        openNullSink({ encoding: sink, threadCount, seed: SEED, userCount: USER_COUNT_PER_LANE }),
      ),
    settleMs: 300,
    windowMs: 1000,
    search: SEARCH,
  });
  const all: readonly Wanted[] = [
    nothing("sql", 1),
    nothing("envelopes", 1),
    ...(cpuCount > 1 ? [nothing("envelopes", cpuCount)] : []),
    { ...K6_WANTED, sink: "k6", open: (signal) => openK6Sink(SEED, signal) },
    { ...K6_WANTED, sink: "bi", open: (signal) => openBiSink(SEED, signal) },
    ...(lab === undefined ? [] : [throughPostgres(lab), intoKafka(lab)]),
  ];
  return all.filter(
    ({ sink }) => asked.includes(sink) && !(isLabSink(sink) && whyNot(sink, lab) !== undefined),
  );
}

function whyNot(sink: LabSink, lab: LabState | undefined): string | undefined {
  if (lab === undefined) return "no lab is up; `lakeproof up dev` starts one";
  return missingFor(sink, topologyNamed(lab.topology));
}

/** k6 has as many threads as it likes: the figure is that of all cores. */
const K6_WANTED = {
  threadCount: cpus().length,
  settleMs: 2000,
  windowMs: 5000,
  search: K6_SEARCH,
} as const;

function intoKafka(state: LabState): Wanted {
  const stepsDir = join(stateDir(), "calibrate");
  const threadCount = Math.min(cpus().length, KAFKA_THREADS_MAX);
  return {
    sink: "kafka",
    threadCount,
    topology: state.topology,
    open: async (signal) =>
      openKafkaSink(await openStepLab({ state, seed: SEED, stepsDir, signal }), threadCount),
    settleMs: 3000,
    windowMs: 8000,
    search: KAFKA_SEARCH,
  };
}

function throughPostgres(state: LabState): Wanted {
  const stepsDir = join(stateDir(), "calibrate");
  return {
    sink: "postgres",
    threadCount: 1,
    topology: state.topology,
    open: async (signal) =>
      openPostgresSink(await openStepLab({ state, seed: SEED, stepsDir, signal })),
    settleMs: 2000,
    windowMs: 5000,
    search: REAL_SEARCH,
  };
}

/** For the forecast only: about so many windows a search, and what it takes to open the bank for one. */
function typicalMs({ sink, settleMs, windowMs }: Wanted): number {
  const openMs = { sql: 0, envelopes: 0, postgres: 4000, kafka: 6000, k6: 7000, bi: 7000 }[sink];
  return 18 * (settleMs + windowMs * 1.2 + openMs);
}

type Found = SinkLimit | { readonly sink: string; readonly reason: string };

/** A sink that cannot be opened or loaded has no figure and a reason; the others go on. */
async function measure(want: Wanted, signal: AbortSignal): Promise<Found> {
  try {
    return await search(want, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!isLabSink(want.sink) && want.sink !== "k6" && want.sink !== "bi") throw error;
    host.err(`  ${want.sink} could not be measured: ${reasonOf(error)}\n`);
    return { sink: want.sink, reason: reasonOf(error) };
  }
}

async function search(want: Wanted, signal: AbortSignal): Promise<Found> {
  const name = `${want.sink} × ${String(want.threadCount)}`;
  const steps: SearchStep[] = [];
  let brokenBy: JudgedWindow["limitedBy"] | undefined;
  await using sink = await want.open(signal);
  for (;;) {
    const question = decide(want.search, steps);
    if (question.kind === "done") break;
    const { ratePerS, purpose, windowRatio } = question;
    const windowMs = want.windowMs * windowRatio;
    const window = await sink.run({ ratePerS, settleMs: want.settleMs, windowMs }, signal);
    const judged = judgeSink(window, !isLabSink(want.sink));
    const { status, isNear, because } = judged;
    if (status === "breaks") brokenBy = judged.limitedBy;
    steps.push({ purpose, ratePerS, status, isNear, because });
    host.err(
      `  ${name.padEnd(14)} ${String(ratePerS).padStart(9)} ${unitOfSink(want.sink)}  ${purpose.padEnd(11)} ${status.padEnd(6)} ${because}\n`,
    );
  }
  const result = resultSoFar(want.search, steps);
  const { status, ratePerS, because, stepCount } = result;
  if (ratePerS === undefined || status === "unconfirmed") {
    return { sink: want.sink, reason: `${status}: ${because}` };
  }
  return {
    sink: want.sink,
    ...(want.topology === undefined ? {} : { topology: want.topology }),
    threadCount: want.threadCount,
    ratePerS,
    isLimit: status === "found",
    limitedBy: status === "found" ? (brokenBy ?? "generator") : "ceiling",
    because,
    stepCount,
    measuredAtEpochMs: host.epochMs(),
  };
}

/** Figures of this machine and version that were not measured again stay: of other labs, of other sinks. */
function keptFrom(
  earlier: GeneratorLimits | undefined,
  measured: readonly SinkLimit[],
): readonly SinkLimit[] {
  const isSame =
    earlier?.lakeproofVersion === VERSION &&
    JSON.stringify(earlier.machine) === JSON.stringify(thisMachine());
  if (!isSame) return [];
  const nameOf = ({ sink, topology, threadCount }: SinkLimit): string =>
    [sink, topology ?? "", String(threadCount)].join("/");
  const names = new Set(measured.map(nameOf));
  return earlier.limits.filter((limit) => !names.has(nameOf(limit)));
}
