/** How many pairs of runs it takes to see a change of some size through some noise. */
import normalQuantile from "@stdlib/stats-base-dists-normal-quantile";
import { FALSE_DISCOVERY_RATIO } from "./decide.ts";

const POWER_RATIO = 0.8;
/** The exact test cannot speak with fewer: one half to the fifth is the first below five percent. */
export const PAIR_COUNT_MIN = 5;

/**
 * Pairs for a power of 80 %, two-sided 5 % (a normal approximation), and at least so many that the exact one-sided
 * test can reach significance when one of `metricCount` metrics has changed.
 *
 * @param logDeviation - standard deviation of the log-ratio of one pair
 */
export function pairCountNeeded(
  logDeviation: number,
  effectRatioMin: number,
  metricCount: number,
): number {
  const reach =
    normalQuantile(1 - FALSE_DISCOVERY_RATIO / 2, 0, 1) + normalQuantile(POWER_RATIO, 0, 1);
  const byNoise = ((reach * logDeviation) / Math.log1p(effectRatioMin)) ** 2;
  const byTest = Math.log2(Math.max(1, metricCount) / FALSE_DISCOVERY_RATIO);
  return Math.max(PAIR_COUNT_MIN, Math.ceil(byNoise), Math.ceil(byTest));
}

/** Metrics that must move at once for the exact one-sided test to speak in spite of the correction. */
export function metricsTogether(pairCount: number, metricCount: number): number {
  return Math.ceil((metricCount * 2 ** -pairCount) / FALSE_DISCOVERY_RATIO - 1e-9);
}

export function pairsText(pairCount: number): string {
  return `${String(pairCount)} interleaved pairs of runs (ABBA)`;
}
