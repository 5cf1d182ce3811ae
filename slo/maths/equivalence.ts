/**
 * Equivalence of paired runs. "No significant difference" is not "no difference": three noisy pairs never differ
 * significantly. Here the burden of proof is turned round, and too few pairs are not equivalent.
 */
import tCdf from "@stdlib/stats-base-dists-t-cdf";
import tQuantile from "@stdlib/stats-base-dists-t-quantile";
import { CONFIDENCE } from "./clopper-pearson.ts";
import { requireFinite, requireOpenRatio, requireThat } from "./ranges.ts";

export interface Equivalence {
  /** Pairs. */
  readonly n: number;
  /** Geometric mean of candidate/base: 1.03 is three percent more. */
  readonly ratio: number;
  /** Two-sided interval of the ratio at 1 − 2·(1 − confidence), the one that belongs to the two one-sided tests. */
  readonly ratioLower: number;
  readonly ratioUpper: number;
  /** Of "the ratio is at or below 1/boundRatio". */
  readonly pValueLower: number;
  /** Of "the ratio is at or above boundRatio". */
  readonly pValueUpper: number;
  /** The larger of the two: both must be refuted. */
  readonly pValue: number;
  /** True when both are refuted, which is the same as: the interval lies inside (1/boundRatio, boundRatio). */
  readonly isEquivalent: boolean;
}

/**
 * Two one-sided t-tests (TOST) on paired log-ratios ln(candidate/base).
 *
 * @param logRatios - natural logarithms, one a pair, at least two, finite; about normal, which run-level log-ratios are
 * @param boundRatio - margin as a ratio above 1: with 1.05 the bounds are 1/1.05 and 1.05
 * @param confidence - of each one-sided test
 * @throws LakeproofError INTERNAL for fewer than two pairs, a value that is not finite, or a margin not above 1
 * Source: Schuirmann 1987, J. Pharmacokin. Biopharm. 15(6).
 */
export function tostPaired(
  logRatios: readonly number[],
  boundRatio: number,
  confidence = CONFIDENCE,
): Equivalence {
  requireFinite("logRatios", logRatios, 2);
  requireOpenRatio("confidence", confidence);
  requireThat(
    boundRatio > 1 && Number.isFinite(boundRatio),
    `boundRatio is ${String(boundRatio)}.`,
    "Give the margin as a ratio above 1: 1.05 for five percent.",
  );
  const n = logRatios.length;
  const { mean, standardError } = meanOf(logRatios);
  const margin = Math.log(boundRatio);
  const pValueLower = upperTail((mean + margin) / standardError, n - 1);
  const pValueUpper = upperTail((margin - mean) / standardError, n - 1);
  const reach = standardError === 0 ? 0 : tQuantile(confidence, n - 1) * standardError;
  const pValue = Math.max(pValueLower, pValueUpper);
  return {
    n,
    ratio: Math.exp(mean),
    ratioLower: Math.exp(mean - reach),
    ratioUpper: Math.exp(mean + reach),
    pValueLower,
    pValueUpper,
    pValue,
    isEquivalent: pValue < 1 - confidence,
  };
}

function meanOf(values: readonly number[]): { mean: number; standardError: number } {
  const n = values.length;
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / n;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { mean, standardError: Math.sqrt(squares / (n - 1) / n) };
}

/** P(T > t). 0/0, identical pairs exactly on the bound, refutes nothing. */
function upperTail(t: number, degreesOfFreedom: number): number {
  if (Number.isNaN(t)) return 1;
  if (!Number.isFinite(t)) return t > 0 ? 0 : 1;
  return tCdf(-t, degreesOfFreedom);
}
