import { expect, test } from "vitest";
import { escapeMarkup, html, raw } from "../../../reports/markup.ts";

test("strings are escaped in text and attributes, markup is not", () => {
  const inner = html`<b title="${'"a" & <b>'}">${"it's"}</b>`;
  expect(html`<p>${inner}${["x<", raw("<i></i>")]}${undefined}${7}</p>`.markup).toBe(
    '<p><b title="&quot;a&quot; &amp; &lt;b&gt;">it&#39;s</b>x&lt;<i></i>7</p>',
  );
});

test("what XML forbids is replaced, line ends stay", () => {
  expect(escapeMarkup("a\u0000b\u001Bc\nd\te\uD800f")).toBe("a\uFFFDb\uFFFDc\nd\te\uFFFDf");
});
