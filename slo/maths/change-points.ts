/**
 * Where in its history did a metric change for good? E-divisive: the split at which the two sides differ most in
 * energy distance, kept when shuffled histories hardly ever split as well, then the same within each side.
 */
import { requireFinite, requireOpenRatio, requireThat, requireWhole } from "./ranges.ts";

export interface ChangePointOptions {
  /** Uniform in [0, 1), from a seeded generator. */
  readonly random: () => number;
  /** A split counts when its p-value is at most this. Default 0.001. */
  readonly pValueMax?: number;
  /** Shuffled histories a split is compared with; its smallest p-value is 1/(this + 1). Default 999. */
  readonly permutationCount?: number;
  /** Fewest values on each side of a split, so that single spikes are none. Default 3. */
  readonly segmentLengthMin?: number;
  /** Changes of the segment mean by a smaller ratio are left out: 1.05 for 5 %. Default 1, all stay. */
  readonly effectRatioMin?: number;
}

export interface ChangePoint {
  /** Of the first value after the change. */
  readonly index: number;
  /** Energy statistic of the split, in the unit of the series. */
  readonly statistic: number;
  readonly pValue: number;
  /** Mean of the segment before, back to the change point before it. */
  readonly meanBefore: number;
  /** Mean of the segment after, up to the next change point. */
  readonly meanAfter: number;
}

interface Split {
  readonly from: number;
  readonly index: number;
  readonly to: number;
  readonly statistic: number;
}

/**
 * Change points of a series by E-divisive with a permutation test (exponent 1). Takes n² memory and, for each
 * change point, permutationCount · n² steps: meant for a window of some hundred runs.
 *
 * @param series - one value a run, in order of time, finite; shorter than two segments there is nothing to split
 * @returns in order of index, empty when nothing changed
 * @throws LakeproofError INTERNAL when a value is not finite, options are out of range, more than 1 000 values are given,
 *   or a ratio is asked of means that are not positive
 * Source: Matteson & James 2014, J. Amer. Statist. Assoc. 109(505); for performance histories Daly et al., ICPE 2020.
 */
export function changePoints(
  series: readonly number[],
  options: ChangePointOptions,
): readonly ChangePoint[] {
  const settings = { ...DEFAULTS, ...options };
  check(series, settings);
  const distances = distancesOf(series);
  const order = Int32Array.from(series, (_, index) => index);
  const found: (Split & { readonly pValue: number })[] = [];
  for (;;) {
    const bounds = [0, ...found.map((split) => split.index).sort((a, b) => a - b), series.length];
    const split = bestSplit(distances, order, bounds, settings.segmentLengthMin);
    if (split === undefined) break;
    const pValue = pValueOf(split, distances, bounds, settings);
    if (pValue === undefined) break;
    found.push({ ...split, pValue });
  }
  found.sort((a, b) => a.index - b.index);
  return withoutSmall(series, found, settings.effectRatioMin);
}

const DEFAULTS = {
  pValueMax: 0.001,
  permutationCount: 999,
  segmentLengthMin: 3,
  effectRatioMin: 1,
} as const satisfies Partial<ChangePointOptions>;

const SERIES_LENGTH_MAX = 1000;

type Settings = Required<ChangePointOptions>;

function check(series: readonly number[], settings: Settings): void {
  requireFinite("series", series);
  requireOpenRatio("pValueMax", settings.pValueMax);
  requireWhole("permutationCount", settings.permutationCount, 1);
  requireWhole("segmentLengthMin", settings.segmentLengthMin, 2);
  requireThat(
    series.length <= SERIES_LENGTH_MAX,
    `series holds ${String(series.length)} values.`,
    `Look at a window of at most ${String(SERIES_LENGTH_MAX)} runs.`,
  );
  requireThat(
    settings.effectRatioMin >= 1 && Number.isFinite(settings.effectRatioMin),
    `effectRatioMin is ${String(settings.effectRatioMin)}.`,
    "Give the smallest change as a ratio of at least 1: 1.05 for 5 %.",
  );
  requireThat(
    1 / (settings.permutationCount + 1) <= settings.pValueMax,
    `${String(settings.permutationCount)} permutations cannot give a p-value of ${String(settings.pValueMax)}.`,
    "Take at least 1/pValueMax − 1 permutations.",
  );
}

/** Absolute differences, row by row: of all the permutations only the order changes, never these. */
function distancesOf(series: readonly number[]): Float64Array {
  const n = series.length;
  const distances = new Float64Array(n * n);
  for (const [row, a] of series.entries()) {
    for (const [column, b] of series.entries()) distances[row * n + column] = Math.abs(a - b);
  }
  return distances;
}

function bestSplit(
  distances: Float64Array,
  order: Int32Array,
  bounds: readonly number[],
  lengthMin: number,
): Split | undefined {
  let best: Split | undefined;
  for (const [place, from] of bounds.entries()) {
    const to = bounds[place + 1];
    if (to === undefined) break;
    const split = bestWithin(distances, order, from, to, lengthMin);
    if (split !== undefined && (best === undefined || split.statistic > best.statistic)) {
      best = split;
    }
  }
  return best;
}

/**
 * The best split of one segment. Moving one value from right to left changes only its own distances, so the sums
 * within and between the sides are carried along: n² steps for all splits together.
 */
function bestWithin(
  distances: Float64Array,
  order: Int32Array,
  from: number,
  to: number,
  lengthMin: number,
): Split | undefined {
  const n = order.length;
  const distance = (a: number, b: number): number =>
    distances[(order[a] ?? 0) * n + (order[b] ?? 0)] ?? 0;
  if (to - from < 2 * lengthMin) return undefined;
  let left = 0;
  let between = 0;
  let right = 0;
  for (let a = from; a < to; a += 1) for (let b = a + 1; b < to; b += 1) right += distance(a, b);
  let best: Split | undefined;
  for (let index = from + 1; index <= to - lengthMin; index += 1) {
    const moved = index - 1;
    let toLeft = 0;
    let toRight = 0;
    for (let other = from; other < moved; other += 1) toLeft += distance(moved, other);
    for (let other = index; other < to; other += 1) toRight += distance(moved, other);
    left += toLeft;
    right -= toRight;
    between += toRight - toLeft;
    if (index - from < lengthMin) continue;
    const statistic = energyOf({ left, between, right }, index - from, to - index);
    if (best === undefined || statistic > best.statistic) best = { from, index, to, statistic };
  }
  return best;
}

/** mn/(m+n) · (2·mean distance between − mean distance within left − mean distance within right). */
function energyOf(
  sums: { readonly left: number; readonly between: number; readonly right: number },
  m: number,
  n: number,
): number {
  const between = (2 * sums.between) / (m * n);
  const left = (2 * sums.left) / (m * (m - 1));
  const right = (2 * sums.right) / (n * (n - 1));
  return ((m * n) / (m + n)) * (between - left - right);
}

/**
 * Shuffles within the segments found so far and splits again. undefined as soon as it is certain that the p-value
 * stays above the limit; what is returned has seen all its permutations.
 */
function pValueOf(
  split: Split,
  distances: Float64Array,
  bounds: readonly number[],
  settings: Settings,
): number | undefined {
  const { permutationCount, pValueMax, random, segmentLengthMin } = settings;
  const order = Int32Array.from({ length: bounds.at(-1) ?? 0 }, (_, index) => index);
  // Sums in another order differ in their last digits; that must not break a tie in the split's favour.
  const reached = split.statistic * (1 - 1e-9);
  if (reached <= 0) return undefined;
  let asGood = 0;
  for (let round = 0; round < permutationCount; round += 1) {
    shuffleWithin(order, bounds, random);
    const shuffled = bestSplit(distances, order, bounds, segmentLengthMin);
    if (shuffled !== undefined && shuffled.statistic >= reached) asGood += 1;
    if ((asGood + 1) / (permutationCount + 1) > pValueMax) return undefined;
  }
  return (asGood + 1) / (permutationCount + 1);
}

function shuffleWithin(order: Int32Array, bounds: readonly number[], random: () => number): void {
  for (const [place, from] of bounds.entries()) {
    const to = bounds[place + 1] ?? from;
    for (let last = to - 1; last > from; last -= 1) {
      const other = from + Math.floor(random() * (last - from + 1));
      const kept = order[last] ?? 0;
      order[last] = order[other] ?? 0;
      order[other] = kept;
    }
  }
}

/** Takes away the smallest change until all are large enough; its neighbours' segments grow together. */
function withoutSmall(
  series: readonly number[],
  splits: readonly (Split & { readonly pValue: number })[],
  effectRatioMin: number,
): readonly ChangePoint[] {
  const points = splits.map(({ index, statistic, pValue }, place) => ({
    index,
    statistic,
    pValue,
    meanBefore: meanOf(series.slice(splits[place - 1]?.index ?? 0, index)),
    meanAfter: meanOf(series.slice(index, splits[place + 1]?.index ?? series.length)),
  }));
  if (effectRatioMin === 1 || points.length === 0) return points;
  const effects = points.map(effectOf);
  const least = Math.min(...effects);
  if (least >= Math.log(effectRatioMin)) return points;
  const smallest = effects.indexOf(least);
  return withoutSmall(
    series,
    splits.filter((_, place) => place !== smallest),
    effectRatioMin,
  );
}

function effectOf({ index, meanBefore, meanAfter }: ChangePoint): number {
  requireThat(
    meanBefore > 0 && meanAfter > 0,
    `The means about index ${String(index)} are ${String(meanBefore)} and ${String(meanAfter)}.`,
    "Ask for a ratio only of a metric that is always positive.",
  );
  return Math.abs(Math.log(meanAfter / meanBefore));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
