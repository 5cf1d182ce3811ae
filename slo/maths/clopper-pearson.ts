/**
 * Exact one-sided Clopper–Pearson bounds on the share of bad samples, and the sample sizes that follow from them.
 * Counts may be fractions, because dependent samples are scaled down to their effective size first.
 */
import betaQuantile from "@stdlib/stats-base-dists-beta-quantile";
import { requireOpenRatio, requireThat, requireWhole } from "./ranges.ts";

/** Every verdict is given with this one-sided confidence. */
export const CONFIDENCE = 0.95;

/**
 * No share lies above this one with the given confidence. 1 when there are no samples.
 *
 * @param n - samples, 0 or more, whole or effective; `bad` of them bad
 * @throws LakeproofError INTERNAL when counts or the confidence are out of range
 * Source: Clopper & Pearson 1934, Biometrika 26(4).
 */
export function badRatioUpperBound(n: number, bad: number, confidence = CONFIDENCE): number {
  requireCounts(n, bad, confidence);
  if (bad >= n) return 1;
  return betaQuantile(confidence, bad + 1, n - bad);
}

/** No share lies below this one with the given confidence. 0 when there are no samples. As `badRatioUpperBound`. */
export function badRatioLowerBound(n: number, bad: number, confidence = CONFIDENCE): number {
  requireCounts(n, bad, confidence);
  if (bad === 0) return 0;
  return betaQuantile(1 - confidence, bad, n - bad + 1);
}

/**
 * Smallest whole n whose upper bound is at or below `badRatioMax` with `badCount` bad samples in it.
 * For zero bad this is the rule of three: (1-p)^n ≤ 1-confidence.
 */
export function samplesNeeded(badRatioMax: number, confidence = CONFIDENCE, badCount = 0): number {
  requireThat(
    badRatioMax > 0 && badRatioMax < 1 && confidence > 0 && confidence < 1,
    `No sample size proves a share of ${String(badRatioMax)} with confidence ${String(confidence)}.`,
    "Give a badRatioMax and a confidence strictly between 0 and 1.",
  );
  requireWhole("badCount", badCount);
  if (badCount === 0) return Math.ceil(Math.log(1 - confidence) / Math.log1p(-badRatioMax));
  let tooFew = badCount;
  let enough = 2 * (badCount + 1);
  while (badRatioUpperBound(enough, badCount, confidence) > badRatioMax) {
    tooFew = enough;
    enough *= 2;
  }
  while (enough - tooFew > 1) {
    const middle = Math.floor((enough + tooFew) / 2);
    if (badRatioUpperBound(middle, badCount, confidence) > badRatioMax) tooFew = middle;
    else enough = middle;
  }
  return enough;
}

function requireCounts(n: number, bad: number, confidence: number): void {
  requireOpenRatio("confidence", confidence);
  requireThat(
    bad >= 0 && bad <= n && Number.isFinite(n),
    `${String(bad)} bad of ${String(n)} samples is no count.`,
    "Count every bad sample among the samples too.",
  );
}
