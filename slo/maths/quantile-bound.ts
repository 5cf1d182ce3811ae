/**
 * What a sample says about a quantile, whatever its distribution: bounds from order statistics, to show a quantile with
 * its uncertainty, and the exceedance test, to judge one ("p95 < 2 s" is "less than 5 % take 2 s or longer").
 */
import { binomialAtMost } from "./binomial.ts";
import { CONFIDENCE } from "./clopper-pearson.ts";
import { judgeBadRatio, type BadRatioJudgement } from "./judge-bad-ratio.ts";
import { requireFinite, requireOpenRatio, requireThat, requireWhole } from "./ranges.ts";

export interface QuantileRanks {
  /** 1-based rank of the order statistic that bounds from below; undefined when n is too small for one. */
  readonly lower: number | undefined;
  /** 1-based rank of the order statistic that bounds from above; undefined when n is too small for one. */
  readonly upper: number | undefined;
}

/**
 * Ranks whose order statistics bound a quantile, each side with the given one-sided confidence. Both together have
 * 1 − 2·(1 − confidence): give 0.975 for a two-sided 95 % interval.
 *
 * @param n - samples, whole; up to 1e7 and more without overflow
 * @param quantile - 0.95 for a p95, strictly between 0 and 1
 * @throws LakeproofError INTERNAL when an argument is out of range
 * Source: Hahn & Meeker 1991, Statistical Intervals, §5.2.
 */
export function quantileRanks(n: number, quantile: number, confidence = CONFIDENCE): QuantileRanks {
  requireWhole("n", n);
  requireOpenRatio("quantile", quantile);
  requireOpenRatio("confidence", confidence);
  // Of n samples, X lie below the quantile: X is binomial(n, quantile). X(r) is an upper bound when X ≤ r − 1.
  const upper = firstRank(n, (rank) => binomialAtMost(rank - 1, n, quantile) >= confidence);
  // X(r) is a lower bound when X ≥ r, which fails with P(X ≤ r − 1). The ranks that hold come first.
  const tooHigh = firstRank(n, (rank) => binomialAtMost(rank - 1, n, quantile) > 1 - confidence);
  const lower = (tooHigh ?? n + 1) - 1;
  return { lower: lower === 0 ? undefined : lower, upper };
}

export interface QuantileInterval {
  /** Nearest-rank quantile of the sample, in its unit. */
  readonly estimate: number;
  /** −Infinity when there are too few samples for a bound. */
  readonly lower: number;
  /** Infinity when there are too few samples for a bound. */
  readonly upper: number;
}

/**
 * Quantile of a sample with its two one-sided bounds. Dependent samples: the ranks are those of `nEff` samples,
 * stretched outwards over the n there are.
 *
 * @param sorted - ascending, finite, at least one; samples that never ended are no numbers: judge those with
 *   `exceedanceTest`
 * @param confidence - of each side
 * @param nEff - effective sample size, at most n. Default n
 * @throws LakeproofError INTERNAL when values are not ascending or an argument is out of range
 * Source: Hahn & Meeker 1991, §5.2.
 */
export function quantileInterval(
  sorted: readonly number[],
  quantile: number,
  confidence = CONFIDENCE,
  nEff = sorted.length,
): QuantileInterval {
  requireFinite("sorted", sorted, 1);
  requireThat(
    sorted.every((value, index) => index === 0 || value >= (sorted[index - 1] ?? value)),
    "The samples of a quantile are not sorted.",
    "Sort them in ascending order first.",
  );
  const n = sorted.length;
  requireThat(
    nEff >= 0 && nEff <= n,
    `nEff is ${String(nEff)} for ${String(n)} samples.`,
    "Give an effective sample size between 0 and the number of samples.",
  );
  const nWhole = Math.floor(nEff);
  const { lower, upper } = quantileRanks(nWhole, quantile, confidence);
  const at = (rank: number): number => sorted[Math.min(n, Math.max(1, rank)) - 1] ?? NaN;
  return {
    estimate: at(Math.ceil(quantile * n - 1e-9)),
    lower: lower === undefined ? -Infinity : at(Math.floor((lower * n) / nWhole)),
    upper: upper === undefined ? Infinity : at(Math.ceil((upper * n) / nWhole)),
  };
}

export interface ExceedanceInput {
  /** Samples, ended or not; effective sizes may be fractions. */
  readonly n: number;
  /** Samples at or above the threshold, with all that failed or never ended. */
  readonly exceeding: number;
  /** 0.95 for "p95 below the threshold". */
  readonly quantile: number;
  readonly confidence?: number;
}

export interface ExceedanceTest extends Pick<
  BadRatioJudgement,
  "status" | "upperBound" | "lowerBound"
> {
  /** Of "the quantile is at or above the threshold": small proves the objective. */
  readonly pValueProof: number;
  /** Of "the quantile is below the threshold": small proves its violation. */
  readonly pValueViolation: number;
}

/**
 * One-sided exact binomial tests of a quantile against a threshold, by counting what exceeds it. The same decision as
 * `judgeBadRatio` with badRatioMax = 1 − quantile, with p-values beside the bounds: of objectives that must all hold
 * the largest p-value is that of the whole (intersection-union test), and many watched ones go to `benjaminiHochberg`.
 *
 * @throws LakeproofError INTERNAL when counts or ratios are out of range
 * Source: Conover, Practical Nonparametric Statistics, 3rd ed., §3.2; Berger 1982, Technometrics 24(4).
 */
export function exceedanceTest(input: ExceedanceInput): ExceedanceTest {
  const { n, exceeding, quantile, confidence = CONFIDENCE } = input;
  requireOpenRatio("quantile", quantile);
  requireOpenRatio("confidence", confidence);
  const badRatioMax = 1 - quantile;
  const judged = judgeBadRatio({ n, bad: exceeding, badRatioMax, confidence });
  return {
    status: judged.status,
    upperBound: judged.upperBound,
    lowerBound: judged.lowerBound,
    pValueProof: n === 0 ? 1 : binomialAtMost(exceeding, n, badRatioMax),
    pValueViolation: n === 0 ? 1 : binomialAtMost(n - exceeding, n, quantile),
  };
}

/** Smallest rank from 1 to n at which a condition that stays true begins to hold. */
function firstRank(n: number, holds: (rank: number) => boolean): number | undefined {
  if (n === 0 || !holds(n)) return undefined;
  let no = 0;
  let yes = n;
  while (yes - no > 1) {
    const middle = Math.floor((yes + no) / 2);
    if (holds(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}
