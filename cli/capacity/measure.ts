/** One window at one rate, from the question to the judged step. */
import type { CapacityStep, CapacityTarget } from "../../core/contracts/capacity.ts";
import { judgeStep } from "../../slo/capacity/judge-step.ts";
import { observeStep } from "../../slo/capacity/observe.ts";
import type { Question } from "../../slo/capacity/search.ts";
import { makeOwnDatabase } from "./own-database.ts";
import { bypassesPipeline, runStep, untilQuiet, type StepLab } from "./step-runner.ts";

export interface Measure {
  /** Names the directory of its journal. */
  readonly name: string;
  readonly target: CapacityTarget;
  readonly question: Pick<Question, "purpose" | "ratePerS" | "windowRatio">;
  readonly settleMs: number;
  /** Of a usual window. */
  readonly windowMs: number;
}

/** Before the first window of a target: a database of its own, or a pipeline at rest. */
export async function prepareFor(step: StepLab, target: CapacityTarget): Promise<void> {
  if (bypassesPipeline(target)) {
    await makeOwnDatabase(step.lab.endpoints.address("postgres"), step.signal);
  } else await untilQuiet(step);
}

/** "end-to-end-03-1600". */
export function stepName(
  target: CapacityTarget,
  index: number,
  { ratePerS }: { readonly ratePerS: number },
): string {
  return `${target}-${String(index + 1).padStart(2, "0")}-${String(ratePerS)}`;
}

/** Rejects with the signal's reason when it is aborted, with the load stopped. */
export async function measureStep(step: StepLab, measure: Measure): Promise<CapacityStep> {
  const { name, target, settleMs } = measure;
  const { purpose, ratePerS, windowRatio } = measure.question;
  const windowMs = measure.windowMs * windowRatio;
  const outcome = await runStep(step, { name, target, ratePerS, settleMs, windowMs });
  const seen = observeStep(outcome.events, outcome.frame);
  const { startedAtEpochMs, cpuMs, drainMs } = outcome;
  return {
    target,
    purpose,
    ratePerS,
    ...judgeStep(target, seen),
    startedAtEpochMs,
    windowMs,
    achievedPerS: seen.achievedPerS,
    cpuMs,
    ...(drainMs === undefined ? {} : { drainMs }),
  };
}
