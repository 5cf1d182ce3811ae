/** Runs against runs: evidence by the design, decided together, and one word for the whole. */
import type {
  Comparison,
  ComparisonStatus,
  ComparedRun,
  MetricComparison,
  Unmeasured,
} from "../../core/contracts/comparison.ts";
import type { ExitCode } from "../../core/errors.ts";
import { decide } from "./decide.ts";
import { pairsEvidence, type RunPair } from "./pairs.ts";
import { metricsTogether, pairCountNeeded, pairsText } from "./power.ts";
import type { RunMetrics } from "./run-metrics.ts";
import { twoRunsEvidence, type NoiseOptions, type SpreadRun } from "./two-runs.ts";

/** The noise is needed by two runs alone: pairs measure it. */
export interface CompareOptions extends NoiseOptions {
  readonly effectRatioMin: number;
  /** Runs of the base's kind that `noiseMeasured` is from. */
  readonly noiseRuns?: readonly ComparedRun[];
  readonly seed: string;
  /** What was allowed to differ. */
  readonly deviations: readonly string[];
}

export function compareTwoRuns(
  base: SpreadRun,
  head: SpreadRun,
  options: CompareOptions,
): Comparison {
  const metrics = decide(twoRunsEvidence(base, head, options), options);
  return {
    ...comparisonOf([{ base, head }], metrics, options),
    design: "two-runs",
    noiseRatio: options.noiseRatio,
    ...(options.noiseRuns === undefined ? {} : { noiseRuns: options.noiseRuns }),
  };
}

export function comparePairs(pairs: readonly RunPair[], options: CompareOptions): Comparison {
  const metrics = decide(pairsEvidence(pairs, options.effectRatioMin), options);
  const deviations = [...options.deviations, ...reachText(pairs.length, metrics.length)];
  return { ...comparisonOf(pairs, metrics, { ...options, deviations }), design: "pairs" };
}

/** So few pairs that the exact test, corrected for so many metrics, keeps silent unless several moved at once. */
function reachText(pairCount: number, metricCount: number): readonly string[] {
  const together = metricsTogether(pairCount, metricCount);
  if (together <= 1) return [];
  const start = `with ${String(pairCount)} pairs and ${String(metricCount)} metrics`;
  const least = pairsText(pairCountNeeded(0, 1, metricCount));
  return together > metricCount
    ? [`${start} no change at all can be called REGRESSED; a single one takes ${least}`]
    : [
        `${start} a change is called REGRESSED only where ${String(together)} metrics move together; ` +
          `a single one takes fewer metrics (--metrics) or ${least}`,
      ];
}

const EXITS: Readonly<Record<ComparisonStatus, ExitCode>> = {
  REGRESSED: 12,
  INCONCLUSIVE: 11,
  EQUIVALENT: 0,
  IMPROVED: 0,
};

/** Gravest first; the whole is the gravest of its parts. */
const GRAVITY: readonly ComparisonStatus[] = [
  "REGRESSED",
  "INCONCLUSIVE",
  "IMPROVED",
  "EQUIVALENT",
];

function comparisonOf(
  pairs: readonly RunPair[],
  metrics: readonly MetricComparison[],
  options: CompareOptions,
): Omit<Comparison, "design"> {
  const status =
    GRAVITY.find((one) => metrics.some((metric) => metric.status === one)) ?? "INCONCLUSIVE";
  const reasons = metrics
    .filter((metric) => EXITS[metric.status] !== 0)
    .sort((a, b) => GRAVITY.indexOf(a.status) - GRAVITY.indexOf(b.status))
    .map((one) => `${String(EXITS[one.status])} ${one.id}: ${one.status}, ${one.because}`);
  return {
    schema: "lakeproof.comparison/1",
    status,
    because: becauseOf(status, metrics),
    exit: { code: EXITS[status], reasons },
    base: pairs.map(({ base }) => nameOf(base)),
    head: pairs.map(({ head }) => nameOf(head)),
    effectRatioMin: options.effectRatioMin,
    seed: options.seed,
    deviations: options.deviations,
    metrics,
    unmeasured: unmeasuredOf(pairs, metrics),
  };
}

function becauseOf(status: ComparisonStatus, metrics: readonly MetricComparison[]): string {
  if (metrics.length === 0) return "No metric was measured on both sides.";
  const counts = GRAVITY.map((one) => {
    const count = metrics.filter((metric) => metric.status === one).length;
    return count === 0 ? [] : [`${String(count)} ${one}`];
  }).flat();
  const first = metrics.find((metric) => metric.status === status);
  return `Of ${String(metrics.length)} metrics ${counts.join(", ")}. ${first?.title ?? ""}: ${first?.because ?? ""}`;
}

function nameOf({ runId, startedAtEpochMs }: RunMetrics): ComparedRun {
  return { runId, startedAtEpochMs };
}

/** Measured by no run of either side. */
function unmeasuredOf(
  pairs: readonly RunPair[],
  metrics: readonly MetricComparison[],
): readonly Unmeasured[] {
  const compared = new Set(metrics.map((metric) => metric.id));
  const reasons = new Map(
    pairs
      .flatMap(({ base, head }) => [...base.unmeasured, ...head.unmeasured])
      .filter(({ id }) => !compared.has(id))
      .map(({ id, reason }) => [id, reason]),
  );
  return [...reasons].map(([id, reason]) => ({ id, reason }));
}
