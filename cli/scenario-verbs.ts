/** `lakeproof run` and `lakeproof plan`: what a scenario is told on the command line. */
import { join } from "node:path";
import type { Command } from "commander";
import { host } from "../core/host.ts";
import type { SearchOptionTexts } from "./capacity/search-options.ts";
import type { PrintPlanOptions } from "./plan.ts";
import { planScenario, runScenario } from "./scenario-kinds.ts";
import {
  collect,
  ISOLATION_OPTION,
  JSON_OPTION,
  REPORTER_OPTION,
  SEED_OPTION,
  SUBNET_OPTION,
} from "./verb-options.ts";

interface ScenarioOptions {
  readonly json: boolean;
  readonly subnet: string;
  readonly isolation: string;
  readonly seed?: string;
  readonly rate?: string;
  readonly aboveCalibration: boolean;
  readonly beyondDesign?: boolean;
  readonly script?: string;
  readonly objectives?: string;
  readonly faultRate?: readonly string[];
  readonly stages?: string;
  readonly window?: string;
  readonly settle?: string;
  readonly tolerance?: string;
  /** True where `plan` is given no number. */
  readonly pairs?: string | true;
}

interface RunScenarioOptions extends ScenarioOptions {
  readonly runs: string;
  readonly key?: string;
  readonly reporter?: readonly string[];
  readonly history?: string;
}

const BEYOND_OPTION = [
  "--beyond-design",
  "take faults of class X too, which the topology is not designed to bear",
  false,
] as const;
const RATE_OPTION = [
  "--rate <events/s>",
  "change events a second, where this machine cannot carry the scenario's own",
] as const;
const ABOVE_OPTION = [
  "--above-calibration",
  "offer a rate that `calibrate` found this machine's generator cannot offer",
  false,
] as const;
const SCRIPT_OPTION = [
  "--script <k6-file>",
  "a k6 script of your own beside the load; it lands in the same report",
] as const;
const OBJECTIVES_OPTION = [
  "--objectives <file>",
  "OpenSLO v1 file: replaces objectives of the same id, adds the others",
] as const;
const FAULT_RATE_OPTION = [
  "--fault-rate <fault/service=n>",
  "how often a kind of fault happens in a month, for the projected uptime; repeatable",
  collect,
] as const;
/** Of a capacity scenario only. */
const STAGES_OPTION = ["--stages <names>", "of a capacity scenario: only these stages"] as const;
const WINDOW_OPTION = [
  "--window <s>",
  "of a capacity scenario: seconds a rate is looked at",
] as const;
const SETTLE_OPTION = [
  "--settle <s>",
  "of a capacity scenario: seconds before each window",
] as const;
const TOLERANCE_OPTION = [
  "--tolerance <ratio>",
  "of a capacity scenario: between the rate that holds and the one that breaks",
] as const;

export function addScenarioVerbs(
  verb: (name: string, about: string) => Command,
  exit: (code: number) => void,
): void {
  verb("run <scenario>", "provision, load, break, verify, judge and report; or search for a limit")
    .option(...JSON_OPTION)
    .option(...SUBNET_OPTION)
    .option(...ISOLATION_OPTION)
    .option(...SEED_OPTION)
    .option(...RATE_OPTION)
    .option(...ABOVE_OPTION)
    .option(...BEYOND_OPTION)
    .option(
      "--pairs <n>",
      "instead of its faults n pairs drawn by the seed, the second begun while the first is in force",
    )
    .option(...SCRIPT_OPTION)
    .option(...OBJECTIVES_OPTION)
    .option(...FAULT_RATE_OPTION)
    .option("--runs <dir>", "where run directories go", join(host.cwd, "runs"))
    .option("--key <pem>", "Ed25519 key that signs the certificate (default: your own)")
    .option(...REPORTER_OPTION)
    .option(
      "--history <dir>",
      "of a capacity scenario: where its nights are kept (default: history)",
    )
    .option(...STAGES_OPTION)
    .option(...WINDOW_OPTION)
    .option(...SETTLE_OPTION)
    .option(...TOLERANCE_OPTION)
    .action(async (scenario: string, { runs, key, reporter, ...options }: RunScenarioOptions) => {
      const wish = { ...chosen(scenario, options), runsDir: runs, key, reporters: reporter };
      exit(await runScenario(wish, { history: options.history, ...searchOf(options) }));
    });
  verb("plan <scenario>", "what a run would do and what it could prove; starts nothing")
    .option(...JSON_OPTION)
    .option(...SUBNET_OPTION)
    .option(...ISOLATION_OPTION)
    .option(...SEED_OPTION)
    .option(...RATE_OPTION)
    .option(...ABOVE_OPTION)
    .option(...BEYOND_OPTION)
    .option(
      "--pairs [n]",
      "as `run` takes it; without a number: which faults to combine, so that every two of two services meet",
    )
    .option(...SCRIPT_OPTION)
    .option(...OBJECTIVES_OPTION)
    .option(...FAULT_RATE_OPTION)
    .option(...STAGES_OPTION)
    .option(...WINDOW_OPTION)
    .option(...SETTLE_OPTION)
    .option(...TOLERANCE_OPTION)
    .action(async (scenario: string, options: ScenarioOptions) => {
      const wish = { ...chosen(scenario, options), allPairs: options.pairs === true };
      exit(await planScenario(wish, searchOf(options)));
    });
}

function searchOf({ stages, window, settle, tolerance }: ScenarioOptions): SearchOptionTexts {
  return { stages, window, settle, tolerance };
}

function chosen(scenario: string, options: ScenarioOptions): PrintPlanOptions {
  const { json, subnet, isolation, seed, rate, script, aboveCalibration } = options;
  const { beyondDesign = false, objectives, faultRate: faultRates } = options;
  const pairs = options.pairs === true ? undefined : options.pairs;
  const added = { script, aboveCalibration, beyondDesign, objectives, faultRates, pairs };
  return { scenario, seed, rate, subnet, isolation, json, ...added };
}
