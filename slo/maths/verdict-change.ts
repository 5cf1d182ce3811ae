/** What would turn an open verdict into a proof, or why nothing will. */
import { badRatioLowerBound, badRatioUpperBound, CONFIDENCE } from "./clopper-pearson.ts";
import { judgeBadRatio, worstCase, type BadRatioInput } from "./judge-bad-ratio.ts";
import { badCountAllowed } from "./power.ts";
import { runLength } from "./run-length.ts";
import { requireThat } from "./ranges.ts";

export interface VerdictChangeInput extends BadRatioInput {
  /** Length of the time in which the samples, missing ones included, were to come. */
  readonly timeMs: number;
}

export type VerdictChange =
  /** PROVEN or VIOLATED already. */
  | { readonly kind: "decided" }
  /** Nothing was measured: so many samples would prove it if none were bad. */
  | { readonly kind: "no-samples"; readonly sampleCountIfNoneBad: number }
  /** The same share, longer: so many samples in so much time prove it. */
  | {
      readonly kind: "more-samples";
      readonly sampleCount: number;
      readonly sampleCountMore: number;
      readonly timeMs: number;
      readonly timeMsMore: number;
      /** Bad, doubtful and missing ones that would have left the proof standing in this run; undefined: none would. */
      readonly badCountAllowed: number | undefined;
      /** True when it is only the doubtful and missing samples that stand in the way of a proof. */
      readonly isOnlyDoubt: boolean;
    }
  /** The observed share is not within the limit, so more of the same never proves it. */
  | {
      readonly kind: "share-too-high";
      readonly badRatio: number;
      /** Most bad, doubtful and missing ones that a run like this may have; undefined: it is too short to prove anything. */
      readonly badCountAllowed: number | undefined;
      readonly isOnlyDoubt: boolean;
      /** Samples that would prove it if none were bad. */
      readonly sampleCountIfNoneBad: number;
      /** After so much time at the observed share it would be VIOLATED; undefined: not at any length that is worth naming. */
      readonly timeMsUntilViolated: number | undefined;
    };

/** A run this many times as long is no advice. */
const FACTOR_MAX = 1e6;

/**
 * What would change an INCONCLUSIVE verdict, if the share of bad samples and their dependence stayed as observed.
 * Missing and doubtful samples grow along: absent data is never good data.
 *
 * @throws LakeproofError INTERNAL when counts, the limit or the time are out of range
 */
export function verdictChange(input: VerdictChangeInput): VerdictChange {
  const { n, missing = 0, timeMs, badRatioMax, confidence = CONFIDENCE } = input;
  requireThat(
    timeMs >= 0 && Number.isFinite(timeMs),
    `timeMs is ${String(timeMs)}.`,
    "Give the length of the judged time in milliseconds.",
  );
  const judged = judgeBadRatio(input);
  if (judged.status !== "INCONCLUSIVE") return { kind: "decided" };
  const leastCount = runLength({ ratePerS: 1, badRatioMax, confidence })?.sampleCount ?? Infinity;
  const expected = n + missing;
  if (n === 0) return { kind: "no-samples", sampleCountIfNoneBad: leastCount };
  const designEffect = judged.designEffect;
  const allowed = badCountAllowed({
    n: Math.floor(expected),
    badRatioMax,
    confidence,
    designEffect,
  });
  const isOnlyDoubt =
    badRatioUpperBound(expected / designEffect, input.bad / designEffect, confidence) <=
    badRatioMax;
  const factor = growthUntil(input, "PROVEN");
  if (factor === undefined) {
    const untilViolated = growthUntil(input, "VIOLATED");
    return {
      kind: "share-too-high",
      badRatio: worstCase(input) / expected,
      badCountAllowed: allowed,
      isOnlyDoubt,
      sampleCountIfNoneBad: Math.ceil(leastCount * designEffect),
      timeMsUntilViolated: untilViolated === undefined ? undefined : timeMs * untilViolated,
    };
  }
  const sampleCount = Math.ceil(expected * factor);
  return {
    kind: "more-samples",
    sampleCount,
    sampleCountMore: sampleCount - expected,
    timeMs: timeMs * factor,
    timeMsMore: timeMs * (factor - 1),
    badCountAllowed: allowed,
    isOnlyDoubt,
  };
}

/**
 * By which factor the run's samples would have to grow for a verdict, if the observed share stayed as it is.
 * undefined: no length would do, because the observed share lies on the other side of the limit, or too near to it.
 */
export function growthUntil(
  input: BadRatioInput,
  status: "PROVEN" | "VIOLATED",
): number | undefined {
  const { badRatioMax, confidence = CONFIDENCE } = input;
  const { nEff, designEffect } = judgeBadRatio(input);
  const badMost = worstCase(input) / designEffect;
  const badLeast = input.bad / designEffect;
  const holds = (factor: number): boolean =>
    status === "PROVEN"
      ? badRatioUpperBound(nEff * factor, badMost * factor, confidence) <= badRatioMax
      : badRatioLowerBound(nEff * factor, badLeast * factor, confidence) > badRatioMax;
  if (nEff === 0) return undefined;
  const isWithin =
    status === "PROVEN" ? badMost / nEff < badRatioMax : badLeast / nEff > badRatioMax;
  if (!isWithin) return undefined;
  let tooSmall = 0;
  let enough = 1;
  while (!holds(enough)) {
    tooSmall = enough;
    enough *= 2;
    if (enough > FACTOR_MAX) return undefined;
  }
  for (let step = 0; step < 20; step += 1) {
    const middle = (tooSmall + enough) / 2;
    if (holds(middle)) enough = middle;
    else tooSmall = middle;
  }
  return enough;
}
