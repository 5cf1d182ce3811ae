/** Which kind of scenario a name is: one load with faults, or a search for a limit. Options of the other kind are refused. */
import { join } from "node:path";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { capacityScenario, printNightlyPlan, runNightly } from "./nightly.ts";
import { printPlan, type PrintPlanOptions } from "./plan.ts";
import { run, type RunOptions } from "./run.ts";

export function runScenario(options: RunOptions, history: string | undefined): Promise<number> {
  const found = capacityScenario(options.scenario);
  if (found !== undefined) {
    refuse(options.scenario, { ...loadOptions(options), "--key": options.key });
    const { json, subnet, isolation, seed, aboveCalibration, runsDir, reporters } = options;
    const where = history ?? join(host.cwd, "history");
    return runNightly(found, {
      ...{ json, subnet, isolation, seed, aboveCalibration, runsDir, reporters },
      history: where,
    });
  }
  if (history === undefined) return run(options);
  throw new LakeproofError("USAGE", `--history does not belong to scenario ${options.scenario}.`, {
    hint: "Keep a run with `lakeproof history add runs/latest --history <dir>` when it has ended.",
  });
}

export async function planScenario(options: PrintPlanOptions): Promise<number> {
  const found = capacityScenario(options.scenario);
  if (found === undefined) return printPlan(options);
  const pairs = options.pairs === true ? true : undefined;
  refuse(options.scenario, { ...loadOptions(options), "--pairs": pairs });
  return printNightlyPlan(found, options.json);
}

function loadOptions(options: PrintPlanOptions | RunOptions): Readonly<Record<string, unknown>> {
  const { rate, script, objectives, faultRates = [], beyondDesign } = options;
  return {
    "--rate": rate,
    "--script": script,
    "--objectives": objectives,
    "--fault-rate": faultRates.length === 0 ? undefined : faultRates,
    "--beyond-design": beyondDesign === true ? true : undefined,
  };
}

function refuse(scenario: string, options: Readonly<Record<string, unknown>>): void {
  const given = Object.keys(options).filter((name) => options[name] !== undefined);
  if (given.length === 0) return;
  throw new LakeproofError("USAGE", `${given.join(", ")} does not belong to ${scenario}.`, {
    hint: "It searches for its rates, injects nothing and signs nothing; `lakeproof capacity` has options for a search of your own.",
  });
}
