/** What is known of a metric before anything is asked for it. */

/** Who says it: a scrape job, Prometheus itself, its recording rules, or the harness. */
export type MetricSource =
  | "lake-maintenance"
  | "kafka"
  | "connect"
  | "flink-jobmanager"
  | "flink-taskmanager"
  | "trino"
  | "minio"
  | "minio-cluster"
  | "patroni"
  | "postgres-exporter"
  | "etcd"
  | "redis"
  | "haproxy"
  | "blackbox"
  | "prometheus"
  | "alertmanager"
  | "lakeproof"
  | "every scrape"
  | "recording rule";

export type MetricUnit =
  | "count"
  | "bytes"
  | "ms"
  | "s"
  | "epochMs"
  | "epochS"
  | "ratio"
  | "boolean"
  | "eventsPerS"
  | "bytesPerS"
  | "operationsPerS";

export interface Metric {
  readonly from: MetricSource;
  readonly unit: MetricUnit;
  /** A counter only grows, until its process starts again; Flink and some beans call theirs a gauge. */
  readonly kind: "counter" | "gauge" | "summary";
  /** Where the name was read: in a running process, or in a program's own source. */
  readonly source: string;
}

export type MetricTable = Readonly<Record<string, Metric>>;

type Fact = readonly [kind: Metric["kind"], unit: MetricUnit];

/** Metrics of one origin: name → kind and unit. */
export function metricsOf<Name extends string>(
  from: MetricSource,
  source: string,
  facts: Readonly<Record<Name, Fact>>,
): Readonly<Record<Name, Metric>> {
  const entries = Object.entries<Fact>(facts).map(([name, [kind, unit]]) => [
    name,
    { from, unit, kind, source } satisfies Metric,
  ]);
  return Object.fromEntries(entries) as Readonly<Record<Name, Metric>>;
}
