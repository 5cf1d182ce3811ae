/** The master timeline: charts stacked over one time axis, phases on top, fault windows shaded through all of them. */
import type { JournalReader } from "../../core/contracts/journal.ts";
import type { Unit } from "../../core/contracts/values.ts";
import { faultWindows, phaseIntervals } from "../../core/timeline.ts";
import { formatNumber, formatTickMs, unitLabel } from "../format.ts";
import type { Markup } from "../markup.ts";
import { budgetChart } from "./budget.ts";
import { renderChart } from "./chart.ts";
import { freshnessEcdf, sawtoothChart } from "./freshness.ts";
import { heatmap } from "./heatmap.ts";
import { phaseStrip } from "./phase-strip.ts";
import type { ChartSpec, Frame, Series } from "./spec.ts";
import { freshness, latencies, memory, probes, queryOutcomes, throughput } from "./series.ts";
import type { Latency, ProbeSeries } from "./series.ts";

export interface Timeline {
  readonly frame: Frame;
  readonly head: Markup;
  readonly charts: readonly Markup[];
  /** Of freshness; over ages instead of time. */
  readonly distribution: Markup;
}

const BIN_COUNT_MAX = 120;
const BINS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600];
const COLOUR_COUNT = 10;

export function timelineOf(journal: JournalReader): Timeline {
  const frame = frameOf(journal);
  const binMs = binMsFor(frame);
  const queries = latencyCharts(journal, binMs);
  const drawn = (spec: ChartSpec): Markup => renderChart(spec, frame);
  const before: readonly ChartSpec[] = [
    throughputChart(journal),
    freshnessChart(journal),
    sawtoothChart(journal),
    ...probeCharts(
      "lag",
      "Lag",
      "How far behind each hop was",
      probes(journal, (name) => /lag/i.test(name)),
    ),
  ];
  const stages = probeCharts(
    "stage",
    "What each stage passed on",
    "Rates as Prometheus recorded them from the stages' own metrics",
    probes(journal, (name) => name.startsWith("stage.")),
  );
  const after: readonly ChartSpec[] = [
    outcomesChart(journal, binMs),
    budgetChart(journal),
    memoryChart(journal),
    ...probeCharts(
      "cpu",
      "Processor and memory probes",
      "What the machine and the harness spent",
      probes(journal, (name) => /cpu|memory|rss|load/i.test(name) && !/lag/i.test(name)),
    ),
  ];
  return {
    frame,
    head: phaseStrip(journal, frame),
    charts: [
      ...[...before, ...stages].map(drawn),
      ...queries.flatMap(({ spec, latency, targetMs }) => [
        drawn(spec),
        ...(latency.queryClass === undefined
          ? []
          : [
              heatmap(
                {
                  id: `${spec.id}-map`,
                  queryClass: latency.queryClass,
                  cells: latency.cells,
                  binMs,
                  ...(targetMs === undefined ? {} : { targetMs }),
                },
                frame,
              ),
            ]),
      ]),
      ...after.map(drawn),
    ],
    distribution: freshnessEcdf(journal),
  };
}

/** From warm-up on, where there is one: provisioning has nothing to draw. */
function frameOf(journal: JournalReader): Frame {
  const phases = phaseIntervals(journal);
  const warmup = phases.find(
    (interval) => interval.phase === "warmup" || interval.phase === "control",
  );
  const teardown = phases.find((interval) => interval.phase === "teardown");
  return {
    fromMs: warmup?.fromMs ?? 0,
    toMs: Math.max(teardown?.fromMs ?? journal.endMs, (warmup?.fromMs ?? 0) + 1000),
    windows: faultWindows(journal).map((window) => ({
      label: window.entry.id,
      fromMs: window.fromMs,
      toMs: window.toMs,
      ...(window.healedMs === undefined ? {} : { healedMs: window.healedMs }),
    })),
  };
}

function binMsFor(frame: Frame): number {
  const spanS = (frame.toMs - frame.fromMs) / 1000;
  const binS = BINS_S.find((seconds) => spanS / seconds <= BIN_COUNT_MAX) ?? 3600;
  return binS * 1000;
}

function throughputChart(journal: JournalReader): ChartSpec {
  const { offered, achieved } = throughput(journal);
  return {
    id: "chart-throughput",
    title: "Throughput of the bank",
    description:
      "Change events per second: offered by the open-model load and acknowledged by PostgreSQL.",
    unit: "events/s",
    scale: "linear",
    series: [
      { name: "offered", points: offered, shape: "line", colour: 9, dash: 1 },
      { name: "acknowledged", points: achieved, shape: "line", colour: 0 },
    ],
    format: formatNumber,
    target: {
      value: journal.plan.bank.rateEventsPerS,
      label: `planned ${formatNumber(journal.plan.bank.rateEventsPerS)}`,
    },
    heightPx: 130,
  };
}

function freshnessChart(journal: JournalReader): ChartSpec {
  const { seen, censored } = freshness(journal);
  const targetS = journal.plan.canary.freshnessTargetMs / 1000;
  return {
    id: "chart-freshness",
    title: "Freshness",
    description:
      "Age of each canary row when it was first seen through the reader, at the time of its intended write.",
    unit: "seconds from intended write to first sight",
    scale: "linear",
    series: [{ name: "canary", points: seen, shape: "dots", colour: 2 }],
    censored,
    format: formatNumber,
    target: { value: targetS, label: `target ${formatNumber(targetS)} s` },
    heightPx: 140,
  };
}

/** One chart a unit: bytes and events never share an axis. */
function probeCharts(
  id: string,
  title: string,
  description: string,
  all: readonly ProbeSeries[],
): readonly ChartSpec[] {
  const groups = [...Map.groupBy(all, (series) => series.unit)];
  if (groups.length === 0) {
    return id === "lag" ? [probeChart(id, title, description, "count", [])] : [];
  }
  return groups.map(([unit, own]) =>
    probeChart(
      `${id}-${unit}`,
      groups.length > 1 ? `${title} in ${axisUnit(unit)}` : title,
      description,
      unit,
      own,
    ),
  );
}

function probeChart(
  id: string,
  title: string,
  description: string,
  unit: Unit,
  own: readonly ProbeSeries[],
): ChartSpec {
  const factor = unit === "bytes" ? 1 / 2 ** 20 : unit === "ratio" ? 100 : 1;
  return {
    id: `chart-${id}`,
    title,
    description: `${description}, as sampled by probes.`,
    unit: title.endsWith(axisUnit(unit)) ? "" : axisUnit(unit),
    scale: "linear",
    series: own.map((series, index) => ({
      name: series.probe,
      points: series.points.map(({ xMs, y }) => ({ xMs, y: y * factor })),
      shape: "line",
      ...styleOf(index),
    })),
    format: formatNumber,
    heightPx: 110,
  };
}

function axisUnit(unit: Unit): string {
  if (unit === "bytes") return "MiB";
  return unit === "count" ? "count" : unitLabel(unit);
}

/** Ten colours, then the same colours with another dash. */
function styleOf(index: number): Pick<Series, "colour" | "dash"> {
  return { colour: index % COLOUR_COUNT, dash: Math.floor(index / 3) % 4 };
}

interface LatencyChart {
  readonly spec: ChartSpec;
  readonly latency: Latency;
  readonly targetMs?: number;
}

function latencyCharts(journal: JournalReader, binMs: number): readonly LatencyChart[] {
  const all = latencies(journal, binMs);
  const planned = journal.plan.queries.map((query): Latency => {
    const found = all.find((latency) => latency.queryClass === query.name);
    return (
      found ?? { name: query.name, queryClass: query.name, p50: [], p95: [], count: 0, cells: [] }
    );
  });
  const bank = all.filter((latency) => latency.queryClass === undefined);
  const unplanned = all.filter(
    (latency) => latency.queryClass !== undefined && !planned.includes(latency),
  );
  const shown = [
    ...(bank.length === 0 ? [{ name: "bank", p50: [], p95: [], count: 0, cells: [] }] : bank),
    ...planned,
    ...unplanned,
  ];
  return shown.map((latency, index) => {
    const query = journal.plan.queries.find(({ name }) => name === latency.queryClass);
    return {
      spec: latencyChart(latency, index, journal, binMs),
      latency,
      ...(query === undefined ? {} : { targetMs: query.targetMs }),
    };
  });
}

function latencyChart(
  latency: Latency,
  index: number,
  journal: JournalReader,
  binMs: number,
): ChartSpec {
  const { queryClass } = latency;
  const query = journal.plan.queries.find((entry) => entry.name === queryClass);
  return {
    id: `chart-latency-${String(index)}`,
    title:
      queryClass === undefined
        ? `Latency of writes (${latency.name})`
        : `Latency of ${queryClass} queries`,
    description: `Median and 95th percentile of ${formatNumber(latency.count)} operations from their intended start, in stretches of ${formatNumber(binMs / 1000)} s; logarithmic.`,
    unit: `from the intended start, each ${formatNumber(binMs / 1000)} s, logarithmic`,
    scale: "log",
    series: [
      { name: "p95", points: latency.p95, shape: "line", colour: queryClass === undefined ? 0 : 4 },
      {
        name: "p50",
        points: latency.p50,
        shape: "line",
        colour: queryClass === undefined ? 0 : 4,
        dash: 2,
      },
    ],
    format: formatTickMs,
    ...(query === undefined
      ? {}
      : { target: { value: query.targetMs, label: `target ${formatTickMs(query.targetMs)}` } }),
    heightPx: queryClass === undefined ? 110 : 95,
  };
}

function outcomesChart(journal: JournalReader, binMs: number): ChartSpec {
  const { ok, notOk } = queryOutcomes(journal, binMs);
  return {
    id: "chart-queries",
    title: "Queries answered and not answered",
    description:
      "Queries per second that ended ok, and those that failed, are unknown or were never started.",
    unit: `queries/s, each ${formatNumber(binMs / 1000)} s`,
    scale: "linear",
    series: [
      { name: "ok", points: ok, shape: "line", colour: 2 },
      { name: "failed, unknown or dropped", points: notOk, shape: "stems", colour: 1 },
    ],
    format: formatNumber,
    heightPx: 95,
  };
}

function memoryChart(journal: JournalReader): ChartSpec {
  return {
    id: "chart-memory",
    title: "Memory of each instance",
    description: "Resident memory of each instance's processes.",
    unit: "MiB resident",
    scale: "linear",
    series: memory(journal).map((one, index) => ({
      name: one.instanceId,
      points: one.points,
      shape: "line",
      ...styleOf(index),
    })),
    format: formatNumber,
    heightPx: 140,
  };
}
