/** The verdict table, and what this run does not claim with the length it would take. */
import type { JournalReader } from "../core/contracts/journal.ts";
import type { Judgement, Verdict, VerdictStatus } from "../core/contracts/slo.ts";
import {
  formatBound,
  formatNumber,
  formatObserved,
  formatRatio,
  formatTarget,
  NONE,
  plural,
} from "./format.ts";
import { html, NOTHING } from "./markup.ts";
import type { Fragment, Markup } from "./markup.ts";
import { claimedGroups, firstDetails, MEANINGS, SYMBOLS, unclaimedOf } from "./verdicts.ts";
import type { Unclaimed, VerdictGroup } from "./verdicts.ts";

const DETAIL_COUNT_MAX = 50;

function badge(status: VerdictStatus): Markup {
  return html`<span class="badge is-${status}"
    ><span class="mark" aria-hidden="true"><span>${SYMBOLS[status]}</span></span
    >${status}</span
  >`;
}

export function claimed(judgement: Judgement): Markup {
  const groups = claimedGroups(judgement);
  const meanings = (Object.keys(MEANINGS) as VerdictStatus[]).map(
    (status) => html`<li>${badge(status)} ${MEANINGS[status]}</li>`,
  );
  return html`<section id="verdicts">
    <h2>Claimed verdicts</h2>
    ${groups.length === 0 ? html`<p class="none">No verdict was claimed or reached.</p>` : table(groups)}
    <details class="twin">
      <summary>What the words mean</summary>
      <ul class="meanings">
        ${meanings}
        <li>
          n: samples · bad: at or beyond the target · censored: never seen, counted as bad · n eff:
          samples left after correction for autocorrelation · bound: largest share of bad samples
          still plausible, one-sided 95 %
        </li>
      </ul>
    </details>
  </section>`;
}

function table(groups: readonly VerdictGroup[]): Markup {
  return html`<div class="scroll">
    <table class="verdicts">
      <thead>
        <tr>
          <th scope="col">Status</th>
          <th scope="col">Verdict and why</th>
          <th scope="col" class="r">Target</th>
          <th scope="col" class="r">Observed</th>
          <th scope="col" class="r">Samples</th>
          <th scope="col" class="r">Bad share, 95 % bound</th>
        </tr>
      </thead>
      ${groups.map(
        (group) =>
          html`<tbody>
            <tr class="group">
              <th colspan="6" scope="rowgroup">${group.title}</th>
            </tr>
            ${group.verdicts.map(row)}
          </tbody> `,
      )}
    </table>
  </div>`;
}

function row(verdict: Verdict): Markup {
  const { target, observed, sample: counts, bound: test } = verdict;
  const bare = [target, observed, counts, test].every((figure) => figure === undefined);
  const why = html`<b>${verdict.title}</b> <code>${verdict.id}</code>
    <p>${verdict.because}</p>
    ${needed(verdict)}${details(verdict)}`;
  const rest = html`${figureCell("Target", formatTarget(target))}${figureCell("Observed", formatObserved(verdict))}${figureCell("Samples", sample(verdict))}${figureCell("95 % bound", bound(verdict))}`;
  return html`<tr class="row-${verdict.status}">
    <td>${badge(verdict.status)}</td>
    ${
      bare
        ? html`<td colspan="5">${why}</td>`
        : html`<td class="why">${why}</td>
            ${rest}`
    }
  </tr> `;
}

/** On a phone a cell without a figure is left out. */
function figureCell(label: string, value: Fragment): Markup {
  return html`<td data-label="${label}" class="${value === NONE ? "r none" : "r"}">${value}</td>`;
}

function sample({ sample: counts }: Verdict): Fragment {
  if (counts === undefined) return NONE;
  const rest = [
    `${formatNumber(counts.bad)} bad`,
    `${formatNumber(counts.censored)} censored`,
    `n eff ${formatNumber(Math.floor(counts.nEff))}`,
  ];
  return html`<span>n ${formatNumber(counts.n)}</span
    >${rest.map((text) => html`<small>${text}</small>`)}`;
}

function bound(verdict: Verdict): Fragment {
  const { bound: test } = verdict;
  return test === undefined
    ? NONE
    : html`<span>${formatBound(test)}</span><small>${test.method}</small>${budgetUsed(verdict)}`;
}

/** Of the bad samples that this many samples allow. */
function budgetUsed({ sample: counts, bound: test }: Verdict): Markup {
  if (counts === undefined || test === undefined) return NOTHING;
  const allowed = counts.n * test.limit;
  if (!(allowed > 0)) return NOTHING;
  return html`<small>error budget used: ${formatRatio(counts.bad / allowed)}</small>`;
}

function needed(verdict: Verdict): Markup {
  return verdict.needed === undefined || verdict.status === "PROVEN"
    ? NOTHING
    : html`<p class="needed">Needed: ${verdict.needed}</p>`;
}

function details(verdict: Verdict): Markup {
  const lines = firstDetails(verdict.details, DETAIL_COUNT_MAX);
  if (lines.length === 0) return NOTHING;
  const count = verdict.details?.length ?? 0;
  return html`<details>
    <summary>${plural(count, "line")} of evidence</summary>
    <ul class="evidence">
      ${lines.map((line) => html`<li>${line}</li>`)}
    </ul>
  </details>`;
}

export function notClaimed(journal: JournalReader, judgement: Judgement): Markup {
  const entries = unclaimedOf(journal, judgement);
  const body =
    entries.length === 0
      ? html`<p class="none">Everything that was judged is claimed.</p>`
      : html`<div class="scroll">
          <table class="verdicts">
            <thead>
              <tr>
                <th scope="col">Status</th>
                <th scope="col">Objective</th>
                <th scope="col" class="r">Target</th>
                <th scope="col" class="r">Observed</th>
                <th scope="col">What it would take</th>
              </tr>
            </thead>
            <tbody>
              ${entries.map(unclaimedRow)}
            </tbody>
          </table>
        </div>`;
  return html`<section id="not-claimed">
    <h2>Not claimed</h2>
    <p class="lead">
      Objectives this scenario is too short, too small or not equipped to prove. They stand beside
      the run and do not decide it.
    </p>
    ${body}
  </section>`;
}

function unclaimedRow(entry: Unclaimed): Markup {
  const { verdict } = entry;
  const status =
    verdict === undefined ? html`<span class="badge">not judged</span>` : badge(verdict.status);
  return html`<tr>
    <td>${status}</td>
    <td class="why">
      <b>${entry.title}</b> <code>${entry.id}</code>
      <p>${verdict?.because ?? ""}</p>
    </td>
    ${figureCell("Target", entry.target)}${figureCell("Observed", entry.observed)}
    <td class="${entry.needed === "" ? "none" : "take"}">${entry.needed || NONE}</td>
  </tr> `;
}
