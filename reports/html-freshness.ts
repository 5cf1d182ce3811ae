/** The section on where the time of a change goes between its intended commit and the reader. */
import type { JournalReader } from "../core/contracts/journal.ts";
import { freshnessStageBars } from "./charts/freshness-stages.ts";
import { freshnessFacts, FRESHNESS_TITLE } from "./freshness-stages.ts";
import { scrollTable } from "./html-table.ts";
import { html, NOTHING } from "./markup.ts";
import type { Markup } from "./markup.ts";

export function hasFreshnessStages(journal: JournalReader): boolean {
  return freshnessFacts(journal) !== undefined;
}

export function freshnessByStage(journal: JournalReader): Markup {
  const facts = freshnessFacts(journal);
  if (facts === undefined) return NOTHING;
  return html`<section id="freshness">
    <h2>${FRESHNESS_TITLE}</h2>
    <p>${facts.sentence}</p>
    <p class="lead">${facts.lead}</p>
    ${scrollTable(facts.table)} ${freshnessStageBars(facts.stages)}
  </section>`;
}
