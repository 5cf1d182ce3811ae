/**
 * Pairs of runs, base and head close together in time: what drifts from hour to hour hits both, and the noise
 * between runs is measured instead of assumed. The pair is the unit, never the request.
 */
import type { Unmeasured } from "../../core/contracts/comparison.ts";
import { tostPaired } from "../maths/equivalence.ts";
import { signTest, wilcoxonSignedRank } from "../maths/paired-test.ts";
import { CONFIDENCE_RATIO, type Estimate, type Evidence } from "./decide.ts";
import { scaled, type MeasuredMetric } from "./metric.ts";
import { PAIR_COUNT_MIN, pairCountNeeded, pairsText } from "./power.ts";
import type { RunMetrics } from "./run-metrics.ts";

export interface RunPair {
  readonly base: RunMetrics;
  readonly head: RunMetrics;
}

interface MetricPair {
  readonly base: MeasuredMetric;
  readonly head: MeasuredMetric;
}

export function pairsEvidence(
  pairs: readonly RunPair[],
  effectRatioMin: number,
): readonly Evidence[] {
  const runs = pairs.flatMap(({ base, head }) => [base, head]);
  const ids = [...new Set(runs.flatMap((run) => run.metrics.map((metric) => metric.id)))];
  return ids.flatMap((id) => {
    const known = runs.flatMap((run) => run.metrics).find((metric) => metric.id === id);
    return known === undefined
      ? []
      : [evidenceOf(known, pairs, { effectRatioMin, metricCount: ids.length })];
  });
}

function evidenceOf(
  metric: MeasuredMetric,
  pairs: readonly RunPair[],
  rule: { readonly effectRatioMin: number; readonly metricCount: number },
): Evidence {
  const of = (run: RunMetrics): MeasuredMetric | undefined =>
    run.metrics.find((one) => one.id === metric.id);
  const whole = pairs.flatMap(({ base, head }): MetricPair[] => {
    const [ofBase, ofHead] = [of(base), of(head)];
    return ofBase === undefined || ofHead === undefined ? [] : [{ base: ofBase, head: ofHead }];
  });
  const gap = gapOf(metric.id, pairs, whole.length);
  const facts = {
    metric,
    baseCount: sumOf(pairs.map(({ base }) => of(base)?.n ?? 0)),
    headCount: sumOf(pairs.map(({ head }) => of(head)?.n ?? 0)),
    ...(gap === undefined ? {} : { gap }),
  };
  if (whole.length < 2) return { ...facts, needed: pairsText(PAIR_COUNT_MIN) };
  const logRatios = whole.map(
    ({ base, head }) =>
      Math.log(scaled(head.value, metric.unit)) - Math.log(scaled(base.value, metric.unit)),
  );
  const deviation = deviationOf(logRatios);
  return {
    ...facts,
    base: medianOf(whole.map(({ base }) => base.value)),
    head: medianOf(whole.map(({ head }) => head.value)),
    estimate: pairsEstimate(logRatios, rule.effectRatioMin),
    shown: [
      { name: "sign test, more", pValue: signTest(logRatios, "greater").pValue },
      { name: "sign test, less", pValue: signTest(logRatios, "less").pValue },
    ],
    needed: pairsText(pairCountNeeded(deviation, rule.effectRatioMin, rule.metricCount)),
  };
}

/** Wilcoxon's exact test says whether, the geometric mean with its interval says how much. */
export function pairsEstimate(logRatios: readonly number[], effectRatioMin: number): Estimate {
  const equivalence = tostPaired(logRatios, 1 + effectRatioMin, CONFIDENCE_RATIO);
  return {
    log: Math.log(equivalence.ratio),
    logLower: Math.log(equivalence.ratioLower),
    logUpper: Math.log(equivalence.ratioUpper),
    method: `geometric mean of ${String(logRatios.length)} paired ratios, t-interval`,
    pMore: wilcoxonSignedRank(logRatios, "greater").pValue,
    pLess: wilcoxonSignedRank(logRatios, "less").pValue,
    test: "Wilcoxon signed rank",
  };
}

function gapOf(id: string, pairs: readonly RunPair[], wholeCount: number): string | undefined {
  const without = pairs
    .flatMap(({ base, head }) => [base, head])
    .find((run) => !run.metrics.some((metric) => metric.id === id));
  if (without !== undefined) {
    const reason = reasonIn(without.unmeasured, id);
    return `not measured in ${String(pairs.length - wholeCount)} of ${String(pairs.length)} pairs (${without.runId}: ${reason})`;
  }
  if (pairs.length >= PAIR_COUNT_MIN) return undefined;
  return `${String(pairs.length)} pairs are too few for any verdict`;
}

function reasonIn(unmeasured: readonly Unmeasured[], id: string): string {
  return unmeasured.find((one) => one.id === id)?.reason ?? "it left no sample";
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  return (low + (sorted[Math.floor(middle)] ?? low)) / 2;
}

/** Of a sample, with n − 1. */
export function deviationOf(values: readonly number[]): number {
  const mean = sumOf(values) / values.length;
  return Math.sqrt(sumOf(values.map((value) => (value - mean) ** 2)) / (values.length - 1));
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
