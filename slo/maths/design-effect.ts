/**
 * How much less a series of dependent samples tells than as many independent ones.
 * Bad samples come in bursts, so the bare count would prove far too much.
 */
import { varianceOfSum } from "./initial-sequence.ts";

/** Samples taken together (one canary, one second of load), in time order. */
export interface SampleGroup {
  readonly n: number;
  readonly bad: number;
}

/**
 * DEFF = 1 + 2Σρ_k of the 0/1 series "this sample was bad", summed over Geyer's initial positive sequence.
 * With groups larger than one the same sum runs over their residuals, so that clustering inside a group counts too.
 * Never below 1: samples that avoid each other earn no credit. 1 when none or all are bad (nothing varies).
 */
export function designEffect(groups: readonly SampleGroup[]): number {
  let n = 0;
  let bad = 0;
  for (const group of groups) {
    n += group.n;
    bad += group.bad;
  }
  if (bad === 0 || bad >= n) return 1;
  const share = bad / n;
  const residuals = groups.map((group) => group.bad - share * group.n);
  return Math.max(1, varianceOfSum(residuals, "positive") / (n * share * (1 - share)));
}

/** A 0/1 series as groups of one. */
export function groupsOf(indicator: Iterable<boolean>): readonly SampleGroup[] {
  return Array.from(indicator, (isBad) => ({ n: 1, bad: isBad ? 1 : 0 }));
}
