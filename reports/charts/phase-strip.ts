/** The strip on top of the timeline: phases and fault windows, with every one of them in a table. */
import type { JournalReader } from "../../core/contracts/journal.ts";
import { faultWindows, phaseIntervals } from "../../core/timeline.ts";
import type { Interval, PhaseInterval } from "../../core/timeline.ts";
import { formatClock, formatDurationMs } from "../format.ts";
import { foldedTable } from "../html-table.ts";
import { html, NOTHING } from "../markup.ts";
import type { Markup } from "../markup.ts";
import { CURSOR_LINE, percent, shareOf, timeAxis } from "./chart.ts";
import type { Frame } from "./spec.ts";

/** Widths in pixels at which a label of 6.5 px a letter still fits: page at desktop and at phone width. */
const STRIP_WIDTH_PX = { wide: 1000, narrow: 290 };
const LETTER_PX = 6.6;

export function phaseStrip(journal: JournalReader, frame: Frame): Markup {
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
    <div class="axes">
      <svg class="axis" aria-hidden="true" height="56"></svg>
      <div class="pan">
        <svg class="plot" role="img" aria-labelledby="phases-t phases-d" height="56">
          <title id="phases-t">Phases and fault windows</title>
          <desc id="phases-d">${described}.</desc>
          ${phases.map((interval, index) => phaseBox(interval, index, frame))}${frame.windows.map((window) => faultBox(window, frame))}${timeAxis({ frame, heightPx: 23 })}${CURSOR_LINE}
        </svg>
      </div>
    </div>
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
    timesMs: rows.map(({ fromMs }) => fromMs),
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
