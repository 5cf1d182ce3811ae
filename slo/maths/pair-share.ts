/**
 * How often something holds between two things of a kind, seen on all pairs of a few of them. Each thing is in many
 * pairs, so the pairs are no independent samples: as many disjoint pairs as there are count, and no more.
 */
import { CONFIDENCE } from "./clopper-pearson.ts";
import { requireOpenRatio, requireThat, requireWhole } from "./ranges.ts";

export interface PairShareBounds {
  readonly lowerRatio: number;
  readonly upperRatio: number;
}

/** Halvings of [0, 1] down to the last digit of a double. */
const HALVING_COUNT = 60;

/**
 * One-sided bounds of the true share, each with the given confidence, from the share seen over all pairs (a U-statistic of
 * order two with a symmetric kernel between 0 and 1). Valid for every number of things and every dependence that sharing a
 * thing brings; with none of the pairs the upper one is Clopper and Pearson's for the disjoint pairs.
 *
 * @param shareRatio - mean of the kernel over all pairs, 0 to 1
 * @param thingCount - independent things the pairs were made of, 2 or more
 * @throws LakeproofError INTERNAL when an argument is out of range
 * Source: Hoeffding 1963, J. Amer. Statist. Assoc. 58(301), theorem 1 with section 5a.
 */
export function pairShareBounds(
  shareRatio: number,
  thingCount: number,
  confidence = CONFIDENCE,
): PairShareBounds {
  requireOpenRatio("confidence", confidence);
  requireWhole("thingCount", thingCount, 2);
  requireThat(
    shareRatio >= 0 && shareRatio <= 1,
    `shareRatio is ${String(shareRatio)}.`,
    "Give a share from 0 to 1.",
  );
  const allowed = -Math.log1p(-confidence) / Math.floor(thingCount / 2);
  return {
    lowerRatio: shareRatio === 0 ? 0 : furthest(shareRatio, 0, allowed),
    upperRatio: shareRatio === 1 ? 1 : furthest(shareRatio, 1, allowed),
  };
}

/** The share furthest towards `end` whose divergence is still allowed: it grows steadily on the way there. */
function furthest(shareRatio: number, end: 0 | 1, allowed: number): number {
  let inside = shareRatio;
  let outside: number = end;
  for (let round = 0; round < HALVING_COUNT; round += 1) {
    const middle = (inside + outside) / 2;
    if (divergence(shareRatio, middle) <= allowed) inside = middle;
    else outside = middle;
  }
  // The side that is certain to hold the bound.
  return outside;
}

/** Kullback–Leibler divergence of two coins. */
function divergence(p: number, q: number): number {
  const part = (a: number, b: number): number => (a === 0 ? 0 : a * Math.log(a / b));
  return part(p, q) + part(1 - p, 1 - q);
}
