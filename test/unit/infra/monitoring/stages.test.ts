/** The stages' figures out of Prometheus's answer. */
import { expect, it } from "vitest";
import { exposition } from "../../../../cli/run/exporter.ts";
import type { PrometheusSample } from "../../../../infra/clients/prometheus.ts";
import { parseExposition } from "../../../../infra/health/exposition.ts";
import { METRIC_NAMES } from "../../../../infra/monitoring/metrics/index.ts";
import { RECORDINGS } from "../../../../infra/monitoring/recordings.ts";
import { STAGE_FIGURES, STAGE_PROMQL, stageSamples } from "../../../../infra/monitoring/stages.ts";

function answered(record: string, value: number): PrometheusSample {
  return { labels: { __name__: record }, value, atEpochMs: 0 };
}

it("are those that Prometheus records, but the one in bytes a second", () => {
  const asked = STAGE_FIGURES.map(({ record }) => record);
  const recorded = RECORDINGS.map(({ record }) => record);
  expect(recorded.filter((record) => !asked.includes(record))).toEqual([
    "lakeproof:postgres_wal_bytes:rate",
  ]);
  for (const record of asked) {
    expect(recorded).toContain(record);
    expect(STAGE_PROMQL).toContain(record);
  }
});

it("come with our names and units, and nothing where a stage is silent", () => {
  expect(
    stageSamples([
      answered("lakeproof:checkpoint_age_seconds", 2.5),
      answered("lakeproof:kafka_events_in:rate", 300),
      answered("lakeproof:flink_events_in:rate", Number.NaN),
      answered("something_else", 1),
    ]),
  ).toEqual([
    { probe: "stage.kafkaEventsPerS", unit: "eventsPerS", value: 300 },
    { probe: "stage.checkpointAgeMs", unit: "ms", value: 2500 },
  ]);
});

it("the harness tells the freshness under the name that rules and boards read", () => {
  const [sample, ...more] = parseExposition(exposition(7500));
  expect(more).toEqual([]);
  expect(METRIC_NAMES).toContain(sample?.name);
  expect(sample?.value).toBe(7.5);
  expect(parseExposition(exposition(undefined))).toEqual([]);
});
