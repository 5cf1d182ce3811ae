/** Error budgets, power, each objective by phase and fault, and the arithmetic of the projected uptime. */
import type { Judgement } from "../core/contracts/slo.ts";
import { budgetTable, projectionTable, windowTable, type TextTable } from "./budgets.ts";
import { scrollTable } from "./html-table.ts";
import { html, NOTHING } from "./markup.ts";
import type { Markup } from "./markup.ts";

export function availability(judgement: Judgement): Markup {
  const budgets = budgetTable(judgement);
  const windows = windowTable(judgement);
  const projection = projectionTable(judgement);
  const isEmpty = [budgets, windows, projection].every((table) => table === undefined);
  return html`<section id="budgets">
    <h2>Error budgets and projected uptime</h2>
    <p class="lead">
      A burn rate of 1 uses an error budget up exactly in its period. Rows by phase and fault judge
      only themselves: what decides an objective stands with its verdict.
    </p>
    ${isEmpty ? html`<p class="none">The judgement holds none.</p>` : NOTHING} ${drawn(budgets)}
    ${drawn(windows)}
    ${
      projection === undefined
        ? NOTHING
        : html`<h3>Projected uptime</h3>
            <p>${projection.because}</p>
            ${drawn(projection)}`
    }
  </section>`;
}

function drawn(table: TextTable | undefined): Markup {
  if (table === undefined) return NOTHING;
  const { label, heads, rows } = table;
  return scrollTable({ label, heads, rows });
}
