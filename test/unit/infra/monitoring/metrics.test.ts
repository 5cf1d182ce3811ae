/** One table of metrics: nothing reads a name that is not in it, and nothing in it is read by nobody. */
import { describe, expect, it, test } from "vitest";
import { ALERT_RULES } from "../../../../infra/monitoring/alerts/index.ts";
import { BOARDS } from "../../../../infra/monitoring/dashboards.ts";
import {
  EXPORTER_QUERIES,
  exporterMetricNames,
} from "../../../../infra/monitoring/exporter-queries.ts";
import { BROKER_READINGS, CONNECT_READINGS } from "../../../../infra/monitoring/jmx.ts";
import {
  METRIC_NAMES,
  METRICS,
  storedNamesFrom,
  type MetricTable,
} from "../../../../infra/monitoring/metrics/index.ts";
import { RECORDINGS } from "../../../../infra/monitoring/recordings.ts";
import { metricNamesIn } from "./promql.ts";

const expressions: readonly (readonly [where: string, promql: string])[] = [
  ...ALERT_RULES.map((rule) => [`${rule.alert}/${rule.signal}`, rule.expr] as const),
  ...RECORDINGS.map(({ record, expr }) => [record, expr] as const),
  ...Object.values(BOARDS).flatMap((board) =>
    board.panels.flatMap((panel) =>
      panel.queries.map(({ promql }) => [`${board.name}: ${panel.title}`, promql] as const),
    ),
  ),
];
const table: MetricTable = METRICS;

describe("PromQL", () => {
  test.for(expressions)("%s reads only metrics of the table", ([, promql]) => {
    const names = metricNamesIn(promql);
    expect(names).not.toEqual([]);
    expect(names.filter((name) => table[name] === undefined)).toEqual([]);
  });

  it("is taken apart into names, functions and labels", () => {
    expect(
      metricNamesIn(
        'sum by (job) (rate(a_total{x="b(c)"}[1m])) / on (instance) group_left (d) max(e:f) > 2 and on () up == 0',
      ),
    ).toEqual(["a_total", "e:f", "up"]);
  });
});

describe("the table", () => {
  it("holds nothing that no rule and no panel reads", () => {
    const read = new Set(expressions.flatMap(([, promql]) => metricNamesIn(promql)));
    expect(METRIC_NAMES.filter((name) => !read.has(name))).toEqual([]);
  });

  it("says of each metric where its name is from", () => {
    expect(Object.entries(table).filter(([, { source }]) => source.length < 10)).toEqual([]);
  });

  it("counts with counters: a rate of anything else would be a number without meaning", () => {
    const rated = expressions.flatMap(([where, promql]) =>
      [...promql.matchAll(/(?:rate|increase)\((\w+)/g)].map(([, name = ""]) => ({ where, name })),
    );
    expect(rated.filter(({ name }) => table[name]?.kind !== "counter")).toEqual([]);
  });

  it("has every recording, under its own name", () => {
    const recorded = RECORDINGS.map(({ record }) => record);
    expect(storedNamesFrom("recording rule").toSorted()).toEqual(recorded.toSorted());
  });

  it("has what the JMX exporter is told to read, and no more of it", () => {
    const broker = new Set(BROKER_READINGS.map(({ metric }) => metric));
    const connect = new Set(CONNECT_READINGS.map(({ metric }) => metric));
    expect([...broker].toSorted()).toEqual(storedNamesFrom("kafka").toSorted());
    expect([...connect].toSorted()).toEqual(storedNamesFrom("connect").toSorted());
  });

  it("has what the PostgreSQL exporter is told to ask, and no more of it", () => {
    const asked = (["server", "superset"] as const).flatMap(exporterMetricNames);
    expect(Object.keys(EXPORTER_QUERIES)).toEqual(["server", "superset"]);
    expect([...asked, "pg_up"].toSorted()).toEqual(storedNamesFrom("postgres-exporter").toSorted());
  });

  it("brings a summary's sum and count along", () => {
    expect(storedNamesFrom("trino")).toContain(
      "trino_execution_name_QueryManager_ExecutionTime_OneMinute_sum",
    );
  });
});
