/** Text that stays text in Markdown, and rows of its tables. */

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
