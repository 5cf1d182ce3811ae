/**
 * Intervals for any statistic by drawing again from what was measured. Seeded: the same draws give the same interval.
 * For series in which neighbours resemble each other whole stretches are drawn, so that their resemblance is kept.
 */
import normalCdf from "@stdlib/stats-base-dists-normal-cdf";
import normalQuantile from "@stdlib/stats-base-dists-normal-quantile";
import { CONFIDENCE } from "./clopper-pearson.ts";
import { requireFinite, requireOpenRatio, requireThat, requireWhole } from "./ranges.ts";

/** Must not keep or change the array: it is filled anew for every draw. */
export type Statistic = (values: readonly number[]) => number;

export interface BootstrapOptions {
  /** Uniform in [0, 1), from a seeded generator. */
  readonly random: () => number;
  /** Draws; 1 000 is the least for a 95 % interval. Default 2 000. */
  readonly resampleCount?: number;
  /** Two-sided, strictly between 0 and 1. Default 0.95. */
  readonly confidence?: number;
  /** BCa corrects the percentile interval for bias and skew. Default "bca". */
  readonly method?: "percentile" | "bca";
  /** Values drawn together. Default 1, for independent values; `blockLengthOf` chooses for a series. */
  readonly blockLength?: number;
}

export interface BootstrapInterval {
  /** The statistic of the values themselves. */
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
  readonly confidence: number;
  readonly method: "percentile" | "bca";
  readonly resampleCount: number;
  readonly blockLength: number;
}

/** Leaving each value out in turn would take n² steps; groups of them give the same skew with more noise. */
const JACKKNIFE_GROUP_COUNT_MAX = 500;

/**
 * Two-sided bootstrap interval. With `blockLength` above 1 the moving-block bootstrap (overlapping blocks, the last one
 * cut to length). Where every draw gives the same statistic, lower = upper = that value.
 *
 * @param values - at least two, finite, in time order when they are drawn in blocks
 * @param statistic - finite for every sample drawn from the values
 * @throws LakeproofError INTERNAL for fewer than two values, options out of range or a statistic that is not finite
 * Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 13–14; Künsch 1989, Ann. Statist. 17(3).
 */
export function bootstrapInterval(
  values: readonly number[],
  statistic: Statistic,
  options: BootstrapOptions,
): BootstrapInterval {
  const { random, resampleCount = 2000, method = "bca", blockLength = 1 } = options;
  const { confidence = CONFIDENCE } = options;
  requireFinite("values", values, 2);
  requireWhole("resampleCount", resampleCount, 1);
  requireOpenRatio("confidence", confidence);
  requireWhole("blockLength", blockLength, 1);
  requireThat(
    blockLength < values.length,
    `blockLength is ${String(blockLength)} for ${String(values.length)} values.`,
    "Draw blocks that are shorter than the series.",
  );
  const estimate = finite(statistic(values));
  const draws = new Float64Array(resampleCount);
  const sample = new Array<number>(values.length).fill(0);
  for (let draw = 0; draw < resampleCount; draw += 1) {
    fillWithBlocks(sample, values, blockLength, random);
    draws[draw] = finite(statistic(sample));
  }
  draws.sort();
  const tail = (1 - confidence) / 2;
  const level =
    method === "bca" ? correction(draws, estimate, values, statistic, blockLength) : asItIs;
  return {
    estimate,
    lower: quantileOf(draws, level(tail)),
    upper: quantileOf(draws, level(1 - tail)),
    confidence,
    method,
    resampleCount,
    blockLength,
  };
}

const asItIs = (level: number): number => level;

function finite(value: number): number {
  requireThat(
    Number.isFinite(value),
    `The statistic is ${String(value)}.`,
    "Use a statistic that every sample drawn from the values has.",
  );
  return value;
}

function fillWithBlocks(
  sample: number[],
  values: readonly number[],
  blockLength: number,
  random: () => number,
): void {
  const startCount = values.length - blockLength + 1;
  for (let filled = 0; filled < sample.length; filled += blockLength) {
    const start = Math.floor(random() * startCount);
    const end = Math.min(filled + blockLength, sample.length);
    for (let index = filled; index < end; index += 1) {
      sample[index] = values[start + index - filled] ?? 0;
    }
  }
}

/** Position (B+1)·level among the sorted draws, between two of them by straight line. */
function quantileOf(sorted: Float64Array, level: number): number {
  const position = Math.min(sorted.length, Math.max(1, (sorted.length + 1) * level));
  const below = Math.floor(position);
  const low = sorted[below - 1] ?? 0;
  const high = sorted[Math.min(below, sorted.length - 1)] ?? low;
  return low + (high - low) * (position - below);
}

/** The level to read instead of the nominal one: bias z0 from the draws, acceleration from the jackknife. */
function correction(
  draws: Float64Array,
  estimate: number,
  values: readonly number[],
  statistic: Statistic,
  blockLength: number,
): (level: number) => number {
  // A draw of the same values in another order is the estimate but for its last digits: half below, half above.
  const same = 1e-9 * ((draws.at(-1) ?? 0) - (draws[0] ?? 0));
  let below = 0;
  for (const draw of draws) {
    below += Math.abs(draw - estimate) <= same ? 0.5 : draw < estimate ? 1 : 0;
  }
  // A statistic at the very edge of its draws (a maximum) has no finite bias; half a draw stands for none.
  const share = Math.min(
    1 - 0.5 / draws.length,
    Math.max(0.5 / draws.length, below / draws.length),
  );
  const bias = normalQuantile(share, 0, 1);
  const acceleration = accelerationOf(values, statistic, blockLength);
  return (level) => {
    const shifted = bias + normalQuantile(level, 0, 1);
    const stretch = 1 - acceleration * shifted;
    // Beyond this pole the correction folds back on itself: the end of the draws is all there is.
    if (stretch <= 0) return shifted > 0 ? 1 : 0;
    return normalCdf(bias + shifted / stretch, 0, 1);
  };
}

/** Σd³ / (6·(Σd²)^1.5) over the statistic with one group of neighbours left out at a time. */
function accelerationOf(
  values: readonly number[],
  statistic: Statistic,
  blockLength: number,
): number {
  const groupLength = Math.max(blockLength, Math.ceil(values.length / JACKKNIFE_GROUP_COUNT_MAX));
  const left: number[] = [];
  for (let from = 0; from < values.length; from += groupLength) {
    const rest = [...values.slice(0, from), ...values.slice(from + groupLength)];
    left.push(finite(statistic(rest)));
  }
  const mean = left.reduce((sum, value) => sum + value, 0) / left.length;
  let squares = 0;
  let cubes = 0;
  for (const value of left) {
    squares += (mean - value) ** 2;
    cubes += (mean - value) ** 3;
  }
  return squares === 0 ? 0 : cubes / (6 * squares ** 1.5);
}
