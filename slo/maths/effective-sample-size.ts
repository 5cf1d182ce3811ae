/** How many independent values a series of dependent ones is worth, for intervals of its mean. */
import { varianceOfSum } from "./initial-sequence.ts";
import { requireFinite } from "./ranges.ts";

/** Relative spread below which values are the same but for rounding. */
const ROUNDING = 1e-12;

export interface EffectiveSampleSize {
  readonly n: number;
  /** n / autocorrelationTime, so never above n. */
  readonly nEff: number;
  /** 1 + 2Σρ_k, in steps of the series. Never below 1: values that avoid each other earn no credit. */
  readonly autocorrelationTime: number;
}

/**
 * Effective sample size of the mean of a stationary series by the initial monotone sequence. For shares of bad samples,
 * also in groups, there is `designEffect`, which is a little stricter (initial positive sequence).
 *
 * @param series - in order of time, finite, any unit; may be empty
 * @returns nEff = n when nothing varies, because a constant says nothing about how its values depend on each other
 * @throws LakeproofError INTERNAL when a value is not finite
 * Source: Geyer 1992, Statist. Sci. 7(4), §3.3.
 */
export function effectiveSampleSize(series: readonly number[]): EffectiveSampleSize {
  requireFinite("series", series);
  const n = series.length;
  let sum = 0;
  for (const value of series) sum += value;
  const residuals = series.map((value) => value - sum / n);
  let squares = 0;
  for (const residual of residuals) squares += residual * residual;
  // The mean of equal values may miss them by its last digit, and those misses would all resemble each other.
  const varies = squares > n * (sum / n) ** 2 * ROUNDING ** 2;
  const ratio = varies ? varianceOfSum(residuals, "monotone") / squares : 1;
  const autocorrelationTime = Math.max(1, ratio);
  return { n, nEff: n / autocorrelationTime, autocorrelationTime };
}
