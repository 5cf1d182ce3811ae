/** What the regression gate is worth at some noise: false alarms and misses, by simulation with its own code. */
import type { HistoryEntry } from "../core/contracts/comparison.ts";
import type { SimulatedGate } from "../core/contracts/calibration.ts";
import { Random, subSeed } from "../generators/random.ts";
import { seriesHistory } from "../slo/regression/history.ts";
import { simulateAt } from "../slo/regression/calibrate.ts";
import { normalFrom, simulateGate } from "../slo/regression/simulate.ts";
import type { RandomOf } from "../slo/regression/two-runs.ts";
import type { Figure } from "./micro.ts";

const SEED = 1n;
const METRIC_COUNT = 20;
const TRIAL_COUNT = 1000;
const NOISE_RATIOS = [0.02, 0.05, 0.1];
const EFFECT_RATIO_MIN = 0.05;
const SERIES_COUNT = 100;
const NIGHT_COUNT = 40;

const randomOf: RandomOf = (label) => {
  const stream = new Random(subSeed(SEED, label));
  return () => stream.unit();
};

export function regressionFigures(): readonly Figure[] {
  return [
    ...NOISE_RATIOS.flatMap((noiseRatio) => {
      const limit = fixedLimit(noiseRatio);
      return simulateAt(noiseRatio, METRIC_COUNT, {
        effectRatioMin: EFFECT_RATIO_MIN,
        // As after a calibration: what is assumed is what is there.
        noiseRatio,
        trialCount: TRIAL_COUNT,
        randomOf,
      }).flatMap((gate) => gateFigures(gate, limit));
    }),
    // What naming the metrics that matter (--metrics) is worth: fewer pairs are enough.
    ...gateFigures(
      simulateGate({
        design: "pairs",
        pairCount: 6,
        metricCount: 3,
        noiseRatio: 0.02,
        noiseRatioAssumed: 0.02,
        effectRatioMin: EFFECT_RATIO_MIN,
        slowdownRatios: [0.1],
        trialCount: TRIAL_COUNT,
        randomOf,
      }),
      fixedLimit(0.02, 3),
    ),
    ...NOISE_RATIOS.map(historyFigure),
  ];
}

interface FixedLimit {
  readonly falseAlarmRatio: number;
  readonly missRatio: number;
}

/** The usual gate: anything past the limit against the run before is a regression. */
function fixedLimit(noiseRatio: number, metricCount = METRIC_COUNT): FixedLimit {
  const normal = normalFrom(randomOf(`fixed limit ${String(noiseRatio)}`));
  const isPast = (shift: number): boolean =>
    shift + Math.log1p(noiseRatio) * (normal() - normal()) >= Math.log1p(EFFECT_RATIO_MIN);
  let alarms = 0;
  let misses = 0;
  for (let trial = 0; trial < TRIAL_COUNT; trial += 1) {
    if (Array.from({ length: metricCount }, () => isPast(0)).includes(true)) alarms += 1;
    if (!isPast(Math.log1p(0.1))) misses += 1;
  }
  return { falseAlarmRatio: alarms / TRIAL_COUNT, missRatio: misses / TRIAL_COUNT };
}

function gateFigures(gate: SimulatedGate, limit: FixedLimit): readonly Figure[] {
  const design = gate.design === "pairs" ? `${String(gate.pairCount)} pairs` : "two runs";
  const name = `regression gate, ${design}, ${percent(gate.noiseRatio)} noise, ${String(gate.metricCount)} metrics`;
  const missRatio = gate.misses.find((one) => one.slowdownRatio === 0.1)?.missRatio ?? Number.NaN;
  const figure = (what: string, ratio: number, reference: number, aim: string): Figure => ({
    name: `${name}: ${what}`,
    value: percent(ratio),
    reference: `${percent(reference)} (a fixed limit of 5 % against the run before)`,
    ratio: reference === 0 ? "–" : (ratio / reference).toFixed(2),
    aim,
  });
  return [
    figure("false alarms", gate.falseAlarmRatio, limit.falseAlarmRatio, "≤ 5 %"),
    figure("one metric 10 % slower, missed", missRatio, limit.missRatio, "≤ 20 %"),
  ];
}

/** Nightly runs at one level, then 10 % slower: nights until it is seen, and nights that failed for nothing. */
function historyFigure(noiseRatio: number): Figure {
  const normal = normalFrom(randomOf(`history ${String(noiseRatio)}`));
  const delays: number[] = [];
  let falseCount = 0;
  for (let series = 0; series < SERIES_COUNT; series += 1) {
    const value = (slower: boolean): number =>
      (slower ? 110 : 100) * Math.exp(Math.log1p(noiseRatio) * normal());
    const values = Array.from({ length: NIGHT_COUNT }, () => value(false));
    if (fails(values)) falseCount += 1;
    let delay = 0;
    while (delay < 20 && (delay === 0 || !fails(values))) {
      delay += 1;
      values.push(value(true));
    }
    delays.push(delay);
  }
  delays.sort((a, b) => a - b);
  const median = delays[Math.floor(SERIES_COUNT / 2)] ?? Number.NaN;
  const slow = delays[Math.floor(SERIES_COUNT * 0.9)] ?? Number.NaN;
  return {
    name: `change points, ${percent(noiseRatio)} noise: nights until one metric 10 % slower is seen (median, 90 %)`,
    value: `${String(median)}, ${slow >= 20 ? "20 or more" : String(slow)}`,
    reference: `${percent(falseCount / SERIES_COUNT)} of ${String(SERIES_COUNT)} unchanged series of ${String(NIGHT_COUNT)} nights fail`,
    ratio: "–",
    aim: "≤ 7 nights at 2 %",
  };
}

function fails(values: readonly number[]): boolean {
  const entries = values.map((value, night) => entryOf(value, night));
  const options = { effectRatioMin: EFFECT_RATIO_MIN, randomOf, acknowledgements: [] };
  return seriesHistory(entries, options).exit.code !== 0;
}

function entryOf(value: number, night: number): HistoryEntry {
  return {
    schema: "lakeproof.history-entry/1",
    runId: `night${String(night)}`,
    startedAtEpochMs: night,
    suite: "simulated",
    profile: "simulated",
    testbed: "simulated",
    journalSha256: "",
    testbedFields: {},
    configFields: {},
    planFields: {},
    verdict: { status: "PROVEN", exitCode: 0 },
    metrics: [{ id: "m", title: "m", unit: "ms", better: "lower", value, n: 1 }],
    unmeasured: [],
  };
}

function percent(ratio: number): string {
  return `${String(Number((ratio * 100).toPrecision(3)))} %`;
}
