/** How long a run must be before it can prove something, at the rate at which its samples come. */
import { badRatioUpperBound, CONFIDENCE, samplesNeeded } from "./clopper-pearson.ts";
import { requireDesignEffect, sizeForPower } from "./power.ts";
import { requireOpenRatio, requireThat, requireWhole } from "./ranges.ts";

export interface RunLengthInput {
  /** Samples a second of time that counts, above 0. */
  readonly ratePerS: number;
  readonly badRatioMax: number;
  /** Share of bad samples to expect. Default 0: the shortest run that can prove it at all. */
  readonly expectedBadRatio?: number;
  /** Probability of the proof at that share. Default 0.9; of no matter when none are bad. */
  readonly power?: number;
  /** How many dependent samples tell as much as one independent. Default 1. */
  readonly designEffect?: number;
  readonly confidence?: number;
}

export interface RunLength {
  /** Samples to be taken, dependent ones and all. */
  readonly sampleCount: number;
  /** Bad samples among them that leave the proof standing. */
  readonly badCountAllowed: number;
  readonly durationMs: number;
  /** Probability of the proof at the expected share. */
  readonly power: number;
}

/**
 * The run length that proves an objective: with no bad sample expected the least one (zero-failure test), otherwise
 * the one whose proof has the given power. undefined when no length would do.
 *
 * @throws LakeproofError INTERNAL when an argument is out of range
 * Source: Meeker, Hahn & Escobar 2017, Statistical Intervals, 2nd ed., ch. 9 (demonstration tests).
 */
export function runLength(input: RunLengthInput): RunLength | undefined {
  const { ratePerS, badRatioMax, expectedBadRatio = 0, designEffect = 1 } = input;
  requireThat(
    ratePerS > 0 && Number.isFinite(ratePerS),
    `ratePerS is ${String(ratePerS)}.`,
    "Give the rate of the samples, above zero.",
  );
  requireDesignEffect(designEffect);
  const size = sizeForPower({
    badRatioMax,
    trueBadRatio: expectedBadRatio,
    ...(input.power === undefined ? {} : { power: input.power }),
    ...(input.confidence === undefined ? {} : { confidence: input.confidence }),
  });
  if (size === undefined) return undefined;
  const sampleCount = Math.ceil(size.n * designEffect);
  return {
    sampleCount,
    badCountAllowed: Math.floor(size.badCountAllowed * designEffect),
    durationMs: Math.ceil((sampleCount / ratePerS) * 1000),
    power: size.power,
  };
}

/**
 * Injections of one kind of fault until "it recovers with at least this probability" is proven, when `failureCount` of
 * them do not recover.
 *
 * @param recoveryRatioMin - strictly between 0 and 1
 * @throws LakeproofError INTERNAL when an argument is out of range
 */
export function injectionCountNeeded(
  recoveryRatioMin: number,
  failureCount = 0,
  confidence = CONFIDENCE,
): number {
  requireOpenRatio("recoveryRatioMin", recoveryRatioMin);
  requireWhole("failureCount", failureCount);
  return samplesNeeded(1 - recoveryRatioMin, confidence, failureCount);
}

/** The probability of recovery that so many injections prove; 0 when there are none. */
export function recoveryRatioProven(
  injectionCount: number,
  failureCount = 0,
  confidence = CONFIDENCE,
): number {
  return 1 - badRatioUpperBound(injectionCount, failureCount, confidence);
}
