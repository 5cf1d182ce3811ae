/** Recovery over its budget: one dot an injection, a row each kind of fault. Left of the line is within the budget. */
import type { FaultWindow } from "../../core/timeline.ts";
import { formatDurationMs, formatNumber, plural } from "../format.ts";
import { foldedTable } from "../html-table.ts";
import { html, NOTHING } from "../markup.ts";
import type { Markup } from "../markup.ts";
import { percent } from "./chart.ts";
import { recoveryOf } from "./recovery.ts";
import type { Recovery } from "./recovery.ts";
import { linearScale } from "./scale.ts";

const ROW_PX = 34;
const AXIS_PX = 20;

interface Dot {
  readonly recovery: Recovery;
  /** Measured over budget; what was waited over budget where it never came back. */
  readonly ratio: number;
  readonly censored: boolean;
}

export function recoveryRatios(windows: readonly FaultWindow[]): Markup {
  if (windows.length === 0) return NOTHING;
  const rows = [
    ...Map.groupBy(windows, ({ entry }) => `${entry.fault} (class ${entry.faultClass})`),
  ].map(([name, own]) => ({ name, dots: own.map(dotOf) }));
  const dots = rows.flatMap((row) => row.dots);
  const scale = linearScale([1, ...dots.map(({ ratio }) => ratio)], 6);
  const place = (ratio: number): string => percent(scale.position(ratio));
  const heightPx = rows.length * ROW_PX;
  const worst = dots.reduce((one, other) => (other.ratio > one.ratio ? other : one));
  return html`<figure class="chart full" id="chart-recovery-ratio">
    <figcaption>
      <b>Recovery over its budget</b>
      <span class="unit"
        >one mark an injection; 1 is the budget computed from the configuration</span
      >
      <ul class="legend">
        <li><i class="key k-mark ok">●</i>within</li>
        <li><i class="key k-mark bad">✘</i>over</li>
        <li><i class="key k-mark bad">▷</i>not recovered while we looked</li>
      </ul>
    </figcaption>
    <svg class="plot" role="img" aria-labelledby="ratio-t ratio-d" height="${heightPx + AXIS_PX}">
      <title id="ratio-t">Recovery of each fault over its budget</title>
      <desc id="ratio-d">
        ${plural(dots.length, "injection")}; largest ${ratioText(worst)} of the budget:
        ${worst.recovery.label}.
      </desc>
      ${scale.ticks.map((tick) => html`<line class="grid" x1="${place(tick)}" x2="${place(tick)}" y1="0" y2="${heightPx}" /><text class="xl" x="${place(tick)}" y="${heightPx + 14}">${formatNumber(tick)}</text>`)}
      <line class="target" x1="${place(1)}" x2="${place(1)}" y1="0" y2="${heightPx}" />
      ${rows.map(
        (row, index) =>
          html`<text class="rl" x="0" y="${index * ROW_PX + 13}">${row.name}</text>
            ${row.dots.map((dot) => html`<text class="mk ${dot.censored || dot.ratio > 1 ? "bad" : "ok"}" x="${place(dot.ratio)}" y="${index * ROW_PX + 25}" dy=".35em">${dot.censored ? "▷" : dot.ratio > 1 ? "✘" : "●"}</text>`)}`,
      )}
    </svg>
    ${foldedTable({
      label: "Recovery over its budget, as a table",
      heads: ["fault", "measured", "budget", "measured / budget"],
      rows: dots.map((dot) => [
        dot.recovery.label,
        dot.recovery.measuredMs === undefined
          ? "not recovered"
          : formatDurationMs(dot.recovery.measuredMs),
        formatDurationMs(dot.recovery.budgetMs),
        ratioText(dot),
      ]),
    })}
  </figure> `;
}

function dotOf(window: FaultWindow): Dot {
  const recovery = recoveryOf(window);
  const spentMs = recovery.measuredMs ?? recovery.censoredAtMs ?? 0;
  return {
    recovery,
    ratio: spentMs / Math.max(1, recovery.budgetMs),
    censored: recovery.measuredMs === undefined,
  };
}

function ratioText({ ratio, censored }: Dot): string {
  return `${censored ? "> " : ""}${formatNumber(Number(ratio.toPrecision(3)))}`;
}
