/**
 * One static SVG chart: no script, readable at any width. The drawing stretches with the page while text keeps its
 * size, because only the inner <svg> has a viewBox; labels sit at percentages of the outer one.
 */
import { html, NOTHING } from "../markup.ts";
import type { Markup } from "../markup.ts";
import { formatClock } from "../format.ts";
import { downsample, segments } from "./downsample.ts";
import type { Point } from "./downsample.ts";
import { linearScale, logScale, timeTicks } from "./scale.ts";
import type { Scale } from "./scale.ts";
import type { ChartSpec, Frame, Series } from "./spec.ts";
import { tableTwin } from "./twin.ts";

export const DRAWING_WIDTH = 2000;
const TOP_PX = 15;
const BOTTOM_PX = 18;
const BUCKET_COUNT_MAX = 300;
const CENSORED_COUNT_MAX = 200;
const TICK_COUNT_MAX = 12;
/** Share of the width below which two fault labels would touch on a phone. */
const LABEL_GAP_SHARE = 0.06;

export function renderChart(spec: ChartSpec, frame: Frame): Markup {
  const inFrame = ({ xMs, y }: Point): boolean =>
    xMs >= frame.fromMs && xMs <= frame.toMs && Number.isFinite(y);
  const series = spec.series
    .map((one) => ({ ...one, points: one.points.filter(inFrame) }))
    .filter((one) => one.points.length > 0);
  const censored = (spec.censored ?? []).filter(inFrame);
  const empty = series.length === 0 && censored.length === 0;
  return html`<figure class="${empty ? "chart empty" : "chart"}" id="${spec.id}">
    <figcaption>
      <b>${spec.title}</b> <span class="unit">${spec.unit}</span>${legend(series, censored)}
    </figcaption>
    ${empty ? html`<p class="none">no samples</p>` : drawing(spec, frame, series, censored)}
    ${empty ? NOTHING : tableTwin(spec, series, censored, frame)}
  </figure> `;
}

function legend(series: readonly Series[], censored: readonly Point[]): Markup {
  const keys = series.map(
    (one) =>
      html`<li><i class="key k-${one.shape} c${one.colour} e${one.dash ?? 0}"></i>${one.name}</li>`,
  );
  const unseen =
    censored.length === 0
      ? NOTHING
      : html`<li><i class="key k-tri">▷</i>not seen (age at least)</li>`;
  return html`<ul class="legend">
    ${keys}${unseen}
  </ul>`;
}

function drawing(
  spec: ChartSpec,
  frame: Frame,
  series: readonly Series[],
  censored: readonly Point[],
): Markup {
  const values = [...series.flatMap((one) => one.points), ...censored].map((point) => point.y);
  if (spec.target !== undefined) values.push(spec.target.value);
  const scale = spec.scale === "log" ? logScale(values) : linearScale(values);
  const plot: Plot = { frame, scale, heightPx: spec.heightPx };
  return plotted(spec, plot, {
    stretched: html`${series.map((one) => path(one, plot))}`,
    fixed: html`${spec.target === undefined ? NOTHING : targetLine(spec.target, plot)}${triangles(censored, plot)}`,
  });
}

export interface Plot {
  readonly frame: Frame;
  readonly scale: Scale;
  readonly heightPx: number;
}

interface Layers {
  /** In units of DRAWING_WIDTH by the height; stretches with the page. */
  readonly stretched: Markup;
  /** On top, at percentages. */
  readonly fixed: Markup;
}

/** Axes, shaded faults and the cursor around whatever is drawn over the time axis. */
export function plotted(
  spec: Pick<ChartSpec, "id" | "title" | "description" | "format">,
  plot: Plot,
  { stretched, fixed }: Layers,
): Markup {
  const { heightPx } = plot;
  const allPx = heightPx + TOP_PX + BOTTOM_PX;
  return html`<div class="axes">
    <svg class="axis" aria-hidden="true" height="${allPx}">${labels(plot, spec.format)}</svg>
    <div class="pan">
      <svg class="plot" role="img" aria-labelledby="${spec.id}-t ${spec.id}-d" height="${allPx}">
        <title id="${spec.id}-t">${spec.title}</title>
        <desc id="${spec.id}-d">${spec.description}</desc>
        ${shading(plot)}${grid(plot)}${timeAxis(plot)}
        <svg
          y="${TOP_PX}"
          width="100%"
          height="${heightPx}"
          viewBox="0 0 ${DRAWING_WIDTH} ${heightPx}"
          preserveAspectRatio="none"
          overflow="visible"
        >
          ${stretched}
        </svg>
        ${fixed}${CURSOR_LINE}
      </svg>
    </div>
  </div>`;
}

/** Shown and moved by the script alone. */
export const CURSOR_LINE = html`<line class="at" x1="0" x2="0" y1="0" y2="100%" />`;

export function shareOf(atMs: number, frame: Frame): number {
  const share = (atMs - frame.fromMs) / Math.max(1, frame.toMs - frame.fromMs);
  return Math.min(1, Math.max(0, share));
}

/** Of the width, for attributes. */
export function percent(share: number): string {
  return `${String(Math.round(share * 10_000) / 100)}%`;
}

const rounded = (value: number): number => Math.round(value * 10) / 10;

function yOf(value: number, { scale, heightPx }: Plot): number {
  return rounded((1 - scale.position(value)) * heightPx);
}

function shading({ frame, heightPx }: Plot): Markup {
  let labelledShare = Number.NEGATIVE_INFINITY;
  const shades = frame.windows.map((window) => {
    const from = shareOf(window.fromMs, frame);
    const to = shareOf(window.toMs, frame);
    const healed = window.healedMs === undefined ? to : shareOf(window.healedMs, frame);
    const crowded = from - labelledShare < LABEL_GAP_SHARE;
    if (!crowded) labelledShare = from;
    return html`<rect
        class="hold"
        x="${percent(from)}"
        y="0"
        width="${percent(healed - from)}"
        height="${heightPx + TOP_PX}"
      /><rect
        class="mend"
        x="${percent(healed)}"
        y="0"
        width="${percent(to - healed)}"
        height="${heightPx + TOP_PX}"
      /><text class="${crowded ? "fl wide" : "fl"}" x="${percent(from)}" dx="3" y="11"
        >${window.label}</text
      >`;
  });
  return html`${shades}`;
}

function grid(plot: Plot): Markup {
  return html`${plot.scale.ticks.map((tick) => {
    const y = rounded(yOf(tick, plot) + TOP_PX);
    return html`<line class="grid" x1="0" x2="100%" y1="${y}" y2="${y}" />`;
  })}`;
}

/** Apart from the drawing, so that they stay when it is zoomed and scrolled. */
function labels(plot: Plot, format: (value: number) => string): Markup {
  return html`${plot.scale.ticks.map(
    (tick) =>
      html`<text class="yl" x="100%" dx="-8" y="${rounded(yOf(tick, plot) + TOP_PX)}" dy=".32em"
        >${format(tick)}</text
      >`,
  )}`;
}

/** On a phone only every third time is shown. */
export function timeAxis({ frame, heightPx }: Pick<Plot, "frame" | "heightPx">): Markup {
  const ticks = timeTicks(frame.fromMs, frame.toMs, TICK_COUNT_MAX);
  return html`${ticks.map((tick, index) => {
    const x = percent(shareOf(tick, frame));
    return html`<line
        class="grid"
        x1="${x}"
        x2="${x}"
        y1="${TOP_PX + heightPx}"
        y2="${TOP_PX + heightPx + 4}"
      /><text class="${index % 3 === 0 ? "xl" : "xl wide"}" x="${x}" y="${TOP_PX + heightPx + 15}"
        >${formatClock(tick)}</text
      >`;
  })}`;
}

function path(series: Series, plot: Plot): Markup {
  const x = (point: Point): number => Math.round(shareOf(point.xMs, plot.frame) * DRAWING_WIDTH);
  const y = (point: Point): number => yOf(point.y, plot);
  const style = `c${String(series.colour)} e${String(series.dash ?? 0)}`;
  if (series.shape === "line") {
    const d = segments(series.points)
      .map((part) => {
        const share = part.length / series.points.length;
        return polyline(downsample(part, Math.max(1, Math.floor(share * BUCKET_COUNT_MAX))), x, y);
      })
      .join("");
    return html`<path class="ln ${style}" d="${d}" /> `;
  }
  const points = downsample(series.points, BUCKET_COUNT_MAX);
  if (series.shape === "dots") {
    // A line of no length with round ends stays a circle however the drawing is stretched.
    const d = points.map((point) => `M${String(x(point))} ${String(y(point))}h.01`).join("");
    return html`<path class="dots ${style}" d="${d}" /> `;
  }
  const baseY = String(yOf(plot.scale.min, plot));
  const d = points
    .filter((point) => point.y > plot.scale.min)
    .map((point) => `M${String(x(point))} ${baseY}V${String(y(point))}`)
    .join("");
  return html`<path class="stems ${style}" d="${d}" /> `;
}

function polyline(
  points: readonly Point[],
  x: (point: Point) => number,
  y: (point: Point) => number,
): string {
  const [first] = points;
  if (first === undefined) return "";
  // One sample alone is drawn as a short dash: a line of no length would be invisible.
  if (points.length === 1) return `M${String(x(first))} ${String(y(first))}h6`;
  const places = points.map((point) => `${String(x(point))} ${String(y(point))}`);
  return `M${places.join("L")}`;
}

export function targetLine(target: NonNullable<ChartSpec["target"]>, plot: Plot): Markup {
  const y = rounded(yOf(target.value, plot) + TOP_PX);
  const labelY = y - TOP_PX < 14 ? y + 12 : y - 4;
  return html`<line class="target" x1="0" x2="100%" y1="${y}" y2="${y}" /><text
      class="tl"
      x="100%"
      dx="-2"
      y="${labelY}"
      >${target.label}</text
    > `;
}

function triangles(censored: readonly Point[], plot: Plot): Markup {
  return html`${downsample(censored, CENSORED_COUNT_MAX / 2).map(
    (point) =>
      html`<text
        class="tri"
        x="${percent(shareOf(point.xMs, plot.frame))}"
        y="${rounded(yOf(point.y, plot) + TOP_PX)}"
        dy=".35em"
        >▷</text
      >`,
  )}`;
}
