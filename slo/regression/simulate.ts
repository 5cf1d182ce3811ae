/** The gate against runs made up: how often it cries without a cause, and how often it keeps silent with one. */
import type { SimulatedGate } from "../../core/contracts/calibration.ts";
import type { ComparisonStatus } from "../../core/contracts/comparison.ts";
import { decide, type Estimate, type Evidence } from "./decide.ts";
import { pairsEstimate } from "./pairs.ts";
import { PAIR_COUNT_MIN } from "./power.ts";
import { twoRunsEstimate, type RandomOf } from "./two-runs.ts";

export interface GateToSimulate {
  readonly design: "two-runs" | "pairs";
  /** 1 with two runs. */
  readonly pairCount: number;
  readonly metricCount: number;
  /** True standard deviation of one run, log-normal and independent from metric to metric. */
  readonly noiseRatio: number;
  /** What a comparison of two runs assumes. */
  readonly noiseRatioAssumed: number;
  readonly effectRatioMin: number;
  readonly slowdownRatios: readonly number[];
  readonly trialCount: number;
  readonly randomOf: RandomOf;
}

/** Whole comparisons by the very code that judges real ones, from the metrics of the runs on. */
export function simulateGate(gate: GateToSimulate): SimulatedGate {
  const { design, pairCount, metricCount, noiseRatio, trialCount } = gate;
  const still = trials(gate, 0);
  const unchanged = still.flat();
  return {
    ...{ design, pairCount, metricCount, noiseRatio, trialCount },
    falseAlarmRatio: shareOf(still, (statuses) => statuses.includes("REGRESSED")),
    equivalentRatio: shareOf(unchanged, (status) => status === "EQUIVALENT"),
    misses: gate.slowdownRatios.map((slowdownRatio) => ({
      slowdownRatio,
      missRatio: shareOf(trials(gate, slowdownRatio), ([first]) => first !== "REGRESSED"),
    })),
  };
}

/** Statuses of all metrics, trial by trial; the first metric carries the slowdown. */
function trials(
  gate: GateToSimulate,
  slowdownRatio: number,
): readonly (readonly ComparisonStatus[])[] {
  const label = `${gate.design} ${String(gate.pairCount)} ${String(gate.noiseRatio)} ${String(slowdownRatio)}`;
  const normal = normalFrom(gate.randomOf(label));
  const noise = Math.log1p(gate.noiseRatio);
  return Array.from({ length: gate.trialCount }, () => {
    const all = Array.from({ length: gate.metricCount }, (_, index) => {
      const shift = index === 0 ? Math.log1p(slowdownRatio) : 0;
      const logRatios = Array.from(
        { length: gate.pairCount },
        () => shift + noise * (normal() - normal()),
      );
      return evidenceOf(gate, index, logRatios);
    });
    return decide(all, gate).map((metric) => metric.status);
  });
}

function evidenceOf(gate: GateToSimulate, index: number, logRatios: readonly number[]): Evidence {
  const tooFew = gate.design === "pairs" && gate.pairCount < PAIR_COUNT_MIN;
  return {
    metric: { id: `m${String(index)}`, title: "simulated", unit: "ms", better: "lower" },
    base: 1,
    head: 1,
    baseCount: gate.pairCount,
    headCount: gate.pairCount,
    estimate: estimateOf(gate, logRatios),
    ...(tooFew ? { gap: "too few pairs" } : {}),
    needed: "",
  };
}

function estimateOf(gate: GateToSimulate, logRatios: readonly number[]): Estimate {
  if (gate.design === "pairs") return pairsEstimate(logRatios, gate.effectRatioMin);
  // Runs so long that only the noise between them is left: the worst case for what one run says of itself.
  const exact = (log: number): { log: number; logLower: number; logUpper: number } => ({
    log,
    logLower: log,
    logUpper: log,
  });
  return twoRunsEstimate(exact(0), exact(logRatios[0] ?? 0), {
    ratio: gate.noiseRatioAssumed,
    runCount: undefined,
  });
}

function shareOf<T>(items: readonly T[], holds: (item: T) => boolean): number {
  return items.filter(holds).length / items.length;
}

/** Standard normal numbers from uniform ones (Box & Muller 1958). */
export function normalFrom(random: () => number): () => number {
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const kept = spare;
      spare = undefined;
      return kept;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}
