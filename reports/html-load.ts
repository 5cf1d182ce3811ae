/** The loads in figures: what was offered to each, how it ended, and how long it took. */
import type { JournalReader } from "../core/contracts/journal.ts";
import { scrollTable } from "./html-table.ts";
import { loadTables } from "./load.ts";
import { html } from "./markup.ts";
import type { Markup } from "./markup.ts";

export function load(journal: JournalReader): Markup {
  const tables = loadTables(journal);
  if (tables.length === 0) {
    return html`<section id="load">
      <h2>Load</h2>
      <p class="none">no samples: the run never came to its measured time</p>
    </section>`;
  }
  return html`<section id="load">
    ${tables.map(
      ({ title, lead, heads, rows }, index) =>
        html`${index === 0 ? html`<h2>${title}</h2>` : html`<h3>${title}</h3>`}
          <p class="lead">${lead}</p>
          ${scrollTable({ label: title, heads, rows })}`,
    )}
  </section>`;
}
