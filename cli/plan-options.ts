/** What a user adds to a scenario on the command line: objectives of their own, and how often faults happen. */
import type { FaultRate } from "../core/contracts/plan.ts";
import type { Scenario } from "../core/contracts/scenario.ts";
import type { Objective } from "../core/contracts/slo.ts";
import { LakeproofError } from "../core/errors.ts";
import { readObjectives, withImported } from "./objectives.ts";

export interface AddedOptions {
  /** OpenSLO file whose objectives replace those of the same id and stand beside the others. */
  readonly objectives?: string | undefined;
  /** "process-kill/kafka=0.5": times a month. */
  readonly faultRates?: readonly string[] | undefined;
}

export interface AddedToScenario {
  readonly scenario: Scenario;
  readonly objectives: readonly Objective[];
}

export function addTo(
  scenario: Scenario,
  { objectives, faultRates = [] }: AddedOptions,
): AddedToScenario {
  const imported = objectives === undefined ? undefined : readObjectives(objectives);
  const rates = new Map(
    [...(scenario.faultRates ?? []), ...faultRates.map(rateOf)].map((rate) => [
      `${rate.fault}/${rate.service}`,
      rate,
    ]),
  );
  return {
    scenario: {
      ...scenario,
      claims: [...new Set([...scenario.claims, ...(imported?.claims ?? [])])],
      ...(rates.size === 0 ? {} : { faultRates: [...rates.values()] }),
    },
    objectives: withImported(imported?.objectives ?? []),
  };
}

function rateOf(text: string): FaultRate {
  const [, fault, service, count] = /^([\w-]+)\/([\w-]+)=(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (fault !== undefined && service !== undefined && count !== undefined) {
    return { fault, service, countPerMonth: Number(count) };
  }
  throw new LakeproofError("USAGE", `--fault-rate is ${JSON.stringify(text)}.`, {
    hint: "Give <fault>/<service>=<times a month>, e.g. process-kill/kafka=0.5.",
  });
}

/** The same options again, for the command that repeats a run. */
export function addedText({ objectives, faultRates = [] }: AddedOptions): string {
  const rates = faultRates.map((rate) => ` --fault-rate ${rate}`).join("");
  return `${objectives === undefined ? "" : ` --objectives ${objectives}`}${rates}`;
}
