/**
 * One run against another. Inside each run stretches of time are drawn again; what differs between two runs of the
 * very same thing cannot be seen in one of each, so it is assumed and added. Pairs of runs measure it instead.
 */
import normalCdf from "@stdlib/stats-base-dists-normal-cdf";
import normalQuantile from "@stdlib/stats-base-dists-normal-quantile";
import { blockLengthOf } from "../maths/block-length.ts";
import { bootstrapInterval } from "../maths/bootstrap.ts";
import { CONFIDENCE_RATIO, INTERVAL_RATIO, type Estimate, type Evidence } from "./decide.ts";
import { scaled, type MeasuredMetric } from "./metric.ts";
import { allOf, type Pieces } from "./pieces.ts";
import { pairCountNeeded, pairsText } from "./power.ts";
import type { RunMetrics } from "./run-metrics.ts";

/** A stream of uniform numbers in [0, 1) of its own for each label: one metric more never disturbs another. */
export type RandomOf = (label: string) => () => number;

export interface TwoRunsOptions {
  readonly effectRatioMin: number;
  /** Standard deviation of one run about the mean of its kind, relative. */
  readonly noiseRatio: number;
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
  options: Pick<TwoRunsOptions, "effectRatioMin" | "noiseRatio">,
): readonly Evidence[] {
  const heads = new Map(head.metrics.map((metric) => [metric.id, metric]));
  const bases = new Map(base.metrics.map((metric) => [metric.id, metric]));
  const metrics = [...new Map([...heads, ...bases]).values()];
  const noise = Math.SQRT2 * Math.log1p(options.noiseRatio);
  const needed = pairsText(pairCountNeeded(noise, options.effectRatioMin, metrics.length));
  return metrics.map((metric) => {
    const ofBase = bases.get(metric.id);
    const ofHead = heads.get(metric.id);
    const facts = {
      metric,
      ...(ofBase === undefined ? {} : { base: ofBase.value }),
      ...(ofHead === undefined ? {} : { head: ofHead.value }),
      baseCount: ofBase?.n ?? 0,
      headCount: ofHead?.n ?? 0,
      needed,
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
    return { ...facts, estimate: twoRunsEstimate(inBase, inHead, options.noiseRatio) };
  });
}

function missingText(id: string, run: RunMetrics, side: string): string {
  const reason = run.unmeasured.find((one) => one.id === id)?.reason ?? "it left no sample";
  return `Not measured in the ${side} run ${run.runId}: ${reason}`;
}

/**
 * Interval of a difference from the intervals of its two independent parts: each side's reach adds in squares
 * (Zou & Donner 2008, Statist. Med. 27(10)), and so does the noise between runs, once for each of the two.
 */
export function twoRunsEstimate(base: Spread, head: Spread, noiseRatio: number): Estimate {
  const z = normalQuantile(CONFIDENCE_RATIO, 0, 1);
  const noise = z * Math.log1p(noiseRatio);
  const log = head.log - base.log;
  const down = Math.hypot(head.log - head.logLower, base.logUpper - base.log, noise, noise);
  const up = Math.hypot(head.logUpper - head.log, base.log - base.logLower, noise, noise);
  return {
    log,
    logLower: log - down,
    logUpper: log + up,
    method: `block bootstrap over windows, ${String(noiseRatio * 100)} % noise between runs assumed`,
    pMore: tailOf(log, down, z),
    pLess: tailOf(-log, up, z),
    test: "block bootstrap",
  };
}

/** P(chance alone goes as far), from a reach that stands for z standard deviations. */
function tailOf(distance: number, reach: number, z: number): number {
  if (reach === 0) return distance > 0 ? 0 : 1;
  return normalCdf((-distance * z) / reach, 0, 1);
}
