/** Top of the page: the verdict and why, what is odd about the run, and the key figures. */
import type { JournalReader } from "../core/contracts/journal.ts";
import type { Judgement } from "../core/contracts/slo.ts";
import { EXIT_CODES } from "../core/errors.ts";
import { queryLatency, runFacts } from "./facts.ts";
import type { RunFacts } from "./facts.ts";
import { formatDurationMs, formatNumber, formatUtc, NONE, plural } from "./format.ts";
import { definitions } from "./html-table.ts";
import { html, NOTHING } from "./markup.ts";
import type { Fragment, Markup } from "./markup.ts";
import { claimedLine, SYMBOLS } from "./verdicts.ts";

export function banner(journal: JournalReader, judgement: Judgement): Markup {
  const { certifiable, exit, status } = judgement;
  const about = Object.entries(EXIT_CODES).find(([code]) => code === String(exit.code))?.[1];
  const meta: readonly (readonly [string, Fragment])[] = [
    ["Run", html`<code>${judgement.runId}</code>`],
    ["Scenario", judgement.scenario],
    ["Seed", html`<code>${judgement.seed}</code>`],
    ["Started", formatUtc(journal.startedAtEpochMs)],
    ["Duration", formatDurationMs(journal.endMs)],
    ["Exit code", html`<b>${exit.code}</b> ${about ?? ""}`],
  ];
  return html`<section class="banner is-${status}" aria-labelledby="verdict">
    <h1 id="verdict">
      <span class="mark" aria-hidden="true"><span>${SYMBOLS[status]}</span></span> ${status}
    </h1>
    <p class="because">${judgement.because}</p>
    <p class="purpose">${journal.plan.purpose}</p>
    <p class="${certifiable.value ? "cert yes" : "cert"}">
      ${certifiable.value ? "Certifiable: measured on the specified hardware." : html`<b>Not certifiable:</b> ${certifiable.reason}`}
    </p>
    ${definitions("meta", meta)} ${reasons(exit.reasons)}
    <p class="claimed">
      ${claimedLine(judgement)}. The whole is the worst of its claimed parts; there is no score.
    </p>
  </section>`;
}

function reasons(lines: readonly string[]): Markup {
  if (lines.length === 0) return NOTHING;
  return html`<ul class="reasons">
    ${lines.map((line) => html`<li>${line}</li>`)}
  </ul> `;
}

/** Whatever makes the journal or the run less than whole, where nobody can miss it. */
export function problems(journal: JournalReader, judgement: Judgement): Markup {
  const facts = runFacts(journal);
  const lines: Fragment[] = [];
  if (facts.endReason !== "completed") lines.push(endingLine(facts));
  lines.push(...judgement.journalProblems.map((problem) => `Journal: ${problem}`));
  const residue = journal.of("residue.checked").at(-1)?.residue ?? [];
  for (const left of residue) lines.push(`Left behind: ${left}`);
  if (lines.length === 0) return NOTHING;
  return html`<section class="problems" aria-labelledby="problems">
    <h2 id="problems">Read this first</h2>
    <ul>
      ${lines.map((line) => html`<li>${line}</li>`)}
    </ul>
  </section>`;
}

function endingLine(facts: RunFacts): Fragment {
  const { error } = facts;
  const what = `The run did not complete: ${facts.endReason}.`;
  if (error === undefined) return what;
  const [first = "", ...rest] = error.message.split("\n");
  const tail =
    rest.length === 0 ? NOTHING : html`<pre class="scroll" tabindex="0">${rest.join("\n")}</pre>`;
  return html`${what} <code>${error.code}</code> ${first} <b>${error.hint}</b>${tail}`;
}

interface Card {
  readonly name: string;
  readonly value: string;
  readonly note: string;
  readonly bad?: boolean;
}

export function figures(journal: JournalReader, judgement: Judgement): Markup {
  const facts = runFacts(journal);
  return html`<section class="figures" aria-label="Key figures">
    ${cards(journal, judgement, facts).map(
      (card) =>
        html`<div class="${card.bad === true ? "card bad" : "card"}">
          <div class="name">${card.name}</div>
          <div class="value">${card.value}</div>
          <div class="note">${card.note}</div>
        </div>`,
    )}
  </section>`;
}

function cards(journal: JournalReader, judgement: Judgement, facts: RunFacts): readonly Card[] {
  const { plan } = journal;
  const { freshness, achieved } = facts;
  const query = queryLatency(journal);
  return [
    {
      name: "Events acknowledged",
      value: formatNumber(facts.eventsAcknowledged),
      note: "by PostgreSQL",
    },
    lossCard(facts),
    judgedCard(
      "Freshness p95",
      judgement,
      "freshness",
      ["canary row", "canary rows"],
      freshness === undefined
        ? undefined
        : { ms: freshness.ageMsP95, count: freshness.canaryCount, atLeast: freshness.censored },
    ),
    {
      name: "Achieved events/s",
      value: achieved === undefined ? NONE : formatNumber(Math.round(achieved.rateEventsPerS)),
      note:
        achieved === undefined
          ? "no samples"
          : `of ${formatNumber(plan.bank.rateEventsPerS)} planned, over ${formatDurationMs(achieved.overMs)}`,
    },
    judgedCard(
      "Query p95",
      judgement,
      "latency.queries",
      ["query", "queries"],
      query === undefined
        ? undefined
        : { ms: query.latencyMsP95, count: query.count, atLeast: false },
    ),
    {
      name: "Faults evidenced",
      value: `${String(facts.faultCountEvidenced)} of ${String(facts.faultCountPlanned)}`,
      note: facts.faultCountPlanned === 0 ? "none planned" : "a fault without proof does not count",
      bad: facts.faultCountEvidenced < facts.faultCountPlanned,
    },
  ];
}

interface Measured {
  readonly ms: number;
  readonly count: number;
  readonly atLeast: boolean;
}

/** Where a verdict has the same figure, its value is shown: two roundings of one thing would only raise questions. */
function judgedCard(
  name: string,
  judgement: Judgement,
  objectiveId: string,
  nouns: readonly [one: string, many: string],
  measured: Measured | undefined,
): Card {
  const verdict = judgement.verdicts.find(({ id }) => id === `objective.${objectiveId}`);
  const judged = verdict?.observed?.unit === "ms" ? verdict.observed.value : undefined;
  const count = judged === undefined ? measured?.count : (verdict?.sample?.n ?? measured?.count);
  if (count === undefined) return { name, value: NONE, note: "no samples in steady time" };
  const sign = judged === undefined && measured?.atLeast === true ? "> " : "";
  return {
    name,
    value: `${sign}${formatDurationMs(judged ?? measured?.ms ?? Number.NaN)}`,
    note: `steady time, ${plural(count, ...nouns)}`,
  };
}

function lossCard(facts: RunFacts): Card {
  if (facts.lostCount === undefined || facts.duplicatedCount === undefined) {
    return { name: "Lost / duplicated", value: NONE, note: "not compared" };
  }
  return {
    name: "Lost / duplicated",
    value: `${formatNumber(facts.lostCount)} / ${formatNumber(facts.duplicatedCount)}`,
    note: "located findings, all hops",
    bad: facts.lostCount + facts.duplicatedCount > 0,
  };
}
