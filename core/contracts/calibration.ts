/** The gate against itself: what it would say about runs between which nothing changed. */
import type { ComparedRun } from "./comparison.ts";
import type { Quantity } from "./values.ts";

/** How much one metric differs between runs of the very same thing. */
export interface MetricNoise {
  readonly id: string;
  readonly title: string;
  readonly runCount: number;
  readonly median: Quantity;
  /** Standard deviation of one run, relative. */
  readonly noiseRatio: number;
  /** Pairs of runs to see the minimum effect through it. */
  readonly pairCountNeeded: number;
}

/** How often something was called REGRESSED between runs of the same thing: every time by mistake. */
export interface AlarmShare {
  /** Each two runs, in both directions. */
  readonly comparisonCount: number;
  readonly falseAlarmCount: number;
  readonly falseAlarmRatio: number;
  /** Interval of the true share. It counts disjoint pairs of runs only: one run is in many comparisons. */
  readonly falseAlarmRatioLower: number;
  readonly falseAlarmRatioUpper: number;
  /** Of the interval, both sides together. */
  readonly confidenceRatio: number;
}

/** Comparisons in which this very metric was called. */
export interface MetricAlarms extends AlarmShare {
  readonly id: string;
  readonly title: string;
  readonly runCount: number;
}

/**
 * Real runs of the same thing against each other, each two of them in both directions. A comparison is a false alarm
 * when at least one of its metrics was called.
 */
export interface ObservedAlarms extends AlarmShare {
  readonly metricVerdictCount: number;
  readonly regressedMetricCount: number;
  /** Those that two runs or more have measured. */
  readonly metrics: readonly MetricAlarms[];
}

export interface SimulatedGate {
  readonly design: "two-runs" | "pairs";
  readonly pairCount: number;
  readonly metricCount: number;
  /** True noise of the simulated runs. */
  readonly noiseRatio: number;
  readonly trialCount: number;
  /** Comparisons without any change in which at least one metric was called REGRESSED. */
  readonly falseAlarmRatio: number;
  /** Metrics without any change that were shown EQUIVALENT. */
  readonly equivalentRatio: number;
  /** One metric made worse by so much: how often it was not called REGRESSED. */
  readonly misses: readonly { readonly slowdownRatio: number; readonly missRatio: number }[];
}

export interface Calibration {
  readonly schema: "lakeproof.calibration/1";
  /** history: entries keep no windows, so that each figure counts as exact and only the assumed noise is allowed for. */
  readonly source: "journals" | "history";
  readonly runs: readonly ComparedRun[];
  readonly effectRatioMin: number;
  /** What comparisons of two runs assume. */
  readonly noiseRatioAssumed: number;
  readonly seed: string;
  readonly deviations: readonly string[];
  readonly noise: readonly MetricNoise[];
  readonly observed: ObservedAlarms;
  /** The same comparisons with each metric's noise as the other runs show it. Absent: fewer than three others. */
  readonly observedAtOwnNoise?: ObservedAlarms;
  readonly simulated: readonly SimulatedGate[];
}
