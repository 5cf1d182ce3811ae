/** The binomial distribution through the incomplete beta function. */
import betaCdf from "@stdlib/stats-base-dists-beta-cdf";

/**
 * P(X ≤ count) for X binomial(n, ratio). Exact far out in the tails, no factorial to overflow at n = 1e7, and defined
 * for the fractions that effective sample sizes are.
 *
 * @param count - 0 when below zero, 1 from n on
 * @param n - zero or more
 * @param ratio - strictly between 0 and 1; below 1e-9 its complement has no digits left and so has the result
 * Source: Abramowitz & Stegun, Handbook of Mathematical Functions, 26.5.24.
 */
export function binomialAtMost(count: number, n: number, ratio: number): number {
  if (count < 0) return 0;
  if (count >= n) return 1;
  return betaCdf(1 - ratio, n - count, count + 1);
}
