/** Tables of the page: one that scrolls by itself on a narrow screen, and one folded away beside a drawing. */
import { html, NOTHING } from "./markup.ts";
import type { Fragment, Markup } from "./markup.ts";

export interface TableData {
  /** What it is called for readers who cannot see it. */
  readonly label: string;
  readonly heads: readonly string[];
  /** The first cell of each row is its head. */
  readonly rows: readonly (readonly Fragment[])[];
  readonly caption?: string;
  /** Cells are text, not figures. */
  readonly left?: boolean;
  /** Where each row begins in the run: the cursor reads its row. */
  readonly timesMs?: readonly number[];
}

export function scrollTable({ label, heads, rows, caption, left, timesMs }: TableData): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">
    <table class="${left === true ? "num left" : "num"}">
      ${
        caption === undefined
          ? NOTHING
          : html`<caption>
              ${caption}
            </caption>`
      }
      <thead>
        <tr>
          ${heads.map((head) => (head === "" ? html`<td></td>` : html`<th scope="col">${head}</th>`))}
        </tr>
      </thead>
      <tbody>
        ${rows.map((cells, index) => row(cells, timesMs?.[index]))}
      </tbody>
    </table>
  </div>`;
}

function row([head, ...cells]: readonly Fragment[], atMs: number | undefined): Markup {
  const inside = html`<th scope="row">${head}</th>
    ${cells.map((cell) => html`<td>${cell}</td>`)}`;
  return atMs === undefined
    ? html`<tr>
        ${inside}
      </tr> `
    : html`<tr data-at="${Math.round(atMs)}">
        ${inside}
      </tr> `;
}

/** The same data as a drawing, for readers who cannot see it; or what only few want to read. */
export function foldedTable(data: TableData, summary: string = data.label): Markup {
  return html`<details class="twin">
    <summary>${summary}</summary>
    ${scrollTable(data)}
  </details>`;
}

/** Names with their values, side by side. */
export function definitions(
  className: string,
  entries: readonly (readonly [name: string, value: Fragment])[],
): Markup {
  return html`<dl class="${className}">
    ${entries.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}
