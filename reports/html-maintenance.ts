/** The section on compaction and expiry beside the stream. */
import type { JournalReader } from "../core/contracts/journal.ts";
import { scrollTable } from "./html-table.ts";
import { maintenanceFacts } from "./maintenance.ts";
import { html, NOTHING } from "./markup.ts";
import type { Markup } from "./markup.ts";

export function maintenance(journal: JournalReader): Markup {
  const facts = maintenanceFacts(journal);
  if (facts === undefined) return NOTHING;
  return html`<section>
    <h2>Maintenance of the lake beside the stream</h2>
    <p class="lead">${facts.text}</p>
    ${facts.table === undefined ? NOTHING : scrollTable(facts.table)}
  </section>`;
}
