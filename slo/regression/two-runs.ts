/**
 * One run against another. Inside each run stretches of time are drawn again; what differs between two runs of the
 * very same thing cannot be seen in one of each, so it is added: assumed, or measured over other runs of the base's kind.
 */
import normalCdf from "@stdlib/stats-base-dists-normal-cdf";
import normalQuantile from "@stdlib/stats-base-dists-normal-quantile";
import tCdf from "@stdlib/stats-base-dists-t-cdf";
import tQuantile from "@stdlib/stats-base-dists-t-quantile";
import { blockLengthOf } from "../maths/block-length.ts";
import { bootstrapInterval } from "../maths/bootstrap.ts";
import { CONFIDENCE_RATIO, INTERVAL_RATIO, type Estimate, type Evidence } from "./decide.ts";
import { scaled, type MeasuredMetric } from "./metric.ts";
import { allOf, type Pieces } from "./pieces.ts";
import { pairCountNeeded, pairsText } from "./power.ts";
import type { RunMetrics } from "./run-metrics.ts";

/** A stream of uniform numbers in [0, 1) of its own for each label: one metric more never disturbs another. */
export type RandomOf = (label: string) => () => number;

/** What runs of the very same thing differ by. */
export interface Noise {
  /** Standard deviation of one run about the mean of its kind, relative. */
  readonly ratio: number;
  /** Of the runs it was measured over; undefined where it is assumed. */
  readonly runCount: number | undefined;
}

export interface NoiseOptions {
  /** Assumed for each metric without a measured one. */
  readonly noiseRatio: number;
  /** By metric id, from other runs of the same thing. */
  readonly noiseMeasured?: ReadonlyMap<string, Noise>;
}

export interface TwoRunsOptions extends NoiseOptions {
  readonly effectRatioMin: number;
  readonly resampleCount: number;
  readonly randomOf: RandomOf;
}

/** A run with the interval of each metric within it; a metric that cannot be drawn again has none. */
export interface SpreadRun extends RunMetrics {
  readonly spreads: ReadonlyMap<string, Spread>;
}

/** Logarithm of a metric with its interval within the run. */
export interface Spread {
  readonly log: number;
  readonly logLower: number;
  readonly logUpper: number;
}

/** Checkpoints, garbage collections and commits come every few seconds: a block spans at least one of each. */
const BLOCK_MS = 10_000;
/** With fewer blocks than this a draw is hardly different from the run itself. */
const BLOCK_COUNT_MIN = 6;

/** The dear part, once a run however often it is compared. */
export function spreadRun(run: RunMetrics, options: TwoRunsOptions): SpreadRun {
  const spreads = new Map<string, Spread>();
  for (const metric of run.metrics) {
    const spread = spreadOf(metric, run.runId, options);
    if (spread !== undefined) spreads.set(metric.id, spread);
  }
  return { ...run, spreads };
}

/** A run of which only its figures are left: each counts as exact, so that the noise between runs is all that is allowed for. */
export function exactRun(run: RunMetrics): SpreadRun {
  const spreads = run.metrics.map(({ id, value, unit }): readonly [string, Spread] => {
    const log = Math.log(scaled(value, unit));
    return [id, { log, logLower: log, logUpper: log }];
  });
  return { ...run, spreads: new Map(spreads) };
}

function spreadOf(
  { id, unit, pieces }: MeasuredMetric,
  runId: string,
  options: TwoRunsOptions,
): Spread | undefined {
  const blockLength = pieces === undefined ? undefined : blocksOf(pieces);
  if (pieces === undefined || blockLength === undefined) return undefined;
  const { estimate, lower, upper } = bootstrapInterval(
    allOf(pieces.count),
    (picked) => Math.log(scaled(pieces.valueOf(picked), unit)),
    {
      random: options.randomOf(`${runId} ${id}`),
      resampleCount: options.resampleCount,
      confidence: INTERVAL_RATIO,
      // A quantile moves in steps, for which the correction's jackknife is no guide.
      method: "percentile",
      blockLength,
    },
  );
  return {
    log: estimate,
    logLower: Math.min(estimate, lower),
    logUpper: Math.max(estimate, upper),
  };
}

/** Long enough for the series' own memory, as far as the run has it; undefined when too few blocks are left. */
function blocksOf({ count, pieceMs, valueOf }: Pieces): number | undefined {
  const series = allOf(count)
    .map((piece) => valueOf([piece]))
    .filter(Number.isFinite);
  const memory = series.length < 10 ? 1 : blockLengthOf(series);
  const span = pieceMs > 0 ? Math.ceil(BLOCK_MS / pieceMs) : 1;
  const most = Math.floor(count / BLOCK_COUNT_MIN);
  return span > most ? undefined : Math.max(span, Math.min(memory, most));
}

export function twoRunsEvidence(
  base: SpreadRun,
  head: SpreadRun,
  options: NoiseOptions & Pick<TwoRunsOptions, "effectRatioMin">,
): readonly Evidence[] {
  const heads = new Map(head.metrics.map((metric) => [metric.id, metric]));
  const bases = new Map(base.metrics.map((metric) => [metric.id, metric]));
  const metrics = [...new Map([...heads, ...bases]).values()];
  return metrics.map((metric) => {
    const noise = noiseOf(options, metric.id);
    const deviation = Math.SQRT2 * Math.log1p(noise.ratio);
    const ofBase = bases.get(metric.id);
    const ofHead = heads.get(metric.id);
    const facts = {
      metric,
      ...(ofBase === undefined ? {} : { base: ofBase.value }),
      ...(ofHead === undefined ? {} : { head: ofHead.value }),
      baseCount: ofBase?.n ?? 0,
      headCount: ofHead?.n ?? 0,
      needed: pairsText(pairCountNeeded(deviation, options.effectRatioMin, metrics.length)),
    };
    if (ofBase === undefined) return { ...facts, gap: missingText(metric.id, base, "base") };
    if (ofHead === undefined) return { ...facts, gap: missingText(metric.id, head, "head") };
    const [inBase, inHead] = [base.spreads.get(metric.id), head.spreads.get(metric.id)];
    if (inBase === undefined || inHead === undefined) {
      const gap =
        metric.pieces === undefined
          ? "One observation in each run says nothing about chance"
          : "The runs are too short to be drawn again in blocks";
      return { ...facts, gap };
    }
    return { ...facts, estimate: twoRunsEstimate(inBase, inHead, noise) };
  });
}

function noiseOf({ noiseRatio, noiseMeasured }: NoiseOptions, metricId: string): Noise {
  return noiseMeasured?.get(metricId) ?? { ratio: noiseRatio, runCount: undefined };
}

function missingText(id: string, run: RunMetrics, side: string): string {
  const reason = run.unmeasured.find((one) => one.id === id)?.reason ?? "it left no sample";
  return `Not measured in the ${side} run ${run.runId}: ${reason}`;
}

/**
 * Interval of a difference from the intervals of its two independent parts: each side's reach adds in squares
 * (Zou & Donner 2008, Statist. Med. 27(10)), and so does the noise between runs, once for each of the two. Where few
 * runs have measured that noise, it may be more than they showed: Student's t with their degrees of freedom.
 */
export function twoRunsEstimate(base: Spread, head: Spread, { ratio, runCount }: Noise): Estimate {
  const freedom = runCount === undefined ? undefined : runCount - 1;
  const z = quantileOf(CONFIDENCE_RATIO, freedom);
  const noise = z * Math.log1p(ratio);
  const log = head.log - base.log;
  const down = Math.hypot(head.log - head.logLower, base.logUpper - base.log, noise, noise);
  const up = Math.hypot(head.logUpper - head.log, base.log - base.logLower, noise, noise);
  return {
    log,
    logLower: log - down,
    logUpper: log + up,
    method: `block bootstrap over windows, ${noiseText(ratio, runCount)}`,
    pMore: tailOf(log, down, z, freedom),
    pLess: tailOf(-log, up, z, freedom),
    test: "block bootstrap",
  };
}

function noiseText(ratio: number, runCount: number | undefined): string {
  const percent = `${String(Number((ratio * 100).toPrecision(3)))} % noise between runs`;
  return runCount === undefined
    ? `${percent} assumed`
    : `${percent} measured over ${String(runCount)} others`;
}

function quantileOf(probability: number, freedom: number | undefined): number {
  return freedom === undefined
    ? normalQuantile(probability, 0, 1)
    : tQuantile(probability, freedom);
}

/** P(chance alone goes as far), from a reach that stands for z standard deviations. */
function tailOf(distance: number, reach: number, z: number, freedom: number | undefined): number {
  if (reach === 0) return distance > 0 ? 0 : 1;
  const deviations = (-distance * z) / reach;
  return freedom === undefined ? normalCdf(deviations, 0, 1) : tCdf(deviations, freedom);
}
