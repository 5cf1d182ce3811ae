/**
 * One window under load against what has to hold: nothing late or refused, changes fresh, no stage piling up.
 * Each condition shows the limit of one stage, so that a window that breaks also says where.
 */
import type {
  CapacityTarget,
  SearchStep,
  StepCriterion,
  StepStatus,
} from "../../core/contracts/capacity.ts";
import { slopePerS, thinned, troughs, type Point } from "./trend.ts";

/** What any window showed, wherever its load went in. */
export interface LoadSeen {
  readonly ratePerS: number;
  /** Operations meant to start in the window, by the schedule. */
  readonly dueCount: number;
  readonly settledCount: number;
  readonly failedCount: number;
  readonly generator: { readonly cpuRatio: number; readonly loopDelayMsP99: number } | undefined;
  /** Why it could not see, where it could not. */
  readonly blindBecause: string | undefined;
}

/** What a window of load through PostgreSQL showed. Undefined: it had no such thing, or saw too little of it. */
export interface StepSeen extends LoadSeen {
  readonly latencyMsP95: number;
  readonly freshnessMsP95: number | undefined;
  /** WAL bytes the null consumer of a slot has not decoded yet, beside what was written each second. */
  readonly decoding:
    { readonly lagBytes: readonly Point[]; readonly walBytesPerS: number } | undefined;
  /** Acknowledged by PostgreSQL, not in Kafka. */
  readonly connectorLagEvents: readonly Point[];
  /** In Kafka, not in what Trino shows. */
  readonly lakeLagEvents: readonly Point[];
}

/** The seed's figures, and how much may pile up. */
export const STEP_LIMITS = {
  latencyMsP95: 2_000,
  freshnessMsP95: 30_000,
  failedRatio: 0.001,
  /** Of what was due; beside it three standard deviations of a count are allowed. */
  shortfallRatio: 0.05,
  /** Growth of a lag over the rate: 0.05 makes the data three seconds older each minute. */
  lagGrowthRatio: 0.05,
  /** The generator's headroom, as for every run. */
  cpuRatio: 0.9,
  loopDelayMs: 200,
} as const;

/** Pressures within this factor of 1 could have ended the other way. */
const NEAR_RATIO = 1.25;

export type JudgedStep = Pick<SearchStep, "status" | "isNear" | "because"> & {
  readonly criteria: readonly StepCriterion[];
};

/** All criteria are told; only those of `target` decide. What breaks before it in the pipe starves it. */
export function judgeStep(target: CapacityTarget, seen: StepSeen): JudgedStep {
  return judgeCriteria(target, criteriaOf(seen), seen);
}

export function judgeCriteria(
  target: CapacityTarget,
  criteria: readonly StepCriterion[],
  seen: Pick<LoadSeen, "generator" | "blindBecause">,
): JudgedStep {
  const own = criteria.filter(({ stage }) => target === "end-to-end" || stage === target);
  const broken = worstFirst(own.filter(({ pressureRatio }) => pressureRatio > 1));
  const [worst] = broken;
  const headroom = headroomLost(seen);
  const told = (status: StepStatus, because: string): JudgedStep => ({
    status,
    isNear: status !== "blind" && isNear(own, status),
    because,
    criteria,
  });
  if (seen.blindBecause !== undefined) return told("blind", seen.blindBecause);
  // A window that breaks without headroom says nothing about the system: the harness took the processor.
  if (headroom !== undefined) return told("blind", headroom);
  if (worst !== undefined) return told("breaks", textOf(worst));
  if (own.length === 0) return told("blind", "The window saw nothing of this stage.");
  const upstream = worstFirst(starving(target, criteria));
  if (upstream[0] !== undefined) {
    return told("blind", `${upstream[0].stage} breaks before it: ${textOf(upstream[0])}`);
  }
  const [tightest] = worstFirst(own);
  return told("holds", tightest === undefined ? "nothing broke" : textOf(tightest));
}

function isNear(own: readonly StepCriterion[], status: StepStatus): boolean {
  const worst = Math.max(...own.map(({ pressureRatio }) => pressureRatio));
  return status === "breaks" ? worst < NEAR_RATIO : worst > 1 / NEAR_RATIO;
}

/** Broken criteria of the stages that a change passes before this one. */
function starving(
  target: CapacityTarget,
  criteria: readonly StepCriterion[],
): readonly StepCriterion[] {
  const before: Readonly<Record<CapacityTarget, readonly string[]>> = {
    "end-to-end": [],
    postgres: [],
    "slot-decoding": ["postgres"],
    connector: ["postgres"],
    kafka: [],
    lake: ["postgres", "connector"],
    trino: [],
  };
  return criteria.filter(
    ({ stage, pressureRatio }) => pressureRatio > 1 && before[target].includes(stage),
  );
}

function worstFirst(criteria: readonly StepCriterion[]): readonly StepCriterion[] {
  return [...criteria].sort((a, b) => b.pressureRatio - a.pressureRatio);
}

function criteriaOf(seen: StepSeen): readonly StepCriterion[] {
  const { ratePerS } = seen;
  return [
    ...doneCriteria({ stage: "postgres", id: "writes", what: "operations" }, seen),
    criterion(
      { stage: "postgres", id: "writes.latency", title: "write latency p95" },
      { value: seen.latencyMsP95, unit: "ms" },
      STEP_LIMITS.latencyMsP95,
    ),
    ...decodingCriteria(seen),
    ...growth("connector", "changes committed and not in Kafka", seen.connectorLagEvents, ratePerS),
    ...lakeGrowth(seen),
    ...(seen.freshnessMsP95 === undefined
      ? []
      : [
          criterion(
            { stage: "lake", id: "freshness", title: "freshness p95" },
            { value: seen.freshnessMsP95, unit: "ms" },
            STEP_LIMITS.freshnessMsP95,
          ),
        ]),
  ];
}

export interface LoadNames {
  readonly stage: StepCriterion["stage"];
  /** Begins the criteria's ids. */
  readonly id: string;
  /** In the plural. */
  readonly what: string;
}

/** What is due is done, and succeeds. */
export function doneCriteria(
  { stage, id, what }: LoadNames,
  { dueCount, settledCount, failedCount }: LoadSeen,
): readonly StepCriterion[] {
  const shortfall = dueCount === 0 ? 0 : Math.max(0, 1 - settledCount / dueCount);
  const shortfallMax = STEP_LIMITS.shortfallRatio + 3 / Math.sqrt(Math.max(1, dueCount));
  const failed = settledCount === 0 ? 0 : failedCount / settledCount;
  return [
    criterion(
      { stage, id: `${id}.done`, title: `${what} due and not done` },
      { value: shortfall, unit: "ratio" },
      shortfallMax,
    ),
    criterion(
      { stage, id: `${id}.failed`, title: `${what} failed` },
      { value: failed, unit: "ratio" },
      STEP_LIMITS.failedRatio,
    ),
  ];
}

/**
 * Commits take what has piled up since the last one, so that only what each of them leaves behind can be compared; without
 * two commits in sight, all points are. One look earlier or later at the first or last of them is no growth, but commits
 * that cease are.
 */
function lakeGrowth({ lakeLagEvents, ratePerS }: StepSeen): readonly StepCriterion[] {
  const title = "changes in Kafka and not in the lake";
  const left = troughs(lakeLagEvents);
  const [first] = left;
  const lastLow = left.at(-1);
  const end = lakeLagEvents.at(-1);
  if (first === undefined || lastLow === undefined || end === undefined || first === lastLow) {
    return growth("lake", title, lakeLagEvents, ratePerS);
  }
  const betweenMs = (lastLow.atMs - first.atMs) / (left.length - 1);
  const last = end.atMs - lastLow.atMs > 2 * betweenMs ? end : lastLow;
  const spanS = (last.atMs - first.atMs) / 1000;
  const lookS = (end.atMs - (lakeLagEvents[0]?.atMs ?? 0)) / (lakeLagEvents.length - 1) / 1000;
  const named = { stage: "lake", id: "lake.lag", title: `growth of ${title}` } as const;
  const grownRatio = (last.value - first.value) / spanS / ratePerS;
  const observed = { value: Math.max(0, grownRatio), unit: "ratio" } as const;
  return [criterion(named, observed, STEP_LIMITS.lagGrowthRatio + lookS / spanS)];
}

function decodingCriteria({ decoding }: StepSeen): readonly StepCriterion[] {
  if (decoding === undefined || !(decoding.walBytesPerS > 0)) return [];
  const title = "WAL written and not decoded";
  return growth("slot-decoding", title, decoding.lagBytes, decoding.walBytesPerS);
}

/** Growth a second over what comes in a second. A lag that only shrinks has no pressure. */
export function growth(
  stage: StepCriterion["stage"],
  title: string,
  points: readonly Point[],
  perS: number,
): readonly StepCriterion[] {
  const slope = slopePerS(thinned(points));
  if (slope === undefined) return [];
  const named = { stage, id: `${stage}.lag`, title: `growth of ${title}` };
  const observed = { value: Math.max(0, slope / perS), unit: "ratio" } as const;
  return [criterion(named, observed, STEP_LIMITS.lagGrowthRatio)];
}

export function criterion(
  named: Pick<StepCriterion, "id" | "stage" | "title">,
  observed: StepCriterion["observed"],
  limit: number,
): StepCriterion {
  return { ...named, observed, limit, pressureRatio: observed.value / limit };
}

function headroomLost({ generator }: Pick<LoadSeen, "generator">): string | undefined {
  if (generator === undefined) return undefined;
  const { cpuRatio, loopDelayMsP99 } = generator;
  if (cpuRatio > STEP_LIMITS.cpuRatio) {
    return `the generator used ${percent(cpuRatio)} of a core (limit ${percent(STEP_LIMITS.cpuRatio)})`;
  }
  if (loopDelayMsP99 > STEP_LIMITS.loopDelayMs) {
    return `the generator's loop was late by ${loopDelayMsP99.toFixed(0)} ms (limit ${String(STEP_LIMITS.loopDelayMs)} ms)`;
  }
  return undefined;
}

function textOf({ title, observed, limit }: StepCriterion): string {
  const text = (value: number): string =>
    observed.unit === "ratio" ? percent(value) : `${value.toFixed(0)} ${observed.unit}`;
  return `${title} ${text(observed.value)} (limit ${text(limit)})`;
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(ratio < 0.01 ? 2 : 1)} %`;
}
