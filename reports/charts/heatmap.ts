/** Latency heat map of one query class: counts by time and latency, logarithmic. Counts are never averaged. */
import { formatClock, formatNumber, formatTickMs } from "../format.ts";
import { foldedTable } from "../html-table.ts";
import { html, NOTHING } from "../markup.ts";
import type { Markup } from "../markup.ts";
import { DRAWING_WIDTH, plotted, shareOf, targetLine } from "./chart.ts";
import { logScaleBetween } from "./scale.ts";
import type { Frame } from "./spec.ts";
import { stretches } from "./twin.ts";

/** Rows of one latency decade. */
export const HEAT_ROWS_PER_DECADE = 8;
/** Rows of the drawing that one column of the table holds. */
const ROWS_PER_BAND = 4;
const ROW_PX = 6;
const HEIGHT_PX_MIN = 72;

export interface HeatCell {
  readonly fromMs: number;
  /** Latencies from 10^(row/8) ms on. */
  readonly row: number;
  readonly count: number;
}

export interface HeatSpec {
  readonly id: string;
  readonly queryClass: string;
  readonly cells: readonly HeatCell[];
  readonly binMs: number;
  readonly targetMs?: number;
}

/** Counts from which a cell is one shade darker, as shares of the fullest cell. */
const SHADES = [0, 0.05, 0.2, 0.45, 0.75];

const edgeMs = (row: number): number => 10 ** (row / HEAT_ROWS_PER_DECADE);

export function heatmap(spec: HeatSpec, frame: Frame): Markup {
  const { id, queryClass, binMs, targetMs } = spec;
  const cells = spec.cells.filter(({ fromMs }) => fromMs >= frame.fromMs && fromMs < frame.toMs);
  const title = `Latency of ${queryClass} queries, every one of them`;
  if (cells.length === 0) {
    return html`<figure class="chart empty" id="${id}">
      <figcaption><b>${title}</b></figcaption>
      <p class="none">no samples</p>
    </figure> `;
  }
  const rows = cells.map(({ row }) => row);
  const targetRow =
    targetMs === undefined ? [] : [Math.floor(Math.log10(targetMs) * HEAT_ROWS_PER_DECADE)];
  const low = Math.min(...rows, ...targetRow);
  const high = Math.max(...rows, ...targetRow) + 1;
  const scale = logScaleBetween(edgeMs(low), edgeMs(high));
  const heightPx = Math.max(HEIGHT_PX_MIN, (high - low) * ROW_PX);
  const plot = { frame, scale, heightPx };
  const most = cells.reduce((max, { count }) => Math.max(max, count), 0);
  const description =
    `Number of ${queryClass} queries by latency, in stretches of ${formatNumber(binMs / 1000)} s; ` +
    `the darkest cell holds ${formatNumber(most)}.`;
  return html`<figure class="chart" id="${id}">
    <figcaption>
      <b>${title}</b>
      <span class="unit"
        >queries by latency, each ${formatNumber(binMs / 1000)} s, logarithmic; darkest:
        ${formatNumber(most)}</span
      >${legend(most)}
    </figcaption>
    ${plotted({ id, title, description, format: formatTickMs }, plot, {
      stretched: html`${shadePaths(cells, most, { frame, binMs, high, rowPx: heightPx / (high - low) })}`,
      fixed:
        targetMs === undefined
          ? NOTHING
          : targetLine({ value: targetMs, label: `target ${formatTickMs(targetMs)}` }, plot),
    })}
    ${twin(title, cells, frame)}
  </figure> `;
}

function legend(most: number): Markup {
  const from = SHADES.map((share) => Math.max(1, Math.ceil(share * most)));
  return html`<ul class="legend">
    ${from.map((count, shade) =>
      count === from[shade - 1]
        ? NOTHING
        : html`<li><i class="key k-heat h${shade}"></i>${formatNumber(count)}+</li>`,
    )}
  </ul>`;
}

interface CellPlace {
  readonly frame: Frame;
  readonly binMs: number;
  readonly high: number;
  readonly rowPx: number;
}

/** One path a shade: thousands of rectangles would be most of the page. */
function shadePaths(cells: readonly HeatCell[], most: number, place: CellPlace): readonly Markup[] {
  const { frame, binMs, high, rowPx } = place;
  const paths = SHADES.map(() => "");
  const x = (atMs: number): number => Math.round(shareOf(atMs, frame) * DRAWING_WIDTH);
  for (const { fromMs, row, count } of cells) {
    const shade = SHADES.findLastIndex((share) => count >= share * most);
    const left = x(fromMs);
    const width = Math.max(1, x(fromMs + binMs) - left);
    const top = Math.round((high - row - 1) * rowPx * 10) / 10;
    const height = Math.round(rowPx * 10) / 10;
    paths[shade] =
      `${paths[shade] ?? ""}M${String(left)} ${String(top)}h${String(width)}v${String(height)}h-${String(width)}z`;
  }
  return paths.map((d, shade) =>
    d === "" ? NOTHING : html`<path class="heat h${shade}" d="${d}" />`,
  );
}

function twin(title: string, cells: readonly HeatCell[], frame: Frame): Markup {
  const bandOf = (row: number): number => Math.floor(row / ROWS_PER_BAND);
  const bands = [...new Set(cells.map(({ row }) => bandOf(row)))].sort((a, b) => a - b);
  const rows = stretches(frame).flatMap(({ fromMs, toMs }) => {
    const own = cells.filter((cell) => cell.fromMs >= fromMs && cell.fromMs < toMs);
    if (own.length === 0) return [];
    const counts = bands.map((band) =>
      own.reduce((sum, cell) => sum + (bandOf(cell.row) === band ? cell.count : 0), 0),
    );
    return [{ fromMs, cells: [formatClock(fromMs), ...counts.map(formatNumber)] }];
  });
  return foldedTable({
    label: `${title}, as a table`,
    caption: `${title}: how many, by latency, from each time on`,
    heads: ["from", ...bands.map((band) => `from ${formatTickMs(edgeMs(band * ROWS_PER_BAND))}`)],
    rows: rows.map((row) => row.cells),
    timesMs: rows.map(({ fromMs }) => fromMs),
  });
}
