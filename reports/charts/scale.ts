/** From values to places: linear, logarithmic and time axes with round ticks. */

export interface Scale {
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly number[];
  /** 0 at `min`, 1 at `max`; values outside are clamped. */
  position(value: number): number;
}

const clamp = (share: number): number => Math.min(1, Math.max(0, share));

/** Starts at zero (or below, for negative values) and ends at a round number at or above the largest value. */
export function linearScale(values: Iterable<number>, tickCountAim = 4): Scale {
  let low = 0;
  let high = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (high === low) high = low + 1;
  const step = roundStep((high - low) / tickCountAim);
  const min = Math.floor(low / step) * step;
  const max = Math.ceil(high / step) * step;
  const ticks: number[] = [];
  for (let index = 0; min + index * step <= max + step / 1e6; index += 1) {
    ticks.push(Number((min + index * step).toPrecision(12)));
  }
  return { min, max, ticks, position: (value) => clamp((value - min) / (max - min)) };
}

function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const share = rough / power;
  if (share <= 1) return power;
  if (share <= 2) return 2 * power;
  if (share <= 2.5) return 2.5 * power;
  return share <= 5 ? 5 * power : 10 * power;
}

const MARKS: readonly number[] = [1, 2, 5]
  .flatMap((factor) => Array.from({ length: 25 }, (_, index) => factor * 10 ** (index - 9)))
  .sort((one, other) => one - other);

/** Whole decades, with 2 and 5 between where there are few. Values at or below zero are left out. */
export function logScale(values: Iterable<number>): Scale {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!Number.isFinite(value) || value <= 0) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) [low, high] = [1, 10];
  const min = MARKS.findLast((mark) => mark <= low) ?? low;
  const found = MARKS.find((mark) => mark >= high) ?? high;
  return logScaleBetween(min, found > min ? found : min * 10);
}

/** Exactly from `min` to `max`, both above zero, whatever the ticks. */
export function logScaleBetween(min: number, max: number): Scale {
  const inside = MARKS.filter((mark) => mark >= min && mark <= max);
  const decades = inside.filter((mark) =>
    Number.isInteger(Math.round(Math.log10(mark) * 1e6) / 1e6),
  );
  const ticks = inside.length <= 5 ? inside : decades.length >= 2 ? decades : [min, max];
  const span = Math.log10(max) - Math.log10(min);
  return {
    min,
    max,
    ticks,
    position: (value) => (value <= 0 ? 0 : clamp((Math.log10(value) - Math.log10(min)) / span)),
  };
}

const TIME_STEPS_S = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200,
];

/** Round times inside [fromMs, toMs], at most `countMax` of them. */
export function timeTicks(fromMs: number, toMs: number, countMax: number): readonly number[] {
  const spanS = (toMs - fromMs) / 1000;
  if (!(spanS > 0)) return [];
  const stepS =
    TIME_STEPS_S.find((step) => spanS / step <= countMax) ?? Math.ceil(spanS / countMax);
  const stepMs = stepS * 1000;
  const ticks: number[] = [];
  for (let at = Math.ceil(fromMs / stepMs) * stepMs; at <= toMs; at += stepMs) ticks.push(at);
  return ticks;
}
