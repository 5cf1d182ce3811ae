/** Recovery strip: one bar a fault, measured against the budget computed from the configuration. */
import type { FaultWindow } from "../../core/timeline.ts";
import { formatDurationMs } from "../format.ts";
import { foldedTable } from "../html-table.ts";
import { html, NOTHING } from "../markup.ts";
import type { Markup } from "../markup.ts";
import { percent } from "./chart.ts";
import { linearScale } from "./scale.ts";

export interface Recovery {
  readonly label: string;
  /** Without the fault's name, for a phone. */
  readonly shortLabel: string;
  readonly budgetMs: number;
  readonly measuredMs?: number;
  /** How long was waited in vain. */
  readonly censoredAtMs?: number;
}

export function recoveryOf(window: FaultWindow): Recovery {
  const { entry } = window;
  const names = {
    label: `${entry.id} ${entry.fault} on ${entry.instanceId}`,
    shortLabel: `${entry.id} ${entry.instanceId}`,
  };
  const budgetMs = entry.recoveryBudgetMs;
  if (window.recoveryMs !== undefined) return { ...names, budgetMs, measuredMs: window.recoveryMs };
  return { ...names, budgetMs, censoredAtMs: window.toMs - (window.healedMs ?? window.fromMs) };
}

export function recoveryText(recovery: Recovery): string {
  return `${measuredText(recovery)}, budget ${formatDurationMs(recovery.budgetMs)}`;
}

function measuredText(recovery: Recovery): string {
  return recovery.measuredMs === undefined
    ? `not recovered after ${formatDurationMs(recovery.censoredAtMs ?? 0)}`
    : formatDurationMs(recovery.measuredMs);
}

const ROW_PX = 36;
const AXIS_PX = 20;

export function recoveryStrip(windows: readonly FaultWindow[]): Markup {
  const rows = windows.map(recoveryOf);
  if (rows.length === 0) return NOTHING;
  const scale = linearScale(
    rows.flatMap((row) =>
      [row.budgetMs, row.measuredMs ?? row.censoredAtMs ?? 0].map((ms) => ms / 1000),
    ),
    5,
  );
  const place = (ms: number): string => percent(scale.position(ms / 1000));
  const heightPx = rows.length * ROW_PX;
  return html`<figure class="chart full">
    <figcaption>
      <b>Recovery against budget</b>
      <span class="unit"
        >seconds from the fault being undone to the first canary seen end to end</span
      >
      <ul class="legend">
        <li><i class="key k-box measured"></i>measured</li>
        <li><i class="key k-box budget"></i>budget</li>
        <li><i class="key k-tri">▷</i>not recovered while we looked</li>
      </ul>
    </figcaption>
    <svg
      class="plot"
      role="img"
      aria-labelledby="recovery-t recovery-d"
      height="${heightPx + AXIS_PX}"
    >
      <title id="recovery-t">Recovery time of each fault against its budget</title>
      <desc id="recovery-d">
        ${rows.map((row) => `${row.label}: ${recoveryText(row)}`).join("; ")}.
      </desc>
      ${scale.ticks.map((tick) => html`<line class="grid" x1="${percent(scale.position(tick))}" x2="${percent(scale.position(tick))}" y1="0" y2="${heightPx}" /><text class="xl" x="${percent(scale.position(tick))}" y="${heightPx + 14}">${tick} s</text>`)}
      ${rows.map((row, index) => bar(row, index * ROW_PX, place))}
    </svg>
    ${foldedTable({
      label: "Recovery as a table",
      heads: ["fault", "measured", "budget"],
      rows: rows.map((row) => [row.label, measuredText(row), formatDurationMs(row.budgetMs)]),
    })}
  </figure> `;
}

function bar(row: Recovery, topPx: number, place: (ms: number) => string): Markup {
  const measuredMs = row.measuredMs ?? row.censoredAtMs ?? 0;
  const over = row.measuredMs === undefined || row.measuredMs > row.budgetMs;
  const mark =
    row.measuredMs === undefined
      ? html`<text class="tri" x="${place(measuredMs)}" dx="7" y="${topPx + 25}" dy=".35em"
          >▷</text
        >`
      : NOTHING;
  const y = topPx + 13;
  return html`<text class="rl wide" x="0" y="${y}">${row.label}: ${recoveryText(row)}</text
    ><text class="rl narrow" x="0" y="${y}">${row.shortLabel}: ${measuredText(row)}</text
    ><rect class="budget" x="0" y="${topPx + 19}" width="${place(row.budgetMs)}" height="12" /><rect
      class="${over ? "measured over" : "measured"}"
      x="0"
      y="${topPx + 22}"
      width="${place(measuredMs)}"
      height="6"
    />${mark} `;
}

/** The same bar alone, for the card of one fault. */
export function recoveryBar(recovery: Recovery, id: string): Markup {
  const measuredMs = recovery.measuredMs ?? recovery.censoredAtMs ?? 0;
  const maxMs = Math.max(recovery.budgetMs, measuredMs, 1);
  const over = recovery.measuredMs === undefined || recovery.measuredMs > recovery.budgetMs;
  return html`<svg class="bar" role="img" aria-labelledby="${id}-t" height="12">
    <title id="${id}-t">Recovery ${recoveryText(recovery)}</title>
    <rect class="budget" x="0" y="0" width="${percent(recovery.budgetMs / maxMs)}" height="12" />
    <rect
      class="${over ? "measured over" : "measured"}"
      x="0"
      y="3"
      width="${percent(measuredMs / maxMs)}"
      height="6"
    />
  </svg>`;
}
