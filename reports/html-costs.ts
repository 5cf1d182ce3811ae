/** Cost of the specified cluster per unit of work, and which service used how much of its memory. */
import type { JournalReader } from "../core/contracts/journal.ts";
import { COST_NOTE, costTable, sizingTable } from "./costs.ts";
import { foldedTable, scrollTable } from "./html-table.ts";
import { html, NOTHING } from "./markup.ts";
import type { Markup } from "./markup.ts";

export function costs(journal: JournalReader): Markup {
  const sizing = sizingTable(journal);
  return html`<section id="costs">
    <h2>Cost and sizing</h2>
    <p class="lead">${COST_NOTE}</p>
    ${foldedTable(costTable(journal))}
    ${
      sizing === undefined
        ? NOTHING
        : html`<h3>Right-sizing</h3>
            ${scrollTable(sizing)}`
    }
  </section>`;
}
