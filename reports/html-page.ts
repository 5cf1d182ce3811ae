/** One page that opens from disk with no network: head, navigation, what it is about, and the one script there is. */
import { createHash } from "node:crypto";
import { SCRIPT, SCRIPT_ELEMENT } from "./html-cursor.ts";
import { STYLE } from "./html-style.ts";
import { html, raw } from "./markup.ts";
import type { Markup } from "./markup.ts";

export interface Page {
  readonly title: string;
  readonly sections: readonly (readonly [id: string, name: string])[];
  readonly main: Markup;
  readonly footer: Markup;
}

// Not part of the page's template: a single added space would change the digest and void the style.
const STYLE_ELEMENT = raw(`<style>${STYLE}</style>`);

/** Nothing but our own style sheet and cursor may load or run: the file is safe to open and to forward. */
function contentPolicy(): string {
  const digest = (text: string): string =>
    `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  return `default-src 'none'; style-src ${digest(STYLE)}; script-src ${digest(SCRIPT)}; base-uri 'none'; form-action 'none'`;
}

export function htmlPage({ title, sections, main, footer }: Page): Markup {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${raw(contentPolicy())}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        <header class="top">
          <span class="brand">lakeproof</span>
          <nav aria-label="Sections">
            ${sections.map(([id, name]) => html`<a href="#${id}">${name}</a>`)}
          </nav>
        </header>
        <main>${main}</main>
        <footer>${footer}</footer>
        ${SCRIPT_ELEMENT}
      </body>
    </html> `;
}
