/** The windows a night offers once more before a change of its history may fail it: the target and the rate at question, no other. */
import type { CapacityStep } from "../../core/contracts/capacity.ts";
import type { NightRerun, RerunQuestion } from "../../core/contracts/nightly.ts";
import { host } from "../../core/host.ts";
import { rerunAnswer, type RerunAnswer } from "../../slo/capacity/rerun.ts";
import { appendLine } from "./journal.ts";
import { measureStep, prepareFor, stepName } from "./measure.ts";
import type { StepLab } from "./step-runner.ts";

export interface RerunLab {
  readonly step: StepLab;
  readonly wish: { readonly windowMs: number; readonly settleMs: number };
  readonly runDir: string;
}

/** As long as what confirmed a rate in the first place. */
const WINDOW_RATIO = 2;
/** Over the usual window, before each: whatever ended the search must not decide about the rerun. */
const REST_RATIO = 1.5;

/** In the order of the questions. A window at the same target and rate serves each of them. */
export async function askAgain(
  lab: RerunLab,
  questions: readonly RerunQuestion[],
): Promise<readonly NightRerun[]> {
  const steps: CapacityStep[] = [];
  const answers: NightRerun[] = [];
  for (const question of questions) {
    const answer = await answered(lab, question, steps);
    host.err(`  ${question.metricId}: ${answer.status}, ${answer.because}\n`);
    answers.push({ ...question, ...answer, steps: stepsOf(question, steps) });
  }
  return answers;
}

async function answered(
  lab: RerunLab,
  question: RerunQuestion,
  steps: CapacityStep[],
): Promise<RerunAnswer> {
  const { target, ratePerS } = question;
  for (;;) {
    const answer = rerunAnswer(question, stepsOf(question, steps));
    if (answer !== undefined || ratePerS === undefined) {
      return answer ?? { status: "undecided", because: "There is no rate to offer." };
    }
    host.err(`looking again at ${question.title}: ${target} at ${String(ratePerS)}/s\n`);
    await host.sleep(REST_RATIO * lab.wish.windowMs, lab.step.signal);
    await prepareFor(lab.step, target);
    const done = await measureStep(lab.step, {
      name: `again-${stepName(target, steps.length, { ratePerS })}`,
      target,
      question: { purpose: "confirm-100", ratePerS, windowRatio: WINDOW_RATIO },
      settleMs: lab.wish.settleMs,
      windowMs: lab.wish.windowMs,
    });
    steps.push(done);
    appendLine(lab.runDir, { kind: "capacity.rerun", ...done });
  }
}

function stepsOf(
  { target, ratePerS }: RerunQuestion,
  steps: readonly CapacityStep[],
): readonly CapacityStep[] {
  return steps.filter((step) => step.target === target && step.ratePerS === ratePerS);
}
