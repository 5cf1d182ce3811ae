/**
 * Before a change of the history fails a night, the very rate it is about is offered once more. Pure: which questions follow
 * from the changes, and what the windows so far say to one of them.
 */
import {
  CAPACITY_STAGES,
  type CapacityReport,
  type CapacityStep,
  type CapacityTarget,
  type StepStatus,
} from "../../core/contracts/capacity.ts";
import type { HistoryChange } from "../../core/contracts/comparison.ts";
import type { RerunQuestion, RerunStatus } from "../../core/contracts/nightly.ts";
import { perCoreMetricId, rateMetricId } from "./metrics.ts";
import { perCoreOf } from "./report.ts";

/** Windows for one question; two of them have to agree. */
const ATTEMPT_COUNT_MAX = 3;
/** As a search asks: nobody needs 1234.567 events a second. */
const DIGITS = 3;

export interface OpenChange {
  readonly title: string;
  readonly change: HistoryChange;
}

/** One question a change, in the order of the changes; a change of anything but a capacity search has none. */
export function rerunQuestions(
  changes: readonly OpenChange[],
  report: CapacityReport,
  effectRatioMin: number,
): readonly RerunQuestion[] {
  return changes.flatMap(({ title, change }): RerunQuestion[] => {
    const { id: changeId, metricId, before } = change;
    const facts = { changeId, metricId, title };
    const leastPerS = before.value / (1 + effectRatioMin);
    const target = targetOfRate(metricId);
    if (target !== undefined) {
      const ratePerS = Math.max(1, Number(leastPerS.toPrecision(DIGITS)));
      return [{ ...facts, target, ratePerS, asks: { kind: "rate-holds" } }];
    }
    const found = stageOf(metricId);
    if (found === undefined) return [];
    const tonight = report.stages.find((stage) => stage.target === found.target);
    const ratePerS = tonight?.result.ratePerS;
    return [
      {
        ...{ ...facts, target: found.target },
        ...(ratePerS === undefined ? {} : { ratePerS }),
        asks: { kind: "per-core", stage: found.stage, refutedFromPerS: leastPerS },
      },
    ];
  });
}

const TARGETS: readonly CapacityTarget[] = ["end-to-end", ...CAPACITY_STAGES];

function targetOfRate(metricId: string): CapacityTarget | undefined {
  return TARGETS.find((target) => rateMetricId(target) === metricId);
}

interface NamedStage {
  readonly target: CapacityTarget;
  readonly stage: string;
}

function stageOf(metricId: string): NamedStage | undefined {
  for (const target of TARGETS) {
    const prefix = perCoreMetricId(target, "");
    if (metricId.startsWith(prefix)) return { target, stage: metricId.slice(prefix.length) };
  }
  return undefined;
}

export interface RerunAnswer {
  readonly status: RerunStatus;
  readonly because: string;
}

/** Windows at the question's own target and rate, in order. Undefined: one more is needed. */
export function rerunAnswer(
  question: RerunQuestion,
  steps: readonly CapacityStep[],
): RerunAnswer | undefined {
  const { asks, ratePerS } = question;
  if (ratePerS === undefined) {
    return { status: "undecided", because: "Tonight gave no rate at which to look again." };
  }
  return asks.kind === "rate-holds"
    ? rateAnswer(ratePerS, steps)
    : perCoreAnswer(asks, ratePerS, steps);
}

const STATUSES = {
  holds: "refuted",
  breaks: "confirmed",
  blind: "undecided",
} as const satisfies Record<StepStatus, RerunStatus>;

/** One clear window that holds clears the night; what fails it has to be seen twice. */
function rateAnswer(ratePerS: number, steps: readonly CapacityStep[]): RerunAnswer | undefined {
  const [first] = steps;
  const last = steps.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const rate = `${String(ratePerS)} a second`;
  if (steps.length === 1 && first.status === "holds" && !first.isNear) {
    return { status: "refuted", because: `${rate} held again: ${first.because}` };
  }
  const agreeing = steps.filter(({ status }) => status === last.status);
  if (agreeing.length >= 2) {
    const count = `in ${String(agreeing.length)} of ${String(steps.length)} windows`;
    const words = { holds: "held again", breaks: "broke again", blind: "could not be judged" };
    return {
      status: STATUSES[last.status],
      because: `${rate} ${words[last.status]} ${count}: ${last.because}`,
    };
  }
  if (steps.length < ATTEMPT_COUNT_MAX) return undefined;
  return {
    status: "undecided",
    because: `${rate}: no two of ${String(steps.length)} windows agree.`,
  };
}

function perCoreAnswer(
  { stage, refutedFromPerS }: Extract<RerunQuestion["asks"], { readonly kind: "per-core" }>,
  ratePerS: number,
  steps: readonly CapacityStep[],
): RerunAnswer | undefined {
  const held = steps.find(
    (step) => step.status === "holds" && perCoreOf(step)[stage] !== undefined,
  );
  const figure = held === undefined ? undefined : perCoreOf(held)[stage];
  if (figure === undefined) {
    if (steps.length < ATTEMPT_COUNT_MAX) return undefined;
    const count = String(steps.length);
    const because = `None of ${count} windows at ${String(ratePerS)} a second held and saw ${stage}.`;
    return { status: "undecided", because };
  }
  const status = figure < refutedFromPerS ? "confirmed" : "refuted";
  const because = `${String(figure)} a second for each core of ${stage} when looked at again; below ${String(Math.round(refutedFromPerS))} is worse.`;
  return { status, because };
}
