/** Many metrics watched at once: which of them may be called changed without most calls being false? */
import { requireOpenRatio, requireThat } from "./ranges.ts";

export interface Discovery {
  readonly pValue: number;
  /** Smallest false discovery rate at which this one would be among the discoveries ("adjusted p-value"). */
  readonly qValue: number;
  readonly isDiscovery: boolean;
}

/**
 * Benjamini–Hochberg step-up procedure: of the tests called discoveries, at most the given share is expected to be
 * false. Holds for independent p-values and for positively dependent ones, such as metrics of one run.
 *
 * @param pValues - one a test, each in [0, 1], in any order; may be empty
 * @param falseDiscoveryRate - strictly between 0 and 1, usually 0.05
 * @returns one row a p-value, in the order given
 * @throws LakeproofError INTERNAL when a p-value or the rate is out of range
 * Source: Benjamini & Hochberg 1995, J. R. Statist. Soc. B 57(1); Benjamini & Yekutieli 2001 for the dependence.
 */
export function benjaminiHochberg(
  pValues: readonly number[],
  falseDiscoveryRate: number,
): readonly Discovery[] {
  requireOpenRatio("falseDiscoveryRate", falseDiscoveryRate);
  for (const [index, pValue] of pValues.entries()) {
    requireThat(
      pValue >= 0 && pValue <= 1,
      `pValues[${String(index)}] is ${String(pValue)}.`,
      "Give p-values from 0 to 1, and leave out tests that gave none.",
    );
  }
  const largestFirst = pValues.map((_, index) => index);
  largestFirst.sort((a, b) => (pValues[b] ?? 0) - (pValues[a] ?? 0));
  const qValues = new Array<number>(pValues.length).fill(1);
  let least = 1;
  for (const [place, index] of largestFirst.entries()) {
    const rank = pValues.length - place;
    least = Math.min(least, ((pValues[index] ?? 1) * pValues.length) / rank);
    qValues[index] = least;
  }
  return pValues.map((pValue, index) => {
    const qValue = qValues[index] ?? 1;
    return { pValue, qValue, isDiscovery: qValue <= falseDiscoveryRate };
  });
}
