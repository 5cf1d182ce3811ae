/** `lakeproof compare`: did it get slower? Two runs, or pairs of them; and what the gate itself is worth. */
import type { Command } from "commander";
import type { Comparison } from "../core/contracts/comparison.ts";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { renderCalibration } from "../reports/calibration.ts";
import { renderComparison, renderComparisonMarkdown } from "../reports/comparison.ts";
import {
  calibrate,
  CALIBRATION_RUN_COUNT_MIN,
  measuredNoise,
} from "../slo/regression/calibrate.ts";
import { comparePairs, compareTwoRuns, type CompareOptions } from "../slo/regression/compare.ts";
import type { RunMetrics } from "../slo/regression/run-metrics.ts";
import {
  exactRun,
  spreadRun,
  type SpreadRun,
  type TwoRunsOptions,
} from "../slo/regression/two-runs.ts";
import {
  consoleOptions,
  EFFECT_DEFAULT,
  NOISE_DEFAULT,
  randomFrom,
  ratioOption,
  SEED_DEFAULT,
} from "./regression/options.ts";
import {
  allowedGroups,
  examine,
  readRuns,
  selectMetrics,
  type ReadRun,
  type Refusal,
} from "./regression/read-runs.ts";
import { runsLike, sameEntries, sameRuns } from "./regression/same-runs.ts";

export interface CompareVerbOptions {
  readonly json: boolean;
  readonly markdown: boolean;
  readonly pairs: boolean;
  readonly base: readonly string[];
  readonly head: readonly string[];
  readonly calibrate: boolean;
  /** With --calibrate: a folder of run directories, or a history store, and what to take of them. */
  readonly runs?: string;
  readonly history?: string;
  readonly only?: string;
  readonly allowDifferent?: string;
  readonly allowInvalid: boolean;
  readonly metrics?: string;
  readonly minEffect: string;
  readonly noise: string;
  /** A folder with runs of the base's kind. */
  readonly noiseFrom?: string;
  readonly seed: string;
}

const RESAMPLE_COUNT = 2000;
const TRIAL_COUNT = 500;

export function addCompare(
  verb: (name: string, about: string) => Command,
  exit: (code: number) => void,
): void {
  const collect = (run: string, before: readonly string[]): readonly string[] => [...before, run];
  verb("compare [runs...]", "did it get slower? The first run is the base of each further one")
    .option("--json", "machine-readable output on stdout, one line a comparison", false)
    .option("--markdown", "for a pull request or a CI summary", false)
    .option("--pairs", "runs in the order in which they ran: A B, B A, A B, …", false)
    .option(
      "--base <run>",
      "a base run; the first belongs to the first --head, and so on",
      collect,
      [],
    )
    .option("--head <run>", "a run to judge against its base", collect, [])
    .option("--calibrate", "runs of the very same thing: noise, false alarms and misses", false)
    .option("--runs <dir>", "with --calibrate: the runs of a folder that are the same thing")
    .option("--history <dir>", "with --calibrate: the runs of a history store that are")
    .option("--only <name>", "with these two: of this scenario, or of this series")
    .option("--allow-different <groups>", "of testbed, config, plan: compare although they differ")
    .option("--allow-invalid", "compare runs that were cut short or are INVALID", false)
    .option("--metrics <names>", "only these, e.g. latency,freshness.p95")
    .option("--min-effect <ratio>", "smallest change worth a verdict", EFFECT_DEFAULT)
    .option("--noise <ratio>", "standard deviation between runs, for two runs alone", NOISE_DEFAULT)
    .option("--noise-from <dir>", "the same, as the folder's runs of the base's kind differ")
    .option("--seed <number>", "of the resampling", SEED_DEFAULT)
    .action(async (runs: string[], options: CompareVerbOptions) => {
      exit(await compare(runs, options));
    });
}

/** Exit code of the gravest comparison: 12 regressed, 11 inconclusive, 0 otherwise; 2 when refused. */
export async function compare(
  runDirs: readonly string[],
  options: CompareVerbOptions,
): Promise<number> {
  const design = designOf(runDirs, options);
  const numbers: TwoRunsOptions = {
    effectRatioMin: ratioOption("--min-effect", options.minEffect, 0.001, 1),
    noiseRatio: ratioOption("--noise", options.noise, 0, 1),
    resampleCount: RESAMPLE_COUNT,
    randomOf: randomFrom(options.seed),
  };
  const allow = { different: allowedGroups(options.allowDifferent), invalid: options.allowInvalid };
  const runs = await runsOf(design);
  const { deviations, refusal } = examine(runs, allow);
  if (refusal !== undefined) throw refused(refusal, options);
  const metrics = selectMetrics(runs, options.metrics);
  const compareOptions: CompareOptions = {
    ...{ ...numbers, seed: options.seed, deviations },
    ...(await noiseFrom(options.noiseFrom, runs, numbers)),
  };
  if (design.kind === "calibrate") {
    const isKept = design.from === "history";
    const spread = metrics.map((run) => (isKept ? exactRun(run) : spreadRun(run, numbers)));
    const calibration = calibrate(spread, {
      ...compareOptions,
      source: isKept ? "history" : "journals",
      randomOf: numbers.randomOf,
      trialCount: TRIAL_COUNT,
    });
    host.out(options.json ? `${JSON.stringify(calibration)}\n` : renderCalibration(calibration));
    return 0;
  }
  const comparisons =
    design.kind === "pairs"
      ? [comparePairs(pairsOf(metrics, design.baseFirst), compareOptions)]
      : againstFirst(
          metrics.map((run) => spreadRun(run, numbers)),
          compareOptions,
        );
  for (const comparison of comparisons) host.out(drawn(comparison, options));
  const codes = comparisons.map((comparison) => comparison.exit.code);
  return [12, 11].find((code) => codes.includes(code)) ?? 0;
}

/** Measured over runs of the base's kind that are not compared themselves. */
async function noiseFrom(
  folder: string | undefined,
  [base, ...others]: readonly ReadRun[],
  numbers: TwoRunsOptions,
): Promise<Pick<CompareOptions, "noiseMeasured" | "noiseRuns">> {
  if (folder === undefined || base === undefined) return {};
  const alike = (await runsLike(folder, base, others)).map(({ metrics }) => metrics);
  return {
    noiseMeasured: measuredNoise(alike, numbers),
    noiseRuns: alike.map(({ runId, startedAtEpochMs }) => ({ runId, startedAtEpochMs })),
  };
}

function againstFirst(runs: readonly SpreadRun[], options: CompareOptions): readonly Comparison[] {
  const [base, ...heads] = runs;
  return base === undefined ? [] : heads.map((head) => compareTwoRuns(base, head, options));
}

function drawn(comparison: Comparison, options: CompareVerbOptions): string {
  if (options.json) return `${JSON.stringify(comparison)}\n`;
  return options.markdown
    ? renderComparisonMarkdown(comparison)
    : renderComparison(comparison, consoleOptions());
}

/** Programs get the list of differences too; people get it with the error. */
function refused({ differences, error }: Refusal, options: CompareVerbOptions): LakeproofError {
  const body = {
    schema: "lakeproof.comparison-refused/1",
    differences,
    exit: { code: error.exitCode, reasons: [error.message] },
  };
  if (options.json) host.out(`${JSON.stringify(body)}\n`);
  return error;
}

type Design =
  | { readonly kind: "two-runs"; readonly runDirs: readonly string[] }
  | {
      readonly kind: "calibrate";
      readonly from: "named" | "runs" | "history";
      /** The folder or the store, where it is not the runs themselves. */
      readonly runDirs: readonly string[];
      readonly only: string | undefined;
    }
  | {
      readonly kind: "pairs";
      /** Two after the other belong together. */
      readonly runDirs: readonly string[];
      /** Which of the two in each pair is the base. */
      readonly baseFirst: readonly boolean[];
    };

function designOf(runDirs: readonly string[], options: CompareVerbOptions): Design {
  const { base, head } = options;
  const named = base.length + head.length > 0;
  if ([options.pairs, options.calibrate, named].filter(Boolean).length > 1) {
    throw usage("--pairs, --calibrate and --base with --head exclude each other.");
  }
  if (named && runDirs.length > 0) {
    throw usage(`${runDirs.join(", ")} is neither --base nor --head.`);
  }
  if (options.noiseFrom !== undefined && (options.pairs || options.calibrate || base.length > 1)) {
    throw usage("--noise-from is for two runs alone: pairs and calibrations measure the noise.");
  }
  if (options.calibrate) return calibrationOf(runDirs, options);
  if (options.runs !== undefined || options.history !== undefined || options.only !== undefined) {
    throw usage("--runs, --history and --only belong to --calibrate.");
  }
  if (named) return namedPairs(base, head);
  if (!options.pairs) {
    if (runDirs.length >= 2) return { kind: "two-runs", runDirs };
    throw usage(`${String(runDirs.length)} run(s) cannot be compared.`);
  }
  if (runDirs.length === 0 || runDirs.length % 2 !== 0) {
    throw usage(`${String(runDirs.length)} run(s) do not make pairs.`);
  }
  // ABBA: every second pair runs the other way round, so that a steady drift cancels out.
  const baseFirst = Array.from({ length: runDirs.length / 2 }, (_, pair) => pair % 2 === 0);
  return { kind: "pairs", runDirs, baseFirst };
}

function calibrationOf(runDirs: readonly string[], options: CompareVerbOptions): Design {
  const { runs, history, only } = options;
  const given = [runDirs.length > 0, runs !== undefined, history !== undefined];
  if (given.filter(Boolean).length > 1) {
    throw usage("Named runs, --runs and --history exclude each other.");
  }
  if (runs !== undefined) return { kind: "calibrate", from: "runs", runDirs: [runs], only };
  if (history !== undefined)
    return { kind: "calibrate", from: "history", runDirs: [history], only };
  if (only !== undefined) throw usage("--only takes --runs or --history.");
  if (runDirs.length >= CALIBRATION_RUN_COUNT_MIN) {
    return { kind: "calibrate", from: "named", runDirs, only };
  }
  throw usage(
    `A calibration of ${String(runDirs.length)} run(s): ${String(CALIBRATION_RUN_COUNT_MIN)} are the least.`,
  );
}

function runsOf(design: Design): Promise<readonly ReadRun[]> | readonly ReadRun[] {
  const [first = ""] = design.runDirs;
  if (design.kind !== "calibrate" || design.from === "named") return readRuns(design.runDirs);
  return design.from === "runs" ? sameRuns(first, design.only) : sameEntries(first, design.only);
}

function namedPairs(base: readonly string[], head: readonly string[]): Design {
  if (base.length !== head.length) {
    throw usage(
      `${String(base.length)} base and ${String(head.length)} head runs do not make pairs.`,
    );
  }
  const runDirs = base.flatMap((dir, index) => [dir, head[index] ?? ""]);
  if (base.length === 1) return { kind: "two-runs", runDirs };
  return { kind: "pairs", runDirs, baseFirst: base.map(() => true) };
}

function usage(message: string): LakeproofError {
  return new LakeproofError("USAGE", message, {
    hint: "Give `compare A B`, `compare --pairs A1 B1 B2 A2 …`, `compare --base A1 --head B1 …` or `compare --calibrate A1 A2 A3 …` (or --runs, or --history).",
  });
}

function pairsOf(
  runs: readonly RunMetrics[],
  baseFirst: readonly boolean[],
): readonly { readonly base: RunMetrics; readonly head: RunMetrics }[] {
  const late = runs.find((run, index) => {
    const next = runs[index + 1];
    return next !== undefined && next.startedAtEpochMs < run.startedAtEpochMs;
  });
  const alternating = baseFirst.includes(false);
  if (late !== undefined && alternating) {
    throw usage(`Run ${late.runId} is named before one that ran earlier: not the order of ABBA.`);
  }
  return baseFirst.flatMap((isBase, pair) => {
    const [first, second] = [runs[2 * pair], runs[2 * pair + 1]];
    if (first === undefined || second === undefined) return [];
    return [isBase ? { base: first, head: second } : { base: second, head: first }];
  });
}
