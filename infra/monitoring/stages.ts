/** The stages' own figures as a run samples them: out of Prometheus, from the recordings that the boards draw too. */
import type { Unit } from "../../core/contracts/values.ts";
import type { PrometheusSample } from "../clients/prometheus.ts";
import type { MetricName } from "./metrics/index.ts";

export interface StageFigure {
  readonly record: MetricName;
  readonly probe: string;
  readonly unit: Unit;
  /** From Prometheus's unit to ours. */
  readonly factor: number;
}

function rate(record: MetricName, probe: string, unit: Unit = "eventsPerS"): StageFigure {
  return { record, probe, unit, factor: 1 };
}

/** In the order a change passes them. */
export const STAGE_FIGURES: readonly StageFigure[] = [
  rate("lakeproof:postgres_commits:rate", "stage.postgresCommitsPerS", "operationsPerS"),
  rate("lakeproof:postgres_changes:rate", "stage.postgresChangesPerS"),
  rate("lakeproof:debezium_events:rate", "stage.debeziumEventsPerS"),
  rate("lakeproof:connect_records:rate", "stage.connectRecordsPerS"),
  rate("lakeproof:kafka_events_in:rate", "stage.kafkaEventsPerS"),
  rate("lakeproof:flink_events_in:rate", "stage.flinkEventsReadPerS"),
  rate("lakeproof:flink_events_out:rate", "stage.flinkEventsWrittenPerS"),
  rate("lakeproof:iceberg_records:rate", "stage.icebergRecordsPerS"),
  rate("lakeproof:trino_queries:rate", "stage.trinoQueriesPerS", "operationsPerS"),
  {
    record: "lakeproof:checkpoint_age_seconds",
    probe: "stage.checkpointAgeMs",
    unit: "ms",
    factor: 1000,
  },
];

/** One query for all of them. */
export const STAGE_PROMQL = `{__name__=~"${STAGE_FIGURES.map(({ record }) => record).join("|")}"}`;

export interface StageSample {
  readonly probe: string;
  readonly value: number;
  readonly unit: Unit;
}

/** What a stage does not say is left out: no figure is not 0. */
export function stageSamples(answer: readonly PrometheusSample[]): readonly StageSample[] {
  return STAGE_FIGURES.flatMap(({ record, probe, unit, factor }) => {
    const found = answer.find(({ labels }) => labels["__name__"] === record);
    if (found === undefined || !Number.isFinite(found.value)) return [];
    return [{ probe, unit, value: found.value * factor }];
  });
}
