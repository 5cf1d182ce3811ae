/**
 * Availability seen as a renewal process: up until a fault, down until recovered. A short run cannot show 99.9 % by
 * waiting, but it can measure how long each kind of fault keeps the system down, as often as one likes; how often each
 * kind happens is declared. Their product is the downtime, and every term of it stands in the result.
 */
import betaQuantile from "@stdlib/stats-base-dists-beta-quantile";
import tQuantile from "@stdlib/stats-base-dists-t-quantile";
import { badRatioLowerBound, badRatioUpperBound, CONFIDENCE } from "./clopper-pearson.ts";
import { requireFinite, requireOpenRatio, requireThat, requireWhole } from "./ranges.ts";

/** Fewer injections of a kind say too little about the tail of its recoveries. */
export const INJECTION_COUNT_MIN = 10;

export interface FaultDowntime {
  readonly name: string;
  /** Declared: how many faults of this kind a period brings. May be a fraction. */
  readonly countPerPeriod: number;
  /** Measured: downtime of each injection that recovered by itself. */
  readonly downMs: readonly number[];
  /** Injections that were still down when waiting for them ended. Never left out. */
  readonly unrecoveredCount: number;
  /** Declared: downtime of a fault that somebody has to repair. Without it an unrecovered one has no bound. */
  readonly repairMs?: number;
}

export interface ProjectionInput {
  readonly faults: readonly FaultDowntime[];
  /** Requests outside all fault windows. Effective sizes (n and bad divided by the design effect) when they depend. */
  readonly background: { readonly n: number; readonly bad: number };
  /** Length of the period that the rates and the budget are about, e.g. 30 days. */
  readonly periodMs: number;
  /** 0.001 for 99.9 %. */
  readonly badRatioMax: number;
  readonly confidence?: number;
}

/** countPerPeriod × downMs, once as measured and once with each bound. */
export interface DowntimeTerm {
  readonly name: string;
  readonly countPerPeriod: number;
  readonly injectionCount: number;
  readonly unrecoveredCount: number;
  readonly downMsMean: number;
  readonly downMsLower: number;
  /** Infinity when nothing bounds it. */
  readonly downMsUpper: number;
  readonly periodDownMsMean: number;
  readonly periodDownMsLower: number;
  readonly periodDownMsUpper: number;
  /** Injections still missing for this term to count towards a proof. */
  readonly injectionCountMissing: number;
}

export interface ProjectedAvailability {
  /** Faults as given, then "background". */
  readonly terms: readonly DowntimeTerm[];
  readonly budgetMs: number;
  readonly periodMs: number;
  readonly periodDownMsMean: number;
  readonly periodDownMsLower: number;
  readonly periodDownMsUpper: number;
  /** 1 − downtime / period for each of the three sums, never below 0. */
  readonly availabilityRatio: number;
  readonly availabilityRatioLower: number;
  readonly availabilityUpper: number;
  readonly status: "PROVEN" | "VIOLATED" | "INCONCLUSIVE";
}

/**
 * Projected availability A ≥ 1 − Σ rate·U(mean downtime) / period − U(background share), the bounds one-sided. Each
 * term has its own bound, so their sum is a little stricter than a joint one. PROVEN: upper sum within the budget and
 * no term short of injections. VIOLATED: lower sum above it. It is about the declared rates and no other faults.
 *
 * @throws LakeproofError INTERNAL when a rate, a time, a count or a ratio is out of range
 * Source: Trivedi, Probability and Statistics with Reliability, Queuing, and Computer Science Applications, §10.2
 *   (renewal view); the bounds of a mean are those of `meanBounds`.
 */
export function projectedAvailability(input: ProjectionInput): ProjectedAvailability {
  const { periodMs, badRatioMax, confidence = CONFIDENCE } = input;
  requireOpenRatio("badRatioMax", badRatioMax);
  requireOpenRatio("confidence", confidence);
  requireThat(
    periodMs > 0 && Number.isFinite(periodMs),
    `periodMs is ${String(periodMs)}.`,
    "Give the length of the period in milliseconds.",
  );
  const terms = [
    ...input.faults.map((fault) => faultTerm(fault, confidence)),
    backgroundTerm(input.background, periodMs, confidence),
  ];
  const budgetMs = badRatioMax * periodMs;
  const sum = (of: (term: DowntimeTerm) => number): number =>
    terms.reduce((total, term) => total + of(term), 0);
  const periodDownMsMean = sum((term) => term.periodDownMsMean);
  const periodDownMsLower = sum((term) => term.periodDownMsLower);
  const periodDownMsUpper = sum((term) => term.periodDownMsUpper);
  const isComplete = terms.every((term) => term.injectionCountMissing === 0);
  const up = (downMs: number): number => Math.max(0, 1 - downMs / periodMs);
  return {
    terms,
    budgetMs,
    periodMs,
    periodDownMsMean,
    periodDownMsLower,
    periodDownMsUpper,
    availabilityRatio: up(periodDownMsMean),
    availabilityRatioLower: up(periodDownMsUpper),
    availabilityUpper: up(periodDownMsLower),
    status:
      periodDownMsLower > budgetMs
        ? "VIOLATED"
        : isComplete && periodDownMsUpper <= budgetMs
          ? "PROVEN"
          : "INCONCLUSIVE",
  };
}

function faultTerm(fault: FaultDowntime, confidence: number): DowntimeTerm {
  const { name, countPerPeriod, unrecoveredCount, repairMs } = fault;
  requireFinite(`downMs of ${name}`, [...fault.downMs, countPerPeriod]);
  requireWhole(`unrecoveredCount of ${name}`, unrecoveredCount);
  requireThat(
    countPerPeriod >= 0 && fault.downMs.every((one) => one >= 0) && (repairMs ?? 0) >= 0,
    `A rate or a downtime of ${name} is negative.`,
    "Give rates and times of zero or more.",
  );
  const repaired = new Array<number>(unrecoveredCount).fill(repairMs ?? 0);
  const times = [...fault.downMs, ...repaired];
  const { mean, lower, upper } = meanBounds(times, confidence);
  const isOpen = unrecoveredCount > 0 && repairMs === undefined;
  const downMsUpper = isOpen ? Infinity : upper;
  return {
    name,
    countPerPeriod,
    injectionCount: times.length,
    unrecoveredCount,
    downMsMean: mean,
    downMsLower: lower,
    downMsUpper,
    periodDownMsMean: countPerPeriod * mean,
    periodDownMsLower: countPerPeriod * lower,
    // A fault that is declared never to happen costs nothing, however long it would last.
    periodDownMsUpper: countPerPeriod === 0 ? 0 : countPerPeriod * downMsUpper,
    injectionCountMissing:
      countPerPeriod === 0 ? 0 : Math.max(0, INJECTION_COUNT_MIN - times.length),
  };
}

/** The share of bad requests, as if all requests of the period failed for that share of it. */
function backgroundTerm(
  { n, bad }: ProjectionInput["background"],
  periodMs: number,
  confidence: number,
): DowntimeTerm {
  const lower = badRatioLowerBound(n, bad, confidence) * periodMs;
  const upper = badRatioUpperBound(n, bad, confidence) * periodMs;
  const mean = n === 0 ? 0 : (bad / n) * periodMs;
  return {
    name: "background",
    countPerPeriod: 1,
    injectionCount: 0,
    unrecoveredCount: 0,
    downMsMean: mean,
    downMsLower: lower,
    downMsUpper: upper,
    periodDownMsMean: mean,
    periodDownMsLower: lower,
    periodDownMsUpper: upper,
    injectionCountMissing: 0,
  };
}

export interface MeanBounds {
  readonly mean: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * Bounds of a mean of times, each one-sided. Lower: Student's t, never below 0. Upper: the same with its skewness taken
 * out by Hall's cubic transformation, because recoveries have a long right tail and the plain t bound is too low for
 * it. Ten times of a lognormal distribution are covered in 95 % (σ = 0.2), 92 % (σ = 0.5) and 88 % (σ = 1) of all cases,
 * by t in 93, 89 and 80 %; a tail that no injection showed is in no bound. Fewer than two times bound nothing: 0 and
 * Infinity.
 *
 * @param times - zero or more, finite, one unit
 * Source: Hall 1992, J. R. Statist. Soc. B 54(1), with t for the normal quantile.
 */
export function meanBounds(times: readonly number[], confidence = CONFIDENCE): MeanBounds {
  requireFinite("times", times);
  requireOpenRatio("confidence", confidence);
  const n = times.length;
  if (n === 0) return { mean: 0, lower: 0, upper: Infinity };
  const mean = times.reduce((sum, time) => sum + time, 0) / n;
  if (n === 1) return { mean, lower: 0, upper: Infinity };
  const squares = times.reduce((sum, time) => sum + (time - mean) ** 2, 0);
  if (squares === 0) return { mean, lower: mean, upper: mean };
  const standardError = Math.sqrt(squares / (n - 1) / n);
  const t = tQuantile(confidence, n - 1);
  return {
    mean,
    lower: Math.max(0, mean - t * standardError),
    upper: mean + skewedReach(t, skewnessOf(times, mean, squares) / Math.sqrt(n)) * standardError,
  };
}

/** Without bias; 0 for two times, which have none, and for a tail on the left, which earns no credit. */
function skewnessOf(times: readonly number[], mean: number, squares: number): number {
  const n = times.length;
  if (n < 3) return 0;
  const cubes = times.reduce((sum, time) => sum + (time - mean) ** 3, 0);
  const ofSample = cubes / n / (squares / n) ** 1.5;
  return Math.max(0, (ofSample * Math.sqrt(n * (n - 1))) / (n - 2));
}

/** Standard errors from the mean to its upper bound. Next to no skewness is none: the formula divides by it. */
function skewedReach(t: number, skewness: number): number {
  if (skewness < 1e-6) return t;
  return (3 / skewness) * (1 - Math.cbrt(1 - skewness * (t + skewness / 6)));
}

/**
 * Lower bound of the steady-state availability from outages that were only waited for: A ≥ 1 / (1 + (down/up)·F), F the
 * quantile of Fisher's distribution with 2n and 2n degrees of freedom. Supposes exponential up and down times.
 *
 * @param outageCount - whole, at least 1: without an outage nothing is known about repairs
 * @param upMs - total up time, above 0
 * @param downMs - total down time, 0 or more
 * @throws LakeproofError INTERNAL when an argument is out of range
 * Source: Trivedi, 2nd ed., eq. 10.20.
 */
export function availabilityLowerBound(
  outageCount: number,
  upMs: number,
  downMs: number,
  confidence = CONFIDENCE,
): number {
  requireWhole("outageCount", outageCount, 1);
  requireOpenRatio("confidence", confidence);
  requireThat(
    upMs > 0 && downMs >= 0 && Number.isFinite(upMs + downMs),
    `Up time ${String(upMs)} ms and down time ${String(downMs)} ms are no times.`,
    "Give a positive up time and a down time of zero or more.",
  );
  // F = B/(1−B) with B beta(n, n), whose upper quantile mirrors its lower one.
  const ratio =
    betaQuantile(confidence, outageCount, outageCount) /
    betaQuantile(1 - confidence, outageCount, outageCount);
  return 1 / (1 + (downMs / upMs) * ratio);
}
