/** What a search for a limit can be told on the command line: stages, windows and how close it looks. */
import { closest } from "fastest-levenshtein";
import {
  CAPACITY_STAGES,
  type CapacityScenario,
  type CapacityTarget,
} from "../../core/contracts/capacity.ts";
import { LakeproofError } from "../../core/errors.ts";
import { missingFor } from "../../slo/capacity/targets.ts";
import { bypassesPipeline } from "./step-runner.ts";

export const TARGETS: readonly CapacityTarget[] = ["end-to-end", ...CAPACITY_STAGES];

/** As typed; what is absent stays as the scenario has it. */
export interface SearchOptionTexts {
  readonly stages?: string | undefined;
  readonly window?: string | undefined;
  readonly settle?: string | undefined;
  readonly tolerance?: string | undefined;
}

/** The scenario with fewer stages, or other windows: nights of another search are a series of their own. */
export function withSearchOptions(
  scenario: CapacityScenario,
  { stages, window, settle, tolerance }: SearchOptionTexts,
): CapacityScenario {
  const targets = stages === undefined ? scenario.targets : targetsOf(stages);
  for (const target of targets) {
    const missing = missingFor(target, scenario.topology);
    if (missing === undefined) continue;
    throw new LakeproofError("USAGE", `--stages has ${target}, and ${missing}.`, {
      hint: `Allowed in ${scenario.name} are ${TARGETS.filter((one) => missingFor(one, scenario.topology) === undefined).join(", ")}.`,
    });
  }
  const windowText = window ?? String(scenario.windowMs / 1000);
  return {
    ...scenario,
    targets,
    windowMs: windowMsOf(windowText, targets),
    settleMs:
      settle === undefined ? scenario.settleMs : numberOf("--settle", settle, 0, 3600) * 1000,
    search: {
      ...scenario.search,
      toleranceRatio:
        tolerance === undefined
          ? scenario.search.toleranceRatio
          : numberOf("--tolerance", tolerance, 0.01, 0.5),
    },
  };
}

/** The same options again, for the command that repeats a night. */
export function searchOptionsText(options: SearchOptionTexts): string {
  const { stages, window, settle, tolerance } = options;
  return Object.entries({ stages, window, settle, tolerance })
    .map(([name, value]) => (value === undefined ? "" : ` --${name} ${value}`))
    .join("");
}

/** Operations are counted by whole seconds of their intended start. */
export function windowMsOf(text: string, targets: readonly CapacityTarget[]): number {
  return Math.round(numberOf("--window", text, windowSMin(targets), 3600)) * 1000;
}

/**
 * The lake takes what has come every 8 s: growth shows over three commits, not within one. And of few queries a second it
 * takes as long until there are some of each class.
 */
function windowSMin(targets: readonly CapacityTarget[]): number {
  const isQuick = (target: CapacityTarget): boolean =>
    target === "kafka" || bypassesPipeline(target);
  return targets.every(isQuick) ? 5 : 25;
}

export function targetsOf(text: string): readonly CapacityTarget[] {
  return text.split(",").map((name) => {
    const found = TARGETS.find((target) => target === name.trim());
    if (found !== undefined) return found;
    throw new LakeproofError("USAGE", `There is no stage ${JSON.stringify(name)}.`, {
      hint: `Did you mean ${closest(name, TARGETS)}? Stages are ${TARGETS.join(", ")}.`,
    });
  });
}

export function numberOf(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= least && value <= most) return value;
  throw new LakeproofError("USAGE", `${option} is ${JSON.stringify(text)}.`, {
    hint: `Allowed is a number from ${String(least)} to ${String(most)}.`,
  });
}
