/** How likely a run of a given size is to prove what is true: an honest plan says it before the run. */
import { binomialAtMost } from "./binomial.ts";
import { badRatioUpperBound, CONFIDENCE, samplesNeeded } from "./clopper-pearson.ts";
import { requireOpenRatio, requireThat, requireWhole } from "./ranges.ts";

export interface ProofSize {
  /** Samples, whole. */
  readonly n: number;
  /** Largest share of bad samples allowed, strictly between 0 and 1. */
  readonly badRatioMax: number;
  /** One-sided. Default 0.95. */
  readonly confidence?: number;
  /** How many dependent samples tell as much as one independent. Default 1. */
  readonly designEffect?: number;
}

/**
 * Most bad samples among n that still prove the share; undefined when not even none of them does.
 *
 * @throws LakeproofError INTERNAL when an argument is out of range
 * Source: inversion of the Clopper–Pearson bound, Biometrika 26(4), 1934.
 */
export function badCountAllowed(size: ProofSize): number | undefined {
  const { n, badRatioMax, confidence = CONFIDENCE, designEffect = 1 } = size;
  requireWhole("n", n);
  requireOpenRatio("badRatioMax", badRatioMax);
  requireOpenRatio("confidence", confidence);
  requireDesignEffect(designEffect);
  const proves = (bad: number): boolean =>
    badRatioUpperBound(n / designEffect, bad / designEffect, confidence) <= badRatioMax;
  if (n === 0 || !proves(0)) return undefined;
  let yes = 0;
  // The bound is never below the observed share, so a share beyond the limit proves nothing.
  let no = Math.floor(n * badRatioMax) + 1;
  while (no - yes > 1) {
    const middle = Math.floor((yes + no) / 2);
    if (proves(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}

/**
 * Probability that a run of this size proves the objective when `trueBadRatio` of all samples are bad; 0 when it is
 * too small to prove anything.
 *
 * @param trueBadRatio - from 0 to below 1
 * @throws LakeproofError INTERNAL when an argument is out of range
 */
export function proofPower(size: ProofSize, trueBadRatio: number): number {
  requireThat(
    trueBadRatio >= 0 && trueBadRatio < 1,
    `trueBadRatio is ${String(trueBadRatio)}.`,
    "Give a share from 0 to below 1.",
  );
  const allowed = badCountAllowed(size);
  if (allowed === undefined) return 0;
  if (trueBadRatio === 0) return 1;
  const { n, designEffect = 1 } = size;
  return binomialAtMost(allowed / designEffect, n / designEffect, trueBadRatio);
}

export interface SizeForPower {
  /** Independent samples. A little more may have a little less power: the allowed count steps up one by one. */
  readonly n: number;
  readonly badCountAllowed: number;
  readonly power: number;
}

export interface SizeForPowerInput {
  readonly badRatioMax: number;
  /** The share of bad samples that is expected, 0 or more. */
  readonly trueBadRatio: number;
  /** Probability of the proof, strictly between 0 and 1. Default 0.9. */
  readonly power?: number;
  readonly confidence?: number;
}

/** Beyond this many bad samples the true share is so near its limit that no run will ever tell them apart. */
const BAD_COUNT_MAX = 10_000_000;

/**
 * Smallest run that proves the objective with the given probability when `trueBadRatio` of all samples are bad.
 * undefined when no size does: the true share reaches the limit, or is too near to it.
 *
 * @throws LakeproofError INTERNAL when an argument is out of range
 */
export function sizeForPower(input: SizeForPowerInput): SizeForPower | undefined {
  const { badRatioMax, trueBadRatio, power = 0.9, confidence = CONFIDENCE } = input;
  requireOpenRatio("power", power);
  requireThat(
    trueBadRatio >= 0 && trueBadRatio < 1,
    `trueBadRatio is ${String(trueBadRatio)}.`,
    "Give a share from 0 to below 1.",
  );
  const sizeFor = (bad: number): SizeForPower => {
    const n = samplesNeeded(badRatioMax, confidence, bad);
    const reached = trueBadRatio === 0 ? 1 : binomialAtMost(bad, n, trueBadRatio);
    return { n, badCountAllowed: bad, power: reached };
  };
  if (trueBadRatio >= badRatioMax) return undefined;
  let tooFew = -1;
  let best = sizeFor(0);
  while (best.power < power) {
    tooFew = best.badCountAllowed;
    if (tooFew > BAD_COUNT_MAX) return undefined;
    best = sizeFor(2 * tooFew + 1);
  }
  while (best.badCountAllowed - tooFew > 1) {
    const middle = sizeFor(Math.floor((best.badCountAllowed + tooFew) / 2));
    if (middle.power >= power) best = middle;
    else tooFew = middle.badCountAllowed;
  }
  return best;
}

/** At least 1: samples that avoid each other earn no credit. */
export function requireDesignEffect(designEffect: number): void {
  requireThat(
    designEffect >= 1 && Number.isFinite(designEffect),
    `designEffect is ${String(designEffect)}.`,
    "Give a design effect of at least 1.",
  );
}
