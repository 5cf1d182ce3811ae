/** What a run of a given length and rate can prove, said before anything starts. Pure. */
import type { Provable, QueryClassPlan } from "../../core/contracts/plan.ts";
import type { Objective } from "../../core/contracts/slo.ts";
import { samplesNeeded } from "../maths/clopper-pearson.ts";
import { runLength } from "../maths/run-length.ts";

export interface ProvableInput {
  readonly objectives: readonly Objective[];
  /** Ids of the claimed objectives. */
  readonly claims: readonly string[];
  readonly bank: { readonly transactionRatePerS: number; readonly eventRatePerS: number };
  readonly queries: readonly QueryClassPlan[];
  /** Planned operations a second through the BI tier. Absent: there are none. */
  readonly biOperationsPerS?: (workload: string) => number;
  readonly userCount?: number;
  readonly canaryRatePerS: number;
  /** Expected control and measure time outside the fault windows that do not count. */
  readonly steadyMs: number;
  /** Expected control and measure time, with every fault in it. */
  readonly wholeMs: number;
}

/** A rate is held, not hit: it must stand for at least this many seconds. */
export const RATE_SECONDS_MIN = 60;

/**
 * To count on not one bad sample is a bet. A plan reckons with half of what is allowed, and with this
 * probability of the proof.
 */
const EXPECTED_OF_LIMIT_RATIO = 0.5;
const POWER_RATIO = 0.9;

/** `durationMsNeeded` is 0 where no length would do, because nothing in the plan measures the objective. */
export function provable(input: ProvableInput): readonly Provable[] {
  return input.objectives.map((objective) => provableOne(objective, input));
}

function provableOne(objective: Objective, input: ProvableInput): Provable {
  const ratePerS = sampleRatePerS(objective, input);
  const windowMs = objective.window === "steady" ? input.steadyMs : input.wholeMs;
  const sampleCountNeeded = neededOf(objective);
  const sampleCountExpected = Math.floor((ratePerS * windowMs) / 1000);
  const withBad = ratePerS > 0 ? withBadOf(objective, ratePerS) : undefined;
  return {
    objectiveId: objective.id,
    claimed: input.claims.includes(objective.id),
    sampleCountExpected,
    sampleCountNeeded,
    provable: ratePerS > 0 && sampleCountExpected >= sampleCountNeeded,
    durationMsNeeded: ratePerS > 0 ? Math.ceil((sampleCountNeeded / ratePerS) * 1000) : 0,
    ...(withBad === undefined ? {} : { withBad }),
  };
}

function isCounted({ sli }: Objective): boolean {
  return sli.kind !== "rate" && sli.kind !== "users" && sli.kind !== "unmeasured";
}

function neededOf(objective: Objective): number {
  if (objective.sli.kind === "rate" || objective.sli.kind === "users") return RATE_SECONDS_MIN;
  return isCounted(objective) ? samplesNeeded(objective.badRatioMax) : 0;
}

function withBadOf(objective: Objective, ratePerS: number): Provable["withBad"] {
  if (!isCounted(objective)) return undefined;
  const { badRatioMax } = objective;
  const badRatio = badRatioMax * EXPECTED_OF_LIMIT_RATIO;
  const power = POWER_RATIO;
  const length = runLength({ ratePerS, badRatioMax, expectedBadRatio: badRatio, power });
  if (length === undefined) return undefined;
  return {
    badRatio,
    powerRatio: power,
    sampleCountNeeded: length.sampleCount,
    durationMsNeeded: length.durationMs,
  };
}

/** Samples of the objective per second; 0 when the plan produces none. */
function sampleRatePerS(objective: Objective, input: ProvableInput): number {
  const { sli } = objective;
  switch (sli.kind) {
    case "freshness":
      return input.canaryRatePerS;
    case "latency":
      return operationRatePerS(sli.workload, input, sli.class);
    case "errors":
      return operationRatePerS(sli.workload, input);
    case "uptime":
      return 1000 / sli.sliceMs;
    case "rate": {
      const planned =
        sli.unit === "eventsPerS"
          ? input.bank.eventRatePerS
          : operationRatePerS(sli.workload, input);
      return planned >= objective.threshold.value ? 1 : 0;
    }
    case "users":
      return (input.userCount ?? 0) >= objective.threshold.value ? 1 : 0;
    case "unmeasured":
      return 0;
  }
}

function operationRatePerS(workload: string, input: ProvableInput, name?: string): number {
  if (workload === "bank") return input.bank.transactionRatePerS;
  if (workload !== "queries") return input.biOperationsPerS?.(workload) ?? 0;
  return input.queries
    .filter((query) => name === undefined || query.name === name)
    .reduce((sum, query) => sum + query.ratePerS, 0);
}
