/**
 * Text that is safe to put between tags. The tagged template escapes whatever it is given, so a hostile table
 * name or error message can never become markup; only Markup itself passes through unchanged.
 */

export interface Markup {
  readonly markup: string;
}

export type Fragment = string | number | Markup | readonly Fragment[] | undefined;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Escapes for HTML and XML alike; characters XML 1.0 forbids become U+FFFD. */
export function escapeMarkup(text: string): string {
  return text
    .toWellFormed()
    .replace(FORBIDDEN, "\uFFFD")
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

// Control characters other than tab, line feed and carriage return are not allowed in any XML document.
// eslint-disable-next-line no-control-regex
const FORBIDDEN = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g;

/**
 * `html\`<p>${text}</p>\``: strings are escaped, Markup and arrays of it are joined, undefined is nothing.
 * Line breaks and indentation of the source are folded, so that readable templates make small files.
 */
export function html(parts: TemplateStringsArray, ...values: readonly Fragment[]): Markup {
  return joined(foldedParts(parts), values);
}

/** The same for XML, with every space of the source kept. */
export function xml(parts: TemplateStringsArray, ...values: readonly Fragment[]): Markup {
  return joined(parts, values);
}

const FOLDED = new WeakMap<TemplateStringsArray, readonly string[]>();

function foldedParts(parts: TemplateStringsArray): readonly string[] {
  const known = FOLDED.get(parts);
  if (known !== undefined) return known;
  const folded = parts.map((part) =>
    part
      .replace(/\s*\n\s*(\/?>)/g, "$1")
      .replace(/>\s*\n\s*</g, ">\n<")
      .replace(/[ \t]*\n[ \t\n]+/g, " "),
  );
  FOLDED.set(parts, folded);
  return folded;
}

function joined(parts: readonly string[], values: readonly Fragment[]): Markup {
  let markup = parts[0] ?? "";
  for (const [index, value] of values.entries()) {
    markup += textOf(value) + (parts[index + 1] ?? "");
  }
  return { markup };
}

/** Text that is known to be safe: our own style sheet, for example. */
export function raw(markup: string): Markup {
  return { markup };
}

export const NOTHING: Markup = { markup: "" };

function textOf(value: Fragment): string {
  if (value === undefined) return "";
  if (typeof value === "string") return escapeMarkup(value);
  if (typeof value === "number") return String(value);
  if (isList(value)) return value.map(textOf).join("");
  return value.markup;
}

function isList(value: Markup | readonly Fragment[]): value is readonly Fragment[] {
  return Array.isArray(value);
}
