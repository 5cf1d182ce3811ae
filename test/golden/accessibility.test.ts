/**
 * The pages in a real browser: axe finds nothing wrong, by day and by night, nothing sticks out of a telephone or a
 * desk, and the cursor does what it says under the page's own policy.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { htmlReport } from "../../reports/html.ts";
import { renderNightlyPage } from "../../reports/html-nightly.ts";
import { gameDayJournal } from "../fixtures/game-day-journal.ts";
import * as journals from "../fixtures/journals.ts";
import * as judgements from "../fixtures/judgements.ts";
import { nightlyReport } from "../fixtures/nights.ts";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "chrome"];
const BROWSER_MS_MAX = 120_000;

const onPath = (process.env["PATH"] ?? "")
  .split(delimiter)
  .flatMap((folder) => NAMES.map((name) => join(folder, name)));
const browser = [process.env["CHROME_PATH"] ?? "", ...onPath].find(
  (path) => path !== "" && existsSync(path),
);

const drawn = (...run: Parameters<typeof htmlReport.render>): string =>
  htmlReport.render(...run)[0]?.body ?? "";

/** Its bootstraps take seconds. */
const night = renderNightlyPage(nightlyReport());

const PAGES = {
  smoke: () => drawn(journals.smokeJournal(), judgements.smokeJudgement),
  loss: () => drawn(journals.lossJournal(), judgements.lossJudgement),
  aborted: () => drawn(journals.abortedJournal(), judgements.abortedJudgement),
  "provisioning-failed": () =>
    drawn(journals.provisioningFailedJournal(), judgements.provisioningFailedJudgement),
  "game-day": () => drawn(gameDayJournal(), judgements.smokeJudgement),
  nightly: () => night,
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

/** What a script of ours writes into the page; the policy forbids every other script, so this copy goes without it. */
function answerOf(page: string, script: string, options: readonly string[] = []): unknown {
  const without = page.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, "");
  const answering =
    `<script>const answer=value=>{const out=document.createElement("pre");out.id="answer";` +
    `out.textContent=JSON.stringify(value);document.body.append(out)};${script}</script></body>`;
  const dom = openedIn(
    without.replace("</body>", () => answering),
    options,
  );
  const text = /<pre id="answer">([\s\S]*?)<\/pre>/.exec(dom)?.[1];
  return JSON.parse(text ?? '"the script did not answer"');
}

const IN_THE_DARK = ["--force-dark-mode", "--blink-settings=preferredColorScheme=0"];

function axeFindings(page: string, options: readonly string[] = []): unknown {
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  const run =
    `axe.run(document,{resultTypes:["violations"]}).then(found=>answer({` +
    `isDark:matchMedia("(prefers-color-scheme:dark)").matches,` +
    `found:found.violations.map(one=>[one.id,one.nodes.map(node=>node.html.slice(0,160))])}))`;
  return answerOf(page, `${axe};${run}`, options);
}

/**
 * How far a page sticks out of each width. In frames: a window is never as narrow as a telephone. What scrolls within
 * itself may be wider.
 */
function overhang(page: string, widthsPx: readonly number[]): unknown {
  const source = JSON.stringify(page.replace(/<meta http-equiv="Content-S[^>]*>/, ""));
  const script =
    `const source=${source.replaceAll("<", "\\u003c")};` +
    `const opened=widthPx=>new Promise(done=>{const frame=document.createElement("iframe");` +
    `frame.width=widthPx;frame.height=900;frame.onload=()=>done(frame);frame.srcdoc=source;document.body.append(frame)});` +
    `Promise.all(${JSON.stringify(widthsPx)}.map(opened)).then(frames=>answer(frames.map(frame=>{` +
    `const root=frame.contentDocument.documentElement;` +
    `return [frame.contentWindow.innerWidth,root.scrollWidth-root.clientWidth]})))`;
  return answerOf("<!doctype html><body></body>", script);
}

const WIDTHS_PX = [360, 1280];
const NOTHING_OUT = WIDTHS_PX.map((widthPx) => [widthPx, 0]);

const WHY = "no Chromium: set CHROME_PATH or put one on PATH";

describe.each(Object.keys(PAGES) as (keyof typeof PAGES)[])("%s", (name) => {
  test("axe finds nothing", { timeout: BROWSER_MS_MAX }, (context) => {
    context.skip(browser === undefined, WHY);
    expect(axeFindings(PAGES[name]())).toMatchObject({ found: [] });
  });

  test("nor in dark colours", { timeout: BROWSER_MS_MAX }, (context) => {
    context.skip(browser === undefined, WHY);
    expect(axeFindings(PAGES[name](), IN_THE_DARK)).toEqual({ isDark: true, found: [] });
  });

  test("fits a telephone and a desk", { timeout: BROWSER_MS_MAX }, (context) => {
    context.skip(browser === undefined, WHY);
    expect(overhang(PAGES[name](), WIDTHS_PX)).toEqual(NOTHING_OUT);
  });
});

test(
  "both are really asked: a picture without a text, and a line that is too long",
  { timeout: BROWSER_MS_MAX },
  (context) => {
    context.skip(browser === undefined, WHY);
    const plus = (more: string): string => PAGES.aborted().replace("</main>", `${more}</main>`);
    expect(JSON.stringify(axeFindings(plus('<img src="data:,">')))).toContain("image-alt");
    const line = `<p><span style="display:inline-block;width:500px">wide</span></p>`;
    expect(overhang(plus(line), WIDTHS_PX)).not.toEqual(NOTHING_OUT);
  },
);

test(
  "the cursor runs under the page's own policy, and another script does not",
  { timeout: BROWSER_MS_MAX },
  (context) => {
    context.skip(browser === undefined, WHY);
    const page = PAGES.smoke();
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
