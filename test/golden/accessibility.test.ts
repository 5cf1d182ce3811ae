/** The report in a real browser: axe finds nothing wrong, and the cursor does what it says under the page's own policy. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { htmlReport } from "../../reports/html.ts";
import * as journals from "../fixtures/journals.ts";
import * as judgements from "../fixtures/judgements.ts";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "chrome"];
const BROWSER_MS_MAX = 120_000;

const onPath = (process.env["PATH"] ?? "")
  .split(delimiter)
  .flatMap((folder) => NAMES.map((name) => join(folder, name)));
const browser = [process.env["CHROME_PATH"] ?? "", ...onPath].find(
  (path) => path !== "" && existsSync(path),
);

const PAGES = {
  smoke: () => htmlReport.render(journals.smokeJournal(), judgements.smokeJudgement),
  loss: () => htmlReport.render(journals.lossJournal(), judgements.lossJudgement),
  aborted: () => htmlReport.render(journals.abortedJournal(), judgements.abortedJudgement),
  "provisioning-failed": () =>
    htmlReport.render(journals.provisioningFailedJournal(), judgements.provisioningFailedJudgement),
};

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "lakeproof-browser-"));
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** The document after its scripts have run. */
function openedIn(page: string, options: readonly string[] = []): string {
  const path = join(directory, "page.html");
  writeFileSync(path, page);
  return execFileSync(
    browser ?? "",
    [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000"],
      ...[`--user-data-dir=${join(directory, "profile")}`, ...options],
      ...["--dump-dom", pathToFileURL(path).href],
    ],
    { encoding: "utf8", maxBuffer: 64 * 2 ** 20, timeout: BROWSER_MS_MAX, stdio: "pipe" },
  );
}

/** The policy forbids every other script, so the examined copy goes without it. */
function examined(page: string): readonly unknown[] {
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  const without = page.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, "");
  const script =
    `<script>${axe}</script><script>axe.run(document,{resultTypes:["violations"]}).then(found=>{` +
    `const out=document.createElement("pre");out.id="axe";out.textContent=JSON.stringify(found.violations.map(one=>` +
    `[one.id,one.nodes.map(node=>node.html.slice(0,160))]));document.body.append(out)})</script></body>`;
  const dom = openedIn(without.replace("</body>", () => script));
  const text = /<pre id="axe">([\s\S]*?)<\/pre>/.exec(dom)?.[1];
  return JSON.parse(text ?? '["axe did not run"]') as readonly unknown[];
}

const WHY = "no Chromium: set CHROME_PATH or put one on PATH";

describe.each(Object.keys(PAGES) as (keyof typeof PAGES)[])("%s", (name) => {
  test("axe finds nothing", { timeout: BROWSER_MS_MAX }, (context) => {
    context.skip(browser === undefined, WHY);
    expect(examined(PAGES[name]()[0]?.body ?? "")).toEqual([]);
  });
});

test(
  "axe is really asked: a picture without a text is found",
  { timeout: BROWSER_MS_MAX },
  (context) => {
    context.skip(browser === undefined, WHY);
    const page = (PAGES.aborted()[0]?.body ?? "").replace("</main>", '<img src="data:,"></main>');
    expect(JSON.stringify(examined(page))).toContain("image-alt");
  },
);

test(
  "the cursor runs under the page's own policy, and another script does not",
  { timeout: BROWSER_MS_MAX },
  (context) => {
    context.skip(browser === undefined, WHY);
    const page = PAGES.smoke()[0]?.body ?? "";
    const planted = page.replace(
      "</body>",
      () => '<script>document.body.dataset.planted="yes"</script></body>',
    );
    const dom = openedIn(planted);
    expect(page).toMatch(/<div class="cursor" hidden/);
    expect(dom).toMatch(/<div class="cursor" data-from/);
    expect(dom).not.toContain('data-planted="yes"');
  },
);
