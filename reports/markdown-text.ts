/** Text that stays text in Markdown, and rows of its tables. */
import type { TextTable } from "./budgets.ts";

export function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** Characters that would start markup, a table cell or HTML are neutralised. */
export function inline(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/[\\`*_[\]|#]/g, (character) => `\\${character}`)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .trim();
}

export function cell(text: string): string {
  return inline(text);
}

/** A section with its table; nothing without one. */
export function tableLines(
  title: string,
  table: TextTable | undefined,
  lead?: string,
): readonly string[] {
  if (table === undefined) return [];
  return [
    `## ${title}`,
    "",
    ...(lead === undefined ? [] : [cell(lead), ""]),
    row(table.heads.map(cell)),
    `|${table.heads.map(() => "---").join("|")}|`,
    ...table.rows.map((cells) => row(cells.map(cell))),
    "",
  ];
}
