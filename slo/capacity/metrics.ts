/** A search as points of a history: one figure a metric, or why there is none. Pure. */
import type {
  CapacityReport,
  CapacityTarget,
  StageCapacity,
} from "../../core/contracts/capacity.ts";
import type { Metric, Unmeasured } from "../../core/contracts/comparison.ts";

export interface CapacityMetrics {
  readonly metrics: readonly Metric[];
  readonly unmeasured: readonly Unmeasured[];
}

/** Whose processor time belongs to a target alone. The whole pipeline has them all. */
const OWN_STAGE: Readonly<Record<CapacityTarget, string | undefined>> = {
  "end-to-end": undefined,
  postgres: "postgres",
  "slot-decoding": "postgres",
  connector: "connector",
  kafka: "kafka",
  lake: "lake",
  trino: "trino",
};
/** The load's own processor time, those who only watch, and what looks at the lake: not what the rate has to pay for. */
const NOT_OF_THE_LOAD: ReadonlySet<string> = new Set(["generator", "other", "trino"]);

export function rateMetricId(target: CapacityTarget): string {
  return `capacity.${target}`;
}

export function perCoreMetricId(target: CapacityTarget, stage: string): string {
  return `per-core.${target}.${stage}`;
}

/** Only a rate that was found is a point: "at least" tells about whatever ended the search, and may fall without any change. */
export function capacityMetrics({ stages }: CapacityReport): CapacityMetrics {
  const found = stages.map((stage) => metricsOf(stage));
  return {
    metrics: found.flatMap(({ metrics }) => metrics),
    unmeasured: found.flatMap(({ unmeasured }) => unmeasured),
  };
}

function metricsOf(stage: StageCapacity): CapacityMetrics {
  const { target, unit, result } = stage;
  const id = rateMetricId(target);
  if (result.status !== "found" || result.ratePerS === undefined) {
    const rate = result.ratePerS === undefined ? "" : ` ${String(result.ratePerS)} ${unit}`;
    const reason = `${result.status}${rate}: ${result.because}`;
    return { metrics: [], unmeasured: [{ id, reason }] };
  }
  const rate: Metric = {
    id,
    title: `capacity of ${target}`,
    unit: unit === "queries/s" ? "operationsPerS" : "eventsPerS",
    better: "higher",
    value: result.ratePerS,
    n: result.stepCount,
  };
  const perCore = stagesOf(stage).map(([name, value]): Metric => ({
    id: perCoreMetricId(target, name),
    title: `per core of ${name}, ${target}`,
    unit: rate.unit,
    better: "higher",
    value,
    n: 1,
  }));
  return { metrics: [rate, ...perCore], unmeasured: [] };
}

/** Stages whose figure per core this target tells, with the figure. */
function stagesOf({ target, perCore }: StageCapacity): readonly (readonly [string, number])[] {
  const own = OWN_STAGE[target];
  return Object.entries(perCore).filter(([name]) =>
    own === undefined ? !NOT_OF_THE_LOAD.has(name) : name === own,
  );
}
