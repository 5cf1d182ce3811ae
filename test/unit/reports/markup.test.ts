import { expect, test } from "vitest";
import { escapeMarkup, html, raw, xml } from "../../../reports/markup.ts";

test("strings are escaped in text and attributes, markup is not", () => {
  const inner = html`<b title="${'"a" & <b>'}">${"it's"}</b>`;
  expect(html`<p>${inner}${["x<", raw("<i></i>")]}${undefined}${7}</p>`.markup).toBe(
    '<p><b title="&quot;a&quot; &amp; &lt;b&gt;">it&#39;s</b>x&lt;<i></i>7</p>',
  );
});

test("what XML forbids is replaced, line ends stay", () => {
  expect(escapeMarkup("a\u0000b\u001Bc\nd\te\uD800f")).toBe("a\uFFFDb\uFFFDc\nd\te\uFFFDf");
});

test("indentation of the source is folded in HTML and kept in XML, that of values never", () => {
  const value = "two\n  lines";
  expect(
    html`<p class="a">
      <b>${value}</b>
    </p>`.markup,
  ).toBe('<p class="a">\n<b>two\n  lines</b>\n</p>');
  expect(
    xml`<a>
  ${value}
</a>`.markup,
  ).toBe("<a>\n  two\n  lines\n</a>");
});
