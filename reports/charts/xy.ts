/** A static chart whose x axis is not the time of the run: distributions, ladders, histories. */
import { foldedTable } from "../html-table.ts";
import type { TableData } from "../html-table.ts";
import { html, NOTHING } from "../markup.ts";
import type { Markup } from "../markup.ts";
import { DRAWING_WIDTH, percent } from "./chart.ts";
import type { Scale } from "./scale.ts";

const TOP_PX = 15;
const BOTTOM_PX = 18;

export interface XyPoint {
  readonly x: number;
  readonly y: number;
}

export interface XySpec {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** Beside the title: what the axes are. */
  readonly unit: string;
  readonly x: Scale;
  readonly y: Scale;
  readonly xText: (value: number) => string;
  readonly yText: (value: number) => string;
  readonly lines: readonly {
    readonly name: string;
    readonly points: readonly XyPoint[];
    readonly colour: number;
    readonly dash?: number;
  }[];
  /** A shape and a colour go together. */
  readonly marks?: readonly (XyPoint & { readonly symbol: string; readonly className: string })[];
  readonly markNames?: readonly {
    readonly symbol: string;
    readonly className: string;
    readonly name: string;
  }[];
  readonly verticals?: readonly {
    readonly x: number;
    readonly label: string;
    readonly className?: string;
  }[];
  readonly heightPx: number;
  readonly twin: TableData;
}

export function xyChart(spec: XySpec): Markup {
  const { id, heightPx, x, y } = spec;
  const px = (value: number): number => Math.round(x.position(value) * DRAWING_WIDTH);
  const py = (value: number): number => Math.round((1 - y.position(value)) * heightPx * 10) / 10;
  const top = (value: number): number => Math.round((py(value) + TOP_PX) * 10) / 10;
  const allPx = heightPx + TOP_PX + BOTTOM_PX;
  return html`<figure class="chart" id="${id}">
    <figcaption>
      <b>${spec.title}</b> <span class="unit">${spec.unit}</span>${legend(spec)}
    </figcaption>
    <div class="axes">
      <svg class="axis" aria-hidden="true" height="${allPx}">
        ${y.ticks.map((tick) => html`<text class="yl" x="100%" dx="-8" y="${top(tick)}" dy=".32em">${spec.yText(tick)}</text>`)}
      </svg>
      <svg class="plot" role="img" aria-labelledby="${id}-t ${id}-d" height="${allPx}">
        <title id="${id}-t">${spec.title}</title>
        <desc id="${id}-d">${spec.description}</desc>
        ${y.ticks.map((tick) => html`<line class="grid" x1="0" x2="100%" y1="${top(tick)}" y2="${top(tick)}" />`)}
        ${x.ticks.map((tick, index) => html`<text class="${index % 2 === 0 ? "xl" : "xl wide"}" x="${percent(x.position(tick))}" y="${allPx - 3}">${spec.xText(tick)}</text>`)}
        <svg
          y="${TOP_PX}"
          width="100%"
          height="${heightPx}"
          viewBox="0 0 ${DRAWING_WIDTH} ${heightPx}"
          preserveAspectRatio="none"
          overflow="visible"
        >
          ${spec.lines.map(
            (line) =>
              html`<path
                class="ln c${line.colour} e${line.dash ?? 0}"
                d="${line.points.map((point, index) => `${index === 0 ? "M" : "L"}${String(px(point.x))} ${String(py(point.y))}`).join("")}"
              />`,
          )}
        </svg>
        ${(spec.verticals ?? []).map(
          (line) =>
            html`<line
                class="target ${line.className ?? ""}"
                x1="${percent(x.position(line.x))}"
                x2="${percent(x.position(line.x))}"
                y1="${TOP_PX - 4}"
                y2="${heightPx + TOP_PX}"
              />
              <text
                class="${x.position(line.x) > 0.7 ? "tl" : "tl start"}"
                x="${percent(x.position(line.x))}"
                dx="${x.position(line.x) > 0.7 ? -4 : 4}"
                y="${TOP_PX + 6}"
                >${line.label}</text
              >`,
        )}
        ${(spec.marks ?? []).map((mark) => html`<text class="mk ${mark.className}" x="${percent(x.position(mark.x))}" y="${top(mark.y)}" dy=".35em">${mark.symbol}</text>`)}
      </svg>
    </div>
    ${foldedTable(spec.twin)}
  </figure> `;
}

function legend(spec: XySpec): Markup {
  const lines = spec.lines.length < 2 ? [] : spec.lines;
  const marks = spec.markNames ?? [];
  if (lines.length + marks.length === 0) return NOTHING;
  return html`<ul class="legend">
    ${lines.map((line) => html`<li><i class="key k-line c${line.colour} e${line.dash ?? 0}"></i>${line.name}</li>`)}
    ${marks.map((mark) => html`<li><i class="key k-mark ${mark.className}">${mark.symbol}</i>${mark.name}</li>`)}
  </ul>`;
}
