/** Which kind of scenario a name is: one load with faults, or a search for a limit. Options of the other kind are refused. */
import { join } from "node:path";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import {
  searchOptionsText,
  withSearchOptions,
  type SearchOptionTexts,
} from "./capacity/search-options.ts";
import { capacityScenario, printNightlyPlan, runNightly } from "./nightly.ts";
import { printPlan, type PrintPlanOptions } from "./plan.ts";
import { run, type RunOptions } from "./run.ts";

/** Of a capacity scenario only. */
export interface NightOptionTexts extends SearchOptionTexts {
  readonly history?: string | undefined;
}

export function runScenario(options: RunOptions, night: NightOptionTexts): Promise<number> {
  const { history, ...search } = night;
  const found = capacityScenario(options.scenario);
  if (found !== undefined) {
    refuse(options.scenario, { ...loadOptions(options), "--key": options.key });
    const { json, subnet, isolation, seed, aboveCalibration, runsDir, reporters } = options;
    const where = history ?? join(host.cwd, "history");
    return runNightly(withSearchOptions(found, search), {
      ...{ json, subnet, isolation, seed, aboveCalibration, runsDir, reporters },
      ...{ history: where, searchText: searchOptionsText(search) },
    });
  }
  if (history !== undefined) {
    throw new LakeproofError("USAGE", `--history does not belong to ${options.scenario}.`, {
      hint: "Keep a run with `lakeproof history add runs/latest --history <dir>` when it has ended.",
    });
  }
  refuseSearch(options.scenario, search);
  return run(options);
}

export async function planScenario(
  options: PrintPlanOptions,
  search: SearchOptionTexts,
): Promise<number> {
  const found = capacityScenario(options.scenario);
  if (found === undefined) {
    refuseSearch(options.scenario, search);
    return printPlan(options);
  }
  const load = loadOptions(options);
  refuse(options.scenario, options.allPairs === true ? { ...load, "--pairs": true } : load);
  return printNightlyPlan(withSearchOptions(found, search), options.json);
}

function loadOptions(options: PrintPlanOptions | RunOptions): Readonly<Record<string, unknown>> {
  const { rate, script, objectives, faultRates = [], beyondDesign, pairs } = options;
  return {
    "--rate": rate,
    "--script": script,
    "--pairs": pairs,
    "--objectives": objectives,
    "--fault-rate": faultRates.length === 0 ? undefined : faultRates,
    "--beyond-design": beyondDesign === true ? true : undefined,
  };
}

/** A run with faults searches for nothing. */
function refuseSearch(
  scenario: string,
  { stages, window, settle, tolerance }: SearchOptionTexts,
): void {
  const texts = { stages, window, settle, tolerance };
  const [given] = Object.entries(texts).find(([, value]) => value !== undefined) ?? [];
  if (given === undefined) return;
  throw new LakeproofError("USAGE", `--${given} does not belong to ${scenario}.`, {
    hint: "It is for scenarios that search for a limit, such as nightly-capacity.",
  });
}

function refuse(scenario: string, options: Readonly<Record<string, unknown>>): void {
  const given = Object.keys(options).filter((name) => options[name] !== undefined);
  if (given.length === 0) return;
  throw new LakeproofError("USAGE", `${given.join(", ")} does not belong to ${scenario}.`, {
    hint: "It searches for its rates, injects nothing and signs nothing; `lakeproof capacity` has options for a search of your own.",
  });
}
