/** One window at one rate, from the question to the judged step. */
import type { CapacityStep, CapacityTarget } from "../../core/contracts/capacity.ts";
import { judgeKafka } from "../../slo/capacity/judge-kafka.ts";
import { judgeQueries } from "../../slo/capacity/judge-queries.ts";
import { judgeStep, type JudgedStep } from "../../slo/capacity/judge-step.ts";
import { observeStep } from "../../slo/capacity/observe.ts";
import type { Question } from "../../slo/capacity/search.ts";
import { removeLoadTopics, runKafkaStep } from "./kafka-step.ts";
import { makeOwnDatabase } from "./own-database.ts";
import { prepareQueries, runQueryStep } from "./query-step.ts";
import {
  bypassesPipeline,
  runStep,
  untilQuiet,
  type StepLab,
  type StepWish,
} from "./step-runner.ts";

export interface Measure {
  /** Names the directory of its journal. */
  readonly name: string;
  readonly target: CapacityTarget;
  readonly question: Pick<Question, "purpose" | "ratePerS" | "windowRatio">;
  readonly settleMs: number;
  /** Of a usual window. */
  readonly windowMs: number;
}

/** Before the first window of a target: a database of its own, a lake worth asking, or a pipeline at rest. */
export async function prepareFor(step: StepLab, target: CapacityTarget): Promise<void> {
  switch (target) {
    case "kafka":
      await removeLoadTopics(step);
      return;
    case "trino":
      await prepareQueries(step);
      return;
    default:
      if (bypassesPipeline(target)) {
        await makeOwnDatabase(step.lab.endpoints.address("postgres"), step.signal);
      } else await untilQuiet(step);
  }
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
  const found = await offered(step, { name, target, ratePerS, settleMs, windowMs });
  return { target, purpose, ratePerS, windowMs, ...found };
}

type Found = JudgedStep &
  Pick<CapacityStep, "startedAtEpochMs" | "achievedPerS" | "cpuMs" | "drainMs">;

async function offered(step: StepLab, wish: StepWish): Promise<Found> {
  switch (wish.target) {
    case "kafka": {
      const { seen, startedAtEpochMs, achievedPerS, cpuMs } = await runKafkaStep(step, wish);
      return { ...judgeKafka(seen), startedAtEpochMs, achievedPerS, cpuMs };
    }
    case "trino": {
      const { seen, startedAtEpochMs, cpuMs } = await runQueryStep(step, wish);
      return { ...judgeQueries(seen), startedAtEpochMs, achievedPerS: seen.achievedPerS, cpuMs };
    }
    default:
      return throughPostgres(step, wish);
  }
}

async function throughPostgres(step: StepLab, wish: StepWish): Promise<Found> {
  const outcome = await runStep(step, wish);
  const seen = observeStep(outcome.events, outcome.frame);
  const { startedAtEpochMs, cpuMs, drainMs } = outcome;
  return {
    ...judgeStep(wish.target, seen),
    startedAtEpochMs,
    achievedPerS: seen.achievedPerS,
    cpuMs,
    ...(drainMs === undefined ? {} : { drainMs }),
  };
}
