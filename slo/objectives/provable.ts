/** What a run of a given length and rate can prove, said before anything starts. Pure. */
import type { Provable, QueryClassPlan } from "../../core/contracts/plan.ts";
import type { Objective } from "../../core/contracts/slo.ts";
import type { FaultClass } from "../../core/contracts/fault.ts";
import type { ObjectiveWindow } from "../../core/contracts/objective.ts";
import { samplesNeeded } from "../maths/clopper-pearson.ts";
import { INJECTION_COUNT_MIN } from "../maths/renewal-availability.ts";
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
  /** Expected length of the other windows an objective may name. Absent: nothing of it is known. */
  readonly windowsMs?: Readonly<Partial<Record<ObjectiveWindow, number>>>;
  /** Every planned injection. Absent: none. */
  readonly faults?: readonly PlannedInjection[];
}

export interface PlannedInjection {
  /** "process-kill/kafka". */
  readonly kind: string;
  readonly faultClass: FaultClass;
  /** From one injection to the next: hold, expected recovery and quiet time. */
  readonly cycleMs: number;
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
  const injections = injectionsOf(objective, input.faults ?? []);
  if (injections !== undefined) {
    const { expected, needed, durationMsNeeded } = injections;
    return {
      objectiveId: objective.id,
      claimed: input.claims.includes(objective.id),
      sampleCountExpected: expected,
      sampleCountNeeded: needed,
      provable: expected >= needed,
      durationMsNeeded,
      countedIn: "injections",
    };
  }
  const ratePerS = sampleRatePerS(objective, input);
  const windowMs = windowMsOf(objective.window, input);
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

function windowMsOf(window: ObjectiveWindow, input: ProvableInput): number {
  if (window === "steady") return input.steadyMs;
  return window === "whole" ? input.wholeMs : (input.windowsMs?.[window] ?? 0);
}

interface InjectionsNeeded {
  readonly expected: number;
  readonly needed: number;
  /** Of all kinds that need it; 0 where the plan has none of them. */
  readonly durationMsNeeded: number;
}

/** Undefined where samples come with time and not with faults. */
function injectionsOf(
  objective: Objective,
  faults: readonly PlannedInjection[],
): InjectionsNeeded | undefined {
  const { sli, badRatioMax } = objective;
  if (sli.kind === "recovery") {
    const own = faults.filter((fault) => fault.faultClass === sli.faultClass);
    const needed = samplesNeeded(badRatioMax);
    const cycleMs = meanOf(own.map((fault) => fault.cycleMs));
    return { expected: own.length, needed, durationMsNeeded: Math.ceil(needed * cycleMs) };
  }
  if (sli.kind !== "projected-uptime") return undefined;
  const kinds = [...Map.groupBy(faults, (fault) => fault.kind).values()];
  return {
    // Every kind is a term of its own: the rarest decides.
    expected: kinds.length === 0 ? 0 : Math.min(...kinds.map((own) => own.length)),
    needed: INJECTION_COUNT_MIN,
    durationMsNeeded: Math.ceil(
      kinds.reduce(
        (sum, own) => sum + INJECTION_COUNT_MIN * meanOf(own.map((fault) => fault.cycleMs)),
        0,
      ),
    ),
  };
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

const NOT_COUNTED: readonly Objective["sli"]["kind"][] = [
  "rate",
  "users",
  "unmeasured",
  "informational",
  "recovery",
  "projected-uptime",
];

function isCounted({ sli }: Objective): boolean {
  return !NOT_COUNTED.includes(sli.kind);
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
    // Faults are injected one by one: their samples do not come at a rate.
    case "recovery":
    case "projected-uptime":
    case "informational":
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
