/** Runs of the very same thing (A/A): their noise, what the gate says about them, and what it would say. */
import type {
  AlarmShare,
  Calibration,
  MetricAlarms,
  MetricNoise,
  ObservedAlarms,
  SimulatedGate,
} from "../../core/contracts/calibration.ts";
import { pairShareBounds } from "../maths/pair-share.ts";
import { compareTwoRuns, type CompareOptions } from "./compare.ts";
import { CONFIDENCE_RATIO, INTERVAL_RATIO } from "./decide.ts";
import { scaled } from "./metric.ts";
import { deviationOf, medianOf } from "./pairs.ts";
import { pairCountNeeded } from "./power.ts";
import { simulateGate } from "./simulate.ts";
import type { RunMetrics } from "./run-metrics.ts";
import type { Noise, RandomOf, SpreadRun } from "./two-runs.ts";

export interface CalibrateOptions extends CompareOptions {
  readonly randomOf: RandomOf;
  readonly trialCount: number;
  readonly source: Calibration["source"];
}

/** With two runs the noise itself would be a single throw. */
export const CALIBRATION_RUN_COUNT_MIN = 3;

const PAIR_COUNTS = [6, 10, 16];
const SLOWDOWN_RATIOS = [0.05, 0.1, 0.2];

export function calibrate(runs: readonly SpreadRun[], options: CalibrateOptions): Calibration {
  const noise = noiseOf(runs, options);
  const ownNoise = observedAtOwnNoise(runs, options);
  return {
    schema: "lakeproof.calibration/1",
    source: options.source,
    runs: runs.map(({ runId, startedAtEpochMs }) => ({ runId, startedAtEpochMs })),
    effectRatioMin: options.effectRatioMin,
    noiseRatioAssumed: options.noiseRatio,
    seed: options.seed,
    deviations: options.deviations,
    noise,
    observed: observedAlarms(runs, () => options),
    ...(ownNoise === undefined ? {} : { observedAtOwnNoise: ownNoise }),
    simulated: simulateAt(medianOf(noise.map((one) => one.noiseRatio)), noise.length, options),
  };
}

/** By metric, for a comparison with one more run of their kind. */
export function measuredNoise(
  runs: readonly RunMetrics[],
  options: Pick<CompareOptions, "effectRatioMin">,
): ReadonlyMap<string, Noise> {
  return new Map(
    noiseOf(runs, options).map(({ id, noiseRatio, runCount }) => [
      id,
      { ratio: noiseRatio, runCount },
    ]),
  );
}

/** Nobody judges two runs by a noise that they are part of: it is that of the others. */
function observedAtOwnNoise(
  runs: readonly SpreadRun[],
  options: CompareOptions,
): ObservedAlarms | undefined {
  if (runs.length < CALIBRATION_RUN_COUNT_MIN + 2) return undefined;
  return observedAlarms(runs, (base, head) => {
    const others = runs.filter((run) => run !== base && run !== head);
    return { ...options, noiseMeasured: measuredNoise(others, options) };
  });
}

function noiseOf(
  runs: readonly RunMetrics[],
  options: Pick<CompareOptions, "effectRatioMin">,
): readonly MetricNoise[] {
  const known = new Map(runs.flatMap((run) => run.metrics.map((metric) => [metric.id, metric])));
  return [...known.values()].flatMap(({ id, title, unit }) => {
    const values = runs.flatMap((run) =>
      run.metrics.filter((metric) => metric.id === id).map((metric) => metric.value),
    );
    if (values.length < CALIBRATION_RUN_COUNT_MIN) return [];
    const deviation = deviationOf(values.map((value) => Math.log(scaled(value, unit))));
    return {
      id,
      title,
      runCount: values.length,
      median: { value: medianOf(values), unit },
      noiseRatio: Math.expm1(deviation),
      pairCountNeeded: pairCountNeeded(Math.SQRT2 * deviation, options.effectRatioMin, known.size),
    };
  });
}

/** The other direction of a comparison mirrors it: what is IMPROVED there is REGRESSED here. */
function observedAlarms(
  runs: readonly SpreadRun[],
  optionsOf: (base: SpreadRun, head: SpreadRun) => CompareOptions,
): ObservedAlarms {
  const calledById = new Map<string, number>();
  let falseAlarmCount = 0;
  let metricVerdictCount = 0;
  for (const [index, base] of runs.entries()) {
    for (const head of runs.slice(index + 1)) {
      const { metrics } = compareTwoRuns(base, head, optionsOf(base, head));
      for (const status of ["REGRESSED", "IMPROVED"] as const) {
        const called = metrics.filter((metric) => metric.status === status);
        for (const { id } of called) calledById.set(id, (calledById.get(id) ?? 0) + 1);
        falseAlarmCount += called.length > 0 ? 1 : 0;
        metricVerdictCount += metrics.length;
      }
    }
  }
  return {
    ...alarmShare(falseAlarmCount, runs.length),
    metricVerdictCount,
    regressedMetricCount: [...calledById.values()].reduce((sum, count) => sum + count, 0),
    metrics: metricAlarms(runs, calledById),
  };
}

function metricAlarms(
  runs: readonly SpreadRun[],
  calledById: ReadonlyMap<string, number>,
): readonly MetricAlarms[] {
  const titles = new Map(runs.flatMap((run) => run.metrics.map(({ id, title }) => [id, title])));
  return [...titles].flatMap(([id, title]) => {
    const runCount = runs.filter((run) => run.metrics.some((metric) => metric.id === id)).length;
    if (runCount < 2) return [];
    return [{ id, title, runCount, ...alarmShare(calledById.get(id) ?? 0, runCount) }];
  });
}

/** Of all ordered pairs of so many runs. Both directions together are one symmetric judgement of a pair. */
function alarmShare(falseAlarmCount: number, runCount: number): AlarmShare {
  const comparisonCount = runCount * (runCount - 1);
  const falseAlarmRatio = falseAlarmCount / comparisonCount;
  const { lowerRatio, upperRatio } = pairShareBounds(falseAlarmRatio, runCount, CONFIDENCE_RATIO);
  return {
    comparisonCount,
    falseAlarmCount,
    falseAlarmRatio,
    falseAlarmRatioLower: lowerRatio,
    falseAlarmRatioUpper: upperRatio,
    confidenceRatio: INTERVAL_RATIO,
  };
}

/** Two runs, and pairs in growing number, at one noise. */
export function simulateAt(
  noiseRatio: number,
  metricCount: number,
  options: Pick<CalibrateOptions, "effectRatioMin" | "noiseRatio" | "randomOf" | "trialCount">,
): readonly SimulatedGate[] {
  const gate = {
    metricCount,
    noiseRatio,
    noiseRatioAssumed: options.noiseRatio,
    effectRatioMin: options.effectRatioMin,
    slowdownRatios: SLOWDOWN_RATIOS,
    trialCount: options.trialCount,
    randomOf: options.randomOf,
  };
  return [
    simulateGate({ ...gate, design: "two-runs", pairCount: 1 }),
    ...PAIR_COUNTS.map((pairCount) => simulateGate({ ...gate, design: "pairs", pairCount })),
  ];
}
