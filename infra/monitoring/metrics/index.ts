/**
 * Every metric that a rule or a panel may use. What is not here is not stored: the scrape configuration keeps
 * exactly these names, and a test holds all PromQL of the house against them.
 */
import type { MetricSource, MetricTable } from "./metric.ts";
import { PIPELINE_METRICS } from "./pipeline.ts";
import { SERVING_METRICS } from "./serving.ts";

export type { MetricSource, MetricTable } from "./metric.ts";

export const METRICS = { ...PIPELINE_METRICS, ...SERVING_METRICS } as const satisfies MetricTable;
export type MetricName = keyof typeof METRICS;

/** Names a source is asked for, without those that a summary adds to its own. */
export function metricsFrom(source: MetricSource): readonly MetricName[] {
  return METRIC_NAMES.filter((name) => METRICS[name].from === source);
}

/** Names as they arrive: a summary brings its sum and count along. */
export function storedNamesFrom(source: MetricSource): readonly string[] {
  return metricsFrom(source).flatMap((name) =>
    METRICS[name].kind === "summary" ? [name, `${name}_sum`, `${name}_count`] : [name],
  );
}

export const METRIC_NAMES = Object.keys(METRICS) as readonly MetricName[];
