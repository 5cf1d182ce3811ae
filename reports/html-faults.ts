/** What was injected, the proof that it bit, and how long the pipeline took to come back. */
import type { FaultEntry } from "../core/contracts/fault.ts";
import type { JournalReader } from "../core/contracts/journal.ts";
import { faultWindows, owedFaults } from "../core/timeline.ts";
import type { FaultWindow } from "../core/timeline.ts";
import { recoveryRatios } from "./charts/recovery-ratio.ts";
import { recoveryBar, recoveryOf, recoveryStrip, recoveryText } from "./charts/recovery.ts";
import { faultlessText } from "./game-day.ts";
import { formatClock, formatDurationMs } from "./format.ts";
import { html, NOTHING } from "./markup.ts";
import type { Markup } from "./markup.ts";
import { FAULT_CLASSES } from "./verdicts.ts";

export function faults(journal: JournalReader): Markup {
  const windows = faultWindows(journal);
  const entries = owedFaults(journal);
  return html`<section id="faults">
    <h2>Faults and the proof that they bit</h2>
    ${
      entries.length === 0
        ? html`<p class="none">${faultlessText(journal)}</p>`
        : html`<div class="faults">
            ${entries.map((entry) =>
              card(
                entry,
                windows.find((window) => window.entry.id === entry.id),
              ),
            )}
          </div>`
    }
    ${recoveryRatios(windows)}${recoveryStrip(windows)}
  </section>`;
}

function card(entry: FaultEntry, window: FaultWindow | undefined): Markup {
  const when =
    window === undefined
      ? "not injected"
      : `from ${formatClock(window.fromMs)} to ${formatClock(window.toMs)}`;
  return html`<article class="fault">
    <h3>
      <span class="fid">${entry.id}</span> ${entry.fault}
      <span class="on">on</span> ${entry.instanceId}
    </h3>
    <p class="sub">
      <span class="class class-${entry.faultClass}">${entry.faultClass}</span>
      ${FAULT_CLASSES[entry.faultClass]}
    </p>
    <p class="sub">
      service ${entry.service} · held ${formatDurationMs(entry.holdMs)} ·
      ${when}${paramsText(entry)}
    </p>
    ${window?.failure === undefined ? NOTHING : html`<p class="alarm">Failed: ${window.failure}</p>`}
    ${evidence(window)} ${recovery(entry, window)}
  </article> `;
}

function paramsText(entry: FaultEntry): string {
  const { params } = entry;
  if (params === null || typeof params !== "object" || Array.isArray(params)) return "";
  const parts = Object.entries(params).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return parts.length === 0 ? "" : ` · ${parts.join(", ")}`;
}

function evidence(window: FaultWindow | undefined): Markup {
  const lines = window?.evidence ?? [];
  if (window === undefined)
    return html`<p class="alarm">Never injected: nothing is known about it.</p>`;
  if (lines.length === 0) {
    return html`<p class="alarm">No evidence: it is not shown that this fault had any effect.</p>`;
  }
  return html`<ul class="evidence">
    ${lines.map((line) => html`<li>${line}</li>`)}
  </ul>`;
}

function recovery(entry: FaultEntry, window: FaultWindow | undefined): Markup {
  const formula = html`<p class="formula">Budget: ${entry.recoveryBudgetFormula}</p>`;
  if (window === undefined) return formula;
  const measured = recoveryOf(window);
  return html`<p class="rec">
      ${measured.measuredMs === undefined ? "" : "recovered in "}<b>${recoveryText(measured)}</b>
    </p>
    ${recoveryBar(measured, `bar-${entry.id}`)}${formula}`;
}
