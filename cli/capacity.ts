/** `lakeproof capacity`: the highest rate each stage of a real lab carries, and which one ends first. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import type { CapacityTarget } from "../core/contracts/capacity.ts";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import type { LabState } from "../infra/drivers/lab.ts";
import { renderCapacity, renderCapacityMarkdown } from "../reports/capacity.ts";
import { searchProblems } from "../slo/capacity/report.ts";
import { missingFor } from "../slo/capacity/targets.ts";
import { readHistory } from "./capacity/journal.ts";
import { withLab } from "./capacity/lab-for.ts";
import { checkedSeed } from "./capacity/lab-plan.ts";
import { searchLab, type SearchWish } from "./capacity/search-lab.ts";
import { numberOf, TARGETS, targetsOf, windowMsOf } from "./capacity/search-options.ts";
import { calibrate, SINKS } from "./calibrate.ts";
import { topologyNamed } from "./up.ts";

interface CapacityOptions {
  readonly json: boolean;
  readonly subnet?: string;
  readonly isolation: string;
  readonly stages?: string;
  readonly window: string;
  readonly settle: string;
  readonly tolerance: string;
  readonly start: string;
  readonly max?: string;
  readonly startQueries?: string;
  readonly maxQueries?: string;
  readonly seed: string;
  readonly runs: string;
  readonly resume?: string;
}

/** Queries before the pipeline's own load: what the lake holds by then is part of their figure. */
const TARGETS_DEFAULT: readonly CapacityTarget[] = [
  ...(["postgres", "slot-decoding", "kafka", "trino"] as const),
  ...(["end-to-end", "connector", "lake"] as const),
];

export function addCapacity(
  verb: (name: string, about: string) => Command,
  exit: (code: number) => void,
): void {
  verb("calibrate", "what this machine's load generator can do; `plan` and `run` refuse more")
    .option("--json", "machine-readable output on stdout", false)
    .option("--subnet <a.b.c>", "only the lab on these addresses")
    .option("--sinks <names>", `of ${SINKS.join(", ")}: only these`)
    .action(async ({ json, subnet, sinks }: Partial<CapacityOptions> & { sinks?: string }) => {
      exit(await calibrate({ json: json === true, subnet, sinks }));
    });
  verb("capacity [topology]", "the highest rate each stage carries, and which one ends first")
    .option("--json", "machine-readable output on stdout", false)
    .option("--subnet <a.b.c>", "the lab on these addresses, or those to start one on")
    .option("--isolation <kind>", "auto, namespaces or loopback, where a lab is started", "auto")
    .option("--stages <names>", `of ${TARGETS.join(", ")}; default: all the lab has`)
    .option("--window <s>", "seconds a rate is looked at; confirmations take twice that", "30")
    .option("--settle <s>", "seconds of load before each window", "10")
    .option("--tolerance <ratio>", "between the rate that holds and the one that breaks", "0.05")
    .option("--start <events/s>", "first rate of each search; kafka begins at 10000 or more", "200")
    .option("--max <events/s>", "highest rate that is offered; default: what was calibrated")
    .option("--start-queries <queries/s>", "first rate of the search of trino; default: 2")
    .option("--max-queries <queries/s>", "highest rate of queries; default: what was calibrated")
    .option("--seed <number>", "of the bank's operations", "1")
    .option("--runs <dir>", "where run directories go", join(host.cwd, "runs"))
    .option("--resume <dir>", "go on with a search that was stopped")
    .action(async (topology: string | undefined, options: CapacityOptions) => {
      exit(await capacity(topology, options));
    });
}

/** Exit 0 when each stage has a rate, 11 when one has none or is unconfirmed, 21 when one was never seen. */
function capacity(topology: string | undefined, options: CapacityOptions): Promise<number> {
  const wish = wishOf(options);
  const { subnet, isolation } = options;
  // Before a lab is started for nothing, and again for the one that is up.
  if (topology !== undefined) checkTargets(wish, topology, options);
  return withLab({ topology, subnet, isolation }, (state) => searchIn(state, wish, options));
}

async function searchIn(
  state: LabState,
  wish: SearchWish,
  options: CapacityOptions,
): Promise<number> {
  checkTargets(wish, state.topology, options);
  const { report, runDir, stopCode } = await searchLab(state, wish);
  mkdirSync(runDir, { recursive: true });
  writeFileSync(join(runDir, "capacity.json"), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(runDir, "summary.md"), renderCapacityMarkdown(report));
  host.out(options.json ? `${JSON.stringify(report, null, 2)}\n` : renderCapacity(report));
  host.err(`Steps, summary and raw journals are in ${runDir}.\n`);
  if (report.ended !== "completed") host.err(`Go on with --resume ${runDir}.\n`);
  return stopCode ?? searchProblems(report)[0]?.code ?? 0;
}

/** What was asked for by name must be there; of the default, what is missing is told in the report. */
function checkTargets(
  { targets }: SearchWish,
  topologyName: string,
  { stages }: CapacityOptions,
): void {
  if (stages === undefined) return;
  const topology = topologyNamed(topologyName);
  for (const target of targets) {
    const missing = missingFor(target, topology);
    if (missing === undefined) continue;
    const possible = TARGETS.filter((one) => missingFor(one, topology) === undefined);
    throw new LakeproofError("USAGE", `--stages has ${target}, and ${missing}.`, {
      hint: `Allowed there are ${possible.join(", ")}.`,
    });
  }
}

function wishOf(options: CapacityOptions): SearchWish {
  const { resume } = options;
  const runsDir = resolve(options.runs);
  if (resume !== undefined) {
    const runDir = resolve(resume);
    return { ...readHistory(runDir).started, runDir, runsDir, ratePerSMax: undefined };
  }
  const targets = options.stages === undefined ? TARGETS_DEFAULT : targetsOf(options.stages);
  return {
    runsDir,
    runDir: undefined,
    seed: checkedSeed(options.seed),
    targets,
    windowMs: windowMsOf(options.window, targets),
    settleMs: numberOf("--settle", options.settle, 0, 3600) * 1000,
    search: {
      startRatePerS: numberOf("--start", options.start, 10, 1_000_000),
      ratePerSMin: 10,
      ratePerSMax: 1_000_000,
      growthRatio: 2,
      toleranceRatio: numberOf("--tolerance", options.tolerance, 0.01, 0.5),
      attemptCountMax: 3,
      stepCountMax: 40,
    },
    ratePerSMax:
      options.max === undefined ? undefined : numberOf("--max", options.max, 10, 1_000_000),
    queries: {
      startRatePerS: queryRateOf("--start-queries", options.startQueries),
      ratePerSMax: queryRateOf("--max-queries", options.maxQueries),
    },
  };
}

function queryRateOf(option: string, text: string | undefined): number | undefined {
  return text === undefined ? undefined : numberOf(option, text, 0.5, 10_000);
}
