/** From the steps of a search to its report. Pure. */
import type {
  CapacityReport,
  CapacityStage,
  CapacityStep,
  CapacityTarget,
  SearchOptions,
  StageCapacity,
} from "../../core/contracts/capacity.ts";
import { CAPACITY_STAGES } from "../../core/contracts/capacity.ts";
import { EXIT_GRAVITY, type ExitCode } from "../../core/errors.ts";
import { resultSoFar } from "./search.ts";
import { unitOfTarget } from "./targets.ts";

export function stageCapacity(
  target: CapacityTarget,
  steps: readonly CapacityStep[],
  search: SearchOptions,
): StageCapacity {
  const own = steps.filter((step) => step.target === target);
  const result = resultSoFar(search, own);
  const saturated = firstSaturated(own);
  return {
    target,
    unit: unitOfTarget(target),
    result,
    ...(saturated === undefined ? {} : { saturated }),
    perCore: perCore(own, result.ratePerS),
  };
}

/**
 * The stage whose condition broke at the lowest rate; among those that broke at the same one, the earlier in the
 * pipe, because it starves the later. Windows that could not carry a verdict do not count, nor do those whose
 * answer another window at the same rate refuted.
 */
export function firstSaturated(
  steps: readonly CapacityStep[],
): { readonly stage: CapacityStage; readonly because: string } | undefined {
  const heldMax = Math.max(
    0,
    ...steps.filter(({ status }) => status === "holds").map(({ ratePerS }) => ratePerS),
  );
  const breaking = steps.filter(
    ({ status, ratePerS }) => status === "breaks" && ratePerS > heldMax,
  );
  const lowest = Math.min(...breaking.map(({ ratePerS }) => ratePerS));
  const broken = breaking
    .filter(({ ratePerS }) => ratePerS === lowest)
    .flatMap(({ criteria }) => criteria.filter(({ pressureRatio }) => pressureRatio > 1))
    .sort(
      (a, b) =>
        CAPACITY_STAGES.indexOf(a.stage) - CAPACITY_STAGES.indexOf(b.stage) ||
        b.pressureRatio - a.pressureRatio,
    );
  const [first] = broken;
  if (first === undefined) return undefined;
  const ratio = first.pressureRatio.toFixed(1);
  return {
    stage: first.stage,
    because: `at ${String(lowest)} a second: ${first.title} ${ratio} times its limit`,
  };
}

/** From the longest window at the rate that held: events (queries) for each core-second of each stage. */
function perCore(
  steps: readonly CapacityStep[],
  ratePerS: number | undefined,
): Readonly<Record<string, number>> {
  const step = steps
    .filter((candidate) => candidate.status === "holds" && candidate.ratePerS === ratePerS)
    .sort((a, b) => b.windowMs - a.windowMs)[0];
  return step === undefined ? {} : perCoreOf(step);
}

/** Of one window, by stage; a stage that used no processor time has none. */
export function perCoreOf(step: CapacityStep): Readonly<Record<string, number>> {
  // Queries are few: to whole ones a figure would be one digit.
  const rounded = (perS: number): number =>
    step.target === "trino" ? Number(perS.toPrecision(3)) : Math.round(perS);
  return Object.fromEntries(
    Object.entries(step.cpuMs)
      .filter(([, ms]) => ms > 0)
      .map(([stage, ms]) => [stage, rounded((step.achievedPerS * step.windowMs) / ms)]),
  );
}

/** Why a search is not whole, gravest first by its code; empty where each stage has a rate. */
export function searchProblems({
  stages,
  ended,
}: CapacityReport): readonly { readonly code: ExitCode; readonly reason: string }[] {
  const problems = stages.flatMap(({ target, result }) => {
    if (result.status === "found" || result.status === "at-least") return [];
    const code: ExitCode = result.status === "blind" ? 21 : 11;
    return [{ code, reason: `${target} is ${result.status}: ${result.because}` }];
  });
  if (ended === "failed") return [{ code: 1, reason: "the search failed" }];
  return problems.sort((a, b) => EXIT_GRAVITY.indexOf(a.code) - EXIT_GRAVITY.indexOf(b.code));
}
