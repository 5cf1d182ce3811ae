/** The one statistical decision of the house: does the share of bad samples provably stay within its limit? */
import type { VerdictStatus } from "../../core/contracts/slo.ts";
import { badRatioLowerBound, badRatioUpperBound, CONFIDENCE } from "./clopper-pearson.ts";
import { designEffect, type SampleGroup } from "./design-effect.ts";

export interface BadRatioInput {
  readonly n: number;
  /** Certainly bad. */
  readonly bad: number;
  /** Among the n: nobody can tell whether they were bad. Bad against the proof, good against the accusation. */
  readonly doubtful?: number;
  /**
   * Beyond the n: samples that should be there and are not. Treated like the doubtful ones: absent data is never good data, and never evidence of guilt either.
   */
  readonly missing?: number;
  /** The samples in time order, doubtful and missing ones as bad, for the design effect. Absent: independent. */
  readonly groups?: readonly SampleGroup[];
  readonly badRatioMax: number;
  readonly confidence?: number;
}

export interface BadRatioJudgement {
  readonly status: Extract<VerdictStatus, "PROVEN" | "VIOLATED" | "INCONCLUSIVE">;
  /** Upper bound when proven or open, lower bound when violated: the figure that decided. */
  readonly bound: number;
  readonly upperBound: number;
  readonly lowerBound: number;
  readonly designEffect: number;
  readonly nEff: number;
  /** Observed share, missing samples left out. NaN when there are none. */
  readonly badRatio: number;
}

/** PROVEN: upper bound ≤ limit. VIOLATED: lower bound > limit. Everything between is INCONCLUSIVE. */
export function judgeBadRatio(input: BadRatioInput): BadRatioJudgement {
  const { n, bad, badRatioMax, missing = 0, confidence = CONFIDENCE } = input;
  const badMax = worstCase(input);
  const effect = input.groups === undefined ? 1 : designEffect(input.groups);
  const expected = n + missing;
  const upperBound = badRatioUpperBound(expected / effect, badMax / effect, confidence);
  const lowerBound = badRatioLowerBound(expected / effect, bad / effect, confidence);
  const status =
    n > 0 && upperBound <= badRatioMax
      ? "PROVEN"
      : lowerBound > badRatioMax
        ? "VIOLATED"
        : "INCONCLUSIVE";
  return {
    status,
    bound: status === "VIOLATED" ? lowerBound : upperBound,
    upperBound,
    lowerBound,
    designEffect: effect,
    nEff: expected / effect,
    badRatio: bad / n,
  };
}

/** Bad as far as the proof is concerned: certainly bad, doubtful and missing ones. */
export function worstCase({ bad, doubtful = 0, missing = 0 }: BadRatioInput): number {
  return bad + doubtful + missing;
}
