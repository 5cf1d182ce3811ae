/**
 * How a mean rate is spread over time: constant, in bursts, or like a day. Pure and without a seed, so that
 * a check can say how much load a stretch of a run was meant to have.
 */
import type { ArrivalSpacing, Arrivals, BurstArrivals, DiurnalArrivals } from "./contracts/plan.ts";

const SPACINGS: readonly string[] = ["uniform", "poisson"] satisfies readonly ArrivalSpacing[];
const PERIOD_MS_MIN = 100;
const PERIOD_MS_MAX = 7 * 86_400_000;

export interface ArrivalShape {
  /** Expected number of starts before `offsetMs`, counted from the start of the load. */
  expectedCount(offsetMs: number): number;
  /** The inverse: milliseconds (with fractions) after which `count` starts are expected. */
  offsetMs(count: number): number;
}

/** `ratePerS` is the mean. */
export function arrivalShape(arrivals: Arrivals, ratePerS: number): ArrivalShape {
  if (typeof arrivals === "string") {
    return {
      expectedCount: (offsetMs) => (offsetMs * ratePerS) / 1000,
      // Multiplied first: hours of an even schedule stay free of rounding drift.
      offsetMs: (count) => (count * 1000) / ratePerS,
    };
  }
  const { periodMs } = arrivals;
  const period = arrivals.kind === "burst" ? burstPeriod(arrivals) : diurnalPeriod(arrivals);
  const countPerPeriod = (ratePerS * periodMs) / 1000;
  return {
    expectedCount: (offsetMs) => {
      const whole = Math.floor(offsetMs / periodMs);
      return (whole + period.share(offsetMs / periodMs - whole)) * countPerPeriod;
    },
    offsetMs: (count) => {
      const whole = Math.floor(count / countPerPeriod);
      return (whole + period.time(count / countPerPeriod - whole)) * periodMs;
    },
  };
}

export function spacingOf(arrivals: Arrivals): ArrivalSpacing {
  return typeof arrivals === "string" ? arrivals : arrivals.spacing;
}

/** The rate that every second has; undefined where seconds differ, by chance or by shape. */
export function evenRatePerS(load: {
  readonly ratePerS: number;
  readonly arrivals?: Arrivals;
}): number | undefined {
  return load.arrivals === undefined || load.arrivals === "uniform" ? load.ratePerS : undefined;
}

/** Of a load that comes in waves; undefined for one without a peak. */
export function peakOf(
  arrivals: Arrivals,
): { readonly periodMs: number; readonly peakRatio: number } | undefined {
  return typeof arrivals === "string" ? undefined : arrivals;
}

/** What is wrong with a declared shape, one sentence each; none when it can be scheduled. */
export function arrivalProblems(arrivals: Arrivals, field: string): readonly string[] {
  const spacing = spacingOf(arrivals);
  const unknown = SPACINGS.includes(spacing)
    ? []
    : [`${field} is spaced ${JSON.stringify(spacing)}: allowed are uniform and poisson.`];
  if (typeof arrivals === "string") return unknown;
  const { kind, periodMs, peakRatio } = arrivals;
  const burst = kind === "burst" ? arrivals : undefined;
  const peakRatioMax = burst === undefined ? 2 : periodMs / burst.burstMs;
  const limits: readonly [string, number, boolean, string][] = [
    [
      "periodMs",
      periodMs,
      periodMs >= PERIOD_MS_MIN && periodMs <= PERIOD_MS_MAX,
      `${String(PERIOD_MS_MIN)} to ${String(PERIOD_MS_MAX)}`,
    ],
    [
      "peakRatio",
      peakRatio,
      peakRatio > 1 && peakRatio <= peakRatioMax,
      `above 1 to ${String(peakRatioMax)}, or the mean cannot be kept`,
    ],
    ...(burst === undefined ? [] : [burstLimit(burst)]),
  ];
  return [
    ...unknown,
    ...limits
      .filter(([, , allowed]) => !allowed)
      .map(
        ([name, value, , range]) => `${field}.${name} is ${String(value)}: allowed are ${range}.`,
      ),
  ];
}

function burstLimit({ burstMs, periodMs }: BurstArrivals): [string, number, boolean, string] {
  const range = `above 0 to below ${String(periodMs)}`;
  return ["burstMs", burstMs, burstMs > 0 && burstMs < periodMs, range];
}

/** One period of length 1 with one expected start in all. */
interface Period {
  /** Share of the starts before `time`. Monotone, 0 at 0 and 1 at 1. */
  share(time: number): number;
  /** The inverse. */
  time(share: number): number;
}

function burstPeriod({ burstMs, periodMs, peakRatio }: BurstArrivals): Period {
  const quietTime = 1 - burstMs / periodMs;
  // Rounding must not make a silent pause negative.
  const quietShare = Math.max(0, 1 - (peakRatio * burstMs) / periodMs);
  return {
    share: (time) =>
      time < quietTime
        ? (time / quietTime) * quietShare
        : quietShare + (time - quietTime) * peakRatio,
    time: (share) =>
      share < quietShare
        ? (share / quietShare) * quietTime
        : quietTime + (share - quietShare) / peakRatio,
  };
}

/** rate(t) = 1 - a cos(2πt), so share(t) = t - a sin(2πt) / 2π: Kepler's equation, solved by guarded Newton steps. */
function diurnalPeriod({ peakRatio }: DiurnalArrivals): Period {
  const swing = peakRatio - 1;
  const turn = 2 * Math.PI;
  const share = (time: number): number => time - (swing * Math.sin(turn * time)) / turn;
  return {
    share,
    time: (wanted) => {
      let low = 0;
      let high = 1;
      let time = wanted;
      while (high - low > Number.EPSILON) {
        const error = share(time) - wanted;
        if (error === 0) return time;
        if (error > 0) high = time;
        else low = time;
        const next = time - error / (1 - swing * Math.cos(turn * time));
        // In a silent trough the slope is 0 and a step may leave the bracket.
        const inside = next > low && next < high;
        const before = time;
        time = inside ? next : (low + high) / 2;
        if (Math.abs(time - before) < Number.EPSILON) return time;
      }
      return time;
    },
  };
}
