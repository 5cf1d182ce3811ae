/**
 * Exact tests for paired runs: is the candidate's difference to its base, pair by pair, more than chance?
 * The run is the unit, never the request. No distribution of the noise is assumed.
 */
import normalCdf from "@stdlib/stats-base-dists-normal-cdf";
import normalQuantile from "@stdlib/stats-base-dists-normal-quantile";
import { binomialAtMost } from "./binomial.ts";
import { requireFinite, requireOpenRatio, requireThat } from "./ranges.ts";

/** What is to be shown of the differences: that they lie above zero, below zero, or off it on either side. */
export type Alternative = "greater" | "less" | "two-sided";

export interface PairedTest {
  /** Pairs that differ; pairs without a difference say nothing and are left out. */
  readonly n: number;
  /** Sign test: positive differences. Wilcoxon: sum of the ranks of the positive differences. */
  readonly statistic: number;
  readonly pValue: number;
  /** Smallest p-value that so many pairs can give at all: above the limit, no outcome would have counted. */
  readonly pValueMin: number;
  readonly method: "exact" | "normal approximation";
}

/** Beyond this many pairs the exact distribution takes seconds and the normal one is right to three digits. */
const EXACT_PAIR_COUNT_MAX = 300;

/**
 * Sign test: the count of positive differences against a fair coin. Exact for every n.
 *
 * @param differences - one a pair (a log-ratio, or candidate − base), any unit, finite
 * @returns p-value of "the median difference is zero" against the alternative; 1 when no pair differs
 * @throws LakeproofError INTERNAL when a difference is not finite
 * Source: Conover, Practical Nonparametric Statistics, 3rd ed., §3.4.
 */
export function signTest(
  differences: readonly number[],
  alternative: Alternative = "two-sided",
): PairedTest {
  requireFinite("differences", differences);
  const n = differences.filter((difference) => difference !== 0).length;
  const positive = differences.filter((difference) => difference > 0).length;
  const atMost = (heads: number): number => binomialAtMost(heads, n, 0.5);
  const pValue = sided(alternative, atMost(n - positive), atMost(positive));
  return { n, statistic: positive, pValue, pValueMin: rarest(n, alternative), method: "exact" };
}

/**
 * Wilcoxon signed-rank test: like the sign test, but large differences weigh more. Supposes that the differences
 * lie symmetrically about their median. Zero differences are left out before ranking (Wilcoxon's own rule); equal
 * magnitudes share their mean rank and the distribution is exact for those ranks. Above 300 pairs the normal
 * approximation with tie and continuity correction.
 *
 * @param differences - one a pair (a log-ratio, or candidate − base), any unit, finite
 * @returns p-value of "symmetric about zero" against the alternative; 1 when no pair differs
 * @throws LakeproofError INTERNAL when a difference is not finite
 * Source: Wilcoxon 1945, Biometrics Bulletin 1(6); exact null distribution with ties as in Conover §5.7.
 */
export function wilcoxonSignedRank(
  differences: readonly number[],
  alternative: Alternative = "two-sided",
): PairedTest {
  requireFinite("differences", differences);
  const signed = differences.filter((difference) => difference !== 0);
  const n = signed.length;
  const ranks = doubledRanks(signed.map(Math.abs));
  let doubled = 0;
  let doubledTotal = 0;
  for (const [index, rank] of ranks.entries()) {
    doubledTotal += rank;
    if ((signed[index] ?? 0) > 0) doubled += rank;
  }
  const isExact = n <= EXACT_PAIR_COUNT_MAX;
  const atMost = isExact ? exactAtMost(ranks, doubledTotal) : normalAtMost(ranks, doubledTotal);
  return {
    n,
    statistic: doubled / 2,
    // The null distribution is symmetric about half the total.
    pValue: sided(alternative, atMost(doubledTotal - doubled), atMost(doubled)),
    pValueMin: rarest(n, alternative),
    method: isExact ? "exact" : "normal approximation",
  };
}

/** Below six pairs no outcome of a two-sided test reaches 0.05. */
const PAIR_COUNT_MIN = 6;

export interface PairCountInput {
  /** Standard deviation of the log-ratios of single pairs, above 0: 0.05 is a noise of about 5 %. */
  readonly logRatioSd: number;
  /** The smallest change to be found, as a ratio other than 1: 1.05 for 5 %. */
  readonly effectRatio: number;
  /** Two-sided. Default 0.95. */
  readonly confidence?: number;
  /** Probability of finding a change of that size. Default 0.8. */
  readonly power?: number;
}

/**
 * Pairs needed to find a change of a given size: (z + z')²·sd² / ln(effectRatio)², at least six.
 *
 * @throws LakeproofError INTERNAL when an argument is out of range
 * Source: Chow, Shao & Wang 2008, Sample Size Calculations in Clinical Research, §3.1.
 */
export function pairCountNeeded(input: PairCountInput): number {
  const { logRatioSd, effectRatio, confidence = 0.95, power = 0.8 } = input;
  requireOpenRatio("confidence", confidence);
  requireOpenRatio("power", power);
  requireThat(
    logRatioSd > 0 && effectRatio > 0 && effectRatio !== 1 && Number.isFinite(effectRatio),
    `No number of pairs finds a ratio of ${String(effectRatio)} in a spread of ${String(logRatioSd)}.`,
    "Give a positive spread and a positive ratio other than 1.",
  );
  const reach = normalQuantile((1 + confidence) / 2, 0, 1) + normalQuantile(power, 0, 1);
  return Math.max(PAIR_COUNT_MIN, Math.ceil(((reach * logRatioSd) / Math.log(effectRatio)) ** 2));
}

function sided(alternative: Alternative, upperTail: number, lowerTail: number): number {
  if (alternative === "greater") return upperTail;
  if (alternative === "less") return lowerTail;
  return Math.min(1, 2 * Math.min(upperTail, lowerTail));
}

/** All n signs alike: one outcome of 2^n, or one of the two when either side counts. */
function rarest(n: number, alternative: Alternative): number {
  return Math.min(1, (alternative === "two-sided" ? 2 : 1) * 2 ** -n);
}

/** Twice the mid-ranks, in the order given, so that shared ranks stay whole numbers. */
function doubledRanks(magnitudes: readonly number[]): readonly number[] {
  const order = magnitudes.map((_, index) => index);
  order.sort((a, b) => (magnitudes[a] ?? 0) - (magnitudes[b] ?? 0));
  const ranks = new Array<number>(magnitudes.length).fill(0);
  let from = 0;
  while (from < order.length) {
    let to = from + 1;
    while (to < order.length && magnitudes[order[to] ?? 0] === magnitudes[order[from] ?? 0])
      to += 1;
    for (const index of order.slice(from, to)) ranks[index] = from + 1 + to;
    from = to;
  }
  return ranks;
}

/**
 * Each rank is in the sum or not, with probability one half: the distribution of the sum, rank by rank.
 * In probabilities and not in counts, which would overflow at 1024 pairs.
 */
function exactAtMost(ranks: readonly number[], total: number): (sum: number) => number {
  const probability = new Float64Array(total + 1);
  probability[0] = 1;
  let reached = 0;
  for (const rank of ranks) {
    reached += rank;
    for (let sum = reached; sum >= 0; sum -= 1) {
      const without = probability[sum] ?? 0;
      const withIt = sum < rank ? 0 : (probability[sum - rank] ?? 0);
      probability[sum] = (without + withIt) / 2;
    }
  }
  return (sum) => {
    let below = 0;
    for (let at = 0; at <= sum; at += 1) below += probability[at] ?? 0;
    return Math.min(1, below);
  };
}

function normalAtMost(ranks: readonly number[], total: number): (sum: number) => number {
  // A shared rank is already the mean of what it stands for, so Σ rank² holds the tie correction.
  let squares = 0;
  for (const rank of ranks) squares += rank * rank;
  const continuity = 1;
  return (sum) => normalCdf(sum + continuity, total / 2, Math.sqrt(squares) / 2);
}
