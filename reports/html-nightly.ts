/** report.html of a night: verdict, capacity ladder, what was looked at again, history, cost and right-sizing. */
import type { NightlyReport } from "../core/contracts/nightly.ts";
import { EXIT_CODES } from "../core/errors.ts";
import type { TextTable } from "./budgets.ts";
import { laddersOf, stageTable } from "./capacity.ts";
import { COST_NOTE } from "./costs.ts";
import { formatUtc, plural } from "./format.ts";
import { capacity as ladders } from "./html-capacity.ts";
import { history } from "./html-history.ts";
import { htmlPage } from "./html-page.ts";
import { definitions, scrollTable } from "./html-table.ts";
import { html, NOTHING } from "./markup.ts";
import type { Markup } from "./markup.ts";
import {
  keptText,
  nightBecause,
  nightCostTable,
  nightWord,
  RERUN_NOTE,
  rerunTable,
  sizingNote,
  sizingTable,
} from "./nightly.ts";

export function renderNightlyPage(report: NightlyReport): string {
  const { word } = nightWord(report);
  const reruns = rerunTable(report.reruns);
  const climbed = laddersOf(report.capacity);
  const hasSteps = climbed.some(({ rungs }) => rungs.length > 0);
  const sections = [
    ["stages", "Stages"],
    ...(hasSteps ? ([["capacity", "Capacity"]] as const) : []),
    ...(reruns === undefined ? [] : ([["again", "Looked at again"]] as const)),
    ...(report.history === undefined ? [] : ([["history", "History"]] as const)),
    ["costs", "Cost"],
    ["files", "Files and rerun"],
  ] as const;
  return htmlPage({
    title: `${word}: ${report.scenario} ${report.runId} – lakeproof`,
    sections,
    main: html`
      ${banner(report)} ${tableSection("stages", "Stages", stageTable(report.capacity))}
      ${ladders(climbed)}
      ${reruns === undefined ? NOTHING : tableSection("again", "Looked at again", reruns, RERUN_NOTE)}
      ${history(report.history === undefined ? [] : [report.history])} ${costs(report)}
      ${files(report)}
    `,
    footer: html`
      Drawn by lakeproof ${report.capacity.environment.lakeproofVersion} from nightly.json alone.
    `,
  }).markup;
}

function banner(report: NightlyReport): Markup {
  const { word, symbol, status } = nightWord(report);
  const { exit, capacity } = report;
  const about = Object.entries(EXIT_CODES).find(([code]) => code === String(exit.code))?.[1];
  const { cpuModel, cpuCount } = capacity.environment;
  return html`<section class="banner is-${status}" aria-labelledby="verdict">
    <h1 id="verdict">
      <span class="mark" aria-hidden="true"><span>${symbol}</span></span> ${word}
    </h1>
    <p class="because">${nightBecause(report)}</p>
    <p class="purpose">${report.purpose}</p>
    <p class="cert">
      <b>About this machine alone:</b> ${cpuModel}, ${plural(cpuCount, "core")}. Everything that
      runs beside a stage on the same cores is part of its figure.
    </p>
    ${definitions("meta", [
      ["Run", html`<code>${report.runId}</code>`],
      ["Topology", capacity.topology],
      ["Seed", html`<code>${capacity.seed}</code>`],
      ["Started", formatUtc(report.startedAtEpochMs)],
      ["History", keptText(report)],
      ["Exit code", html`<b>${exit.code}</b> ${about ?? ""}`],
    ])}
    ${
      exit.reasons.length === 0
        ? NOTHING
        : html`<ul class="reasons">
            ${exit.reasons.map((reason) => html`<li>${reason}</li>`)}
          </ul>`
    }
  </section>`;
}

function tableSection(id: string, title: string, table: TextTable, lead?: string): Markup {
  return html`<section id="${id}">
    <h2>${title}</h2>
    ${lead === undefined ? NOTHING : html`<p class="lead">${lead}</p>`}
    ${scrollTable({ ...table, left: true })}
  </section>`;
}

function costs(report: NightlyReport): Markup {
  const { sizing } = report;
  return html`<section id="costs">
    <h2>Cost and right-sizing</h2>
    <p class="lead">${COST_NOTE}</p>
    ${scrollTable(nightCostTable(report))}
    ${
      sizing === undefined
        ? NOTHING
        : html`<h3>Right-sizing, extrapolated</h3>
            <p class="lead">${sizingNote(sizing)}</p>
            ${scrollTable(sizingTable(sizing))}`
    }
  </section>`;
}

const FILES = [
  ["nightly.json", "everything here, for programs"],
  ["capacity.json", "the search alone"],
  ["capacity.ndjson", "a line a window, as it happened"],
  ["summary.md", "this report in Markdown"],
  ["steps/", "the raw journal of each window"],
] as const;

function files({ rerun }: NightlyReport): Markup {
  return html`<section id="files">
    <h2>Raw files and rerun</h2>
    <ul class="files">
      ${FILES.map(
        ([path, about]) =>
          html`<li>
            <a href="${path}"><code>${path}</code></a> ${about}
          </li>`,
      )}
    </ul>
    <h3>Run it again</h3>
    <pre class="scroll" tabindex="0"><code>${rerun}</code></pre>
  </section>`;
}
