/** The master timeline: charts stacked over one time axis, phases on top, fault windows shaded through all of them. */
import type { JournalReader } from "../../core/contracts/journal.ts";
import type { Unit } from "../../core/contracts/values.ts";
import { faultWindows, phaseIntervals } from "../../core/timeline.ts";
import type { Interval, PhaseInterval } from "../../core/timeline.ts";
import { formatClock, formatDurationMs, formatNumber, unitLabel } from "../format.ts";
import { foldedTable } from "../html-table.ts";
import { html, NOTHING } from "../markup.ts";
import type { Markup } from "../markup.ts";
import { percent, renderChart, shareOf, timeAxis } from "./chart.ts";
import type { ChartSpec, Frame, Series } from "./spec.ts";
import { freshness, latencies, memory, probes, queryOutcomes, throughput } from "./series.ts";
import type { Latency, ProbeSeries } from "./series.ts";

export interface Timeline {
  readonly frame: Frame;
  readonly head: Markup;
  readonly charts: readonly Markup[];
}

const BIN_COUNT_MAX = 120;
const BINS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600];
const COLOUR_COUNT = 10;

export function timelineOf(journal: JournalReader): Timeline {
  const frame = frameOf(journal);
  const binMs = binMsFor(frame);
  const specs: readonly ChartSpec[] = [
    throughputChart(journal),
    freshnessChart(journal),
    ...probeCharts(
      "lag",
      "Lag",
      "How far behind each hop was",
      probes(journal, (name) => /lag/i.test(name)),
    ),
    ...latencyCharts(journal, binMs),
    outcomesChart(journal, binMs),
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
    charts: specs.map((spec) => renderChart(spec, frame)),
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

function latencyCharts(journal: JournalReader, binMs: number): readonly ChartSpec[] {
  const all = latencies(journal, binMs);
  const planned = journal.plan.queries.map((query): Latency => {
    const found = all.find((latency) => latency.queryClass === query.name);
    return found ?? { name: query.name, queryClass: query.name, p50: [], p95: [], count: 0 };
  });
  const bank = all.filter((latency) => latency.queryClass === undefined);
  const unplanned = all.filter(
    (latency) => latency.queryClass !== undefined && !planned.includes(latency),
  );
  const shown = [
    ...(bank.length === 0 ? [{ name: "bank", p50: [], p95: [], count: 0 }] : bank),
    ...planned,
    ...unplanned,
  ];
  return shown.map((latency, index) => latencyChart(latency, index, journal, binMs));
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

/** Ticks of a logarithmic axis: "5 ms", "20 s"; never "1 min 40 s". */
function formatTickMs(valueMs: number): string {
  const shown = Number(valueMs.toPrecision(3));
  return shown < 1000 ? `${formatNumber(shown)} ms` : `${formatNumber(shown / 1000)} s`;
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

/** Widths in pixels at which a label of 6.5 px a letter still fits: page at desktop and at phone width. */
const STRIP_WIDTH_PX = { wide: 1000, narrow: 290 };
const LETTER_PX = 6.6;

function phaseStrip(journal: JournalReader, frame: Frame): Markup {
  const phases = phaseIntervals(journal).filter(
    (interval) => interval.toMs > frame.fromMs && interval.fromMs < frame.toMs,
  );
  if (phases.length === 0) return NOTHING;
  const described = phases
    .map(({ phase, fromMs }) => `${phase} from ${formatClock(fromMs)}`)
    .join(", ");
  return html`<figure class="chart strip">
    <figcaption>
      <b>Phases and faults</b>
      <span class="unit">time since the run began; shaded: fault active, lighter: recovering</span>
    </figcaption>
    <svg class="plot" role="img" aria-labelledby="phases-t phases-d" height="56">
      <title id="phases-t">Phases and fault windows</title>
      <desc id="phases-d">${described}.</desc>
      ${phases.map((interval, index) => phaseBox(interval, index, frame))}${frame.windows.map((window) => faultBox(window, frame))}${timeAxis({ frame, heightPx: 23 })}
    </svg>
    ${phaseTable(journal)}
  </figure> `;
}

/** Every phase and fault window of the run, those before the drawing too. */
function phaseTable(journal: JournalReader): Markup {
  const rows: readonly (Interval & { readonly name: string })[] = [
    ...phaseIntervals(journal).map(({ phase, fromMs, toMs }) => ({ name: phase, fromMs, toMs })),
    ...faultWindows(journal).map((window) => ({
      name: `${window.entry.id} ${window.entry.fault} on ${window.entry.instanceId}`,
      fromMs: window.fromMs,
      toMs: window.toMs,
    })),
  ].sort((one, other) => one.fromMs - other.fromMs);
  return foldedTable({
    label: "Phases and faults as a table",
    caption: "Time since the run began",
    heads: ["what", "from", "to", "length"],
    rows: rows.map(({ name, fromMs, toMs }) => [
      name,
      formatClock(fromMs),
      formatClock(toMs),
      formatDurationMs(toMs - fromMs),
    ]),
  });
}

function phaseBox(interval: PhaseInterval, index: number, frame: Frame): Markup {
  const from = shareOf(interval.fromMs, frame);
  const to = shareOf(interval.toMs, frame);
  const textPx = interval.phase.length * LETTER_PX + 6;
  const fits = (widthPx: number): boolean => (to - from) * widthPx >= textPx;
  const label = fits(STRIP_WIDTH_PX.wide)
    ? html`<text
        class="${fits(STRIP_WIDTH_PX.narrow) ? "pl" : "pl wide"}"
        x="${percent((from + to) / 2)}"
        y="12"
        >${interval.phase}</text
      >`
    : NOTHING;
  return html`<rect
      class="phase p${index % 2}"
      x="${percent(from)}"
      y="0"
      width="${percent(to - from)}"
      height="17"
    />${label}`;
}

function faultBox(window: Frame["windows"][number], frame: Frame): Markup {
  const from = shareOf(window.fromMs, frame);
  const to = shareOf(window.toMs, frame);
  const healed = window.healedMs === undefined ? to : shareOf(window.healedMs, frame);
  const fits = (to - from) * STRIP_WIDTH_PX.narrow >= 16;
  return html`<rect
      class="hold"
      x="${percent(from)}"
      y="19"
      width="${percent(healed - from)}"
      height="17"
    /><rect
      class="mend"
      x="${percent(healed)}"
      y="19"
      width="${percent(to - healed)}"
      height="17"
    /><text class="${fits ? "pl" : "pl wide"}" x="${percent((from + to) / 2)}" y="31.5"
      >${window.label}</text
    >`;
}
