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

/** Real runs of the same thing against each other, each two of them in both directions. */
export interface ObservedAlarms {
  readonly comparisonCount: number;
  /** Comparisons with at least one REGRESSED metric: all of them false. */
  readonly falseAlarmCount: number;
  readonly metricVerdictCount: number;
  readonly regressedMetricCount: number;
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
  readonly runs: readonly ComparedRun[];
  readonly effectRatioMin: number;
  /** What comparisons of two runs assume. */
  readonly noiseRatioAssumed: number;
  readonly seed: string;
  readonly deviations: readonly string[];
  readonly noise: readonly MetricNoise[];
  readonly observed: ObservedAlarms;
  readonly simulated: readonly SimulatedGate[];
}
