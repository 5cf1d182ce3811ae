/**
 * Variance of a sum whose terms depend on each other, from one series: Geyer's initial sequence estimators.
 * Autocovariances far out are noise; adding them all up gives nothing, so the sum must end somewhere.
 */

/**
 * positive: add pairs of autocovariances up to the first pair that is not positive.
 * monotone: moreover no pair counts for more than the one before it. Less noisy, and never larger than positive.
 */
export type InitialSequence = "positive" | "monotone";

/**
 * Variance of Σ residuals, as n·(γ0 + 2Σγk) with autocovariances over n. Takes n steps a lag.
 *
 * @param residuals - in order of time, about zero, finite; empty gives 0
 * @returns in the unit of the residuals squared; 0 when nothing varies or neighbours are exact opposites
 * Source: Geyer 1992, Practical Markov Chain Monte Carlo, Statist. Sci. 7(4), §3.3.
 */
export function varianceOfSum(residuals: readonly number[], sequence: InitialSequence): number {
  const own = sumAtLag(residuals, 0);
  let variance = -own;
  let least = Infinity;
  for (let lag = 0; lag < residuals.length; lag += 2) {
    const pair = (lag === 0 ? own : sumAtLag(residuals, lag)) + sumAtLag(residuals, lag + 1);
    if (pair <= 0) break;
    least = sequence === "monotone" ? Math.min(least, pair) : pair;
    variance += 2 * least;
  }
  return Math.max(0, variance);
}

function sumAtLag(residuals: readonly number[], lag: number): number {
  let sum = 0;
  for (let index = lag; index < residuals.length; index += 1) {
    sum += (residuals[index] ?? 0) * (residuals[index - lag] ?? 0);
  }
  return sum;
}
