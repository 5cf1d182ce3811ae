/** Bounds of an observed quantile, to be shown beside it. The verdict itself counts what exceeds the threshold. */
import type { Verdict } from "../../../core/contracts/slo.ts";
import type { HistogramSum } from "../../../core/histogram.ts";
import { quantileInterval, quantileRanks } from "../../maths/quantile-bound.ts";

type Interval = NonNullable<Verdict["interval"]>;

const METHOD = "order statistics, one-sided 95 % on each side";

/** Stands for a sample that never ended: it is larger than any that did, and no bound. */
const NEVER = Number.MAX_VALUE;

/**
 * @param values - of the samples that ended, in any order
 * @param neverCount - samples that did not end, or are missing
 */
export function valuesInterval(
  values: readonly number[],
  neverCount: number,
  quantile: number,
  nEff: number,
): Interval | undefined {
  const never = new Array<number>(neverCount).fill(NEVER);
  const sorted = [...values].sort((a, b) => a - b).concat(never);
  if (sorted.length === 0) return undefined;
  const { lower, upper } = quantileInterval(
    sorted,
    quantile,
    undefined,
    Math.min(nEff, sorted.length),
  );
  return intervalOf(lower, upper);
}

/** @param n - samples offered, those without a latency among them: they stand last */
export function histogramInterval(
  histogram: HistogramSum,
  n: number,
  quantile: number,
  nEff: number,
): Interval | undefined {
  const nWhole = Math.floor(Math.min(nEff, n));
  if (n === 0 || nWhole === 0) return undefined;
  const ranks = quantileRanks(nWhole, quantile);
  const at = (rank: number | undefined, round: (value: number) => number): number => {
    if (rank === undefined) return Infinity;
    const percentile = (round((rank * n) / nWhole) * 100) / histogram.totalCount;
    return percentile > 100 ? Infinity : histogram.percentileMs(percentile);
  };
  return intervalOf(at(ranks.lower, Math.floor), at(ranks.upper, Math.ceil));
}

function intervalOf(lower: number, upper: number): Interval | undefined {
  const isBound = (value: number): boolean => Number.isFinite(value) && value !== NEVER;
  if (!isBound(lower) && !isBound(upper)) return undefined;
  return {
    method: METHOD,
    ...(isBound(lower) ? { lower } : {}),
    ...(isBound(upper) ? { upper } : {}),
  };
}
