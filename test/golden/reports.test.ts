/** Golden reports of the synthetic runs: exact text for Markdown and JUnit, structure and safety for HTML. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { JournalEvent, JournalReader } from "../../core/contracts/journal.ts";
import type { Judgement } from "../../core/contracts/slo.ts";
import { owedFaults } from "../../core/timeline.ts";
import { REPORTERS } from "../../reports/index.ts";
import type { ReporterName } from "../../reports/index.ts";
import { renderConsoleSummary } from "../../reports/console.ts";
import { journalOf } from "../../slo/checks/synthetic.ts";
import { gameDayJournal } from "../fixtures/game-day-journal.ts";
import * as journals from "../fixtures/journals.ts";
import * as judgements from "../fixtures/judgements.ts";

interface Run {
  readonly name: string;
  readonly journal: JournalReader;
  readonly judgement: Judgement;
}

const truncated = journals.truncatedJournal();
const RUNS: readonly Run[] = [
  { name: "smoke", journal: journals.smokeJournal(), judgement: judgements.smokeJudgement },
  { name: "loss", journal: journals.lossJournal(), judgement: judgements.lossJudgement },
  {
    name: "truncated",
    journal: truncated,
    judgement: judgements.truncatedJudgement(truncated.problems),
  },
  { name: "game-day", journal: gameDayJournal(), judgement: judgements.smokeJudgement },
  { name: "aborted", journal: journals.abortedJournal(), judgement: judgements.abortedJudgement },
  {
    name: "provisioning-failed",
    journal: journals.provisioningFailedJournal(),
    judgement: judgements.provisioningFailedJudgement,
  },
];

function body(run: Run, reporter: ReporterName): string {
  const [file] = REPORTERS[reporter].render(run.journal, run.judgement);
  return file?.body ?? "";
}

/** Text as a reader sees it: tags gone, entities back. */
function visibleText(page: string): string {
  return page
    .replace(/<style>[\s\S]*?<\/style>/, "")
    .replace(/<script>[\s\S]*?<\/script>/, "")
    .replace(/<[^>]+>/g, " ")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}

describe.each(RUNS)("$name", (run) => {
  test("summary.md is as agreed", async () => {
    await expect(body(run, "markdown")).toMatchFileSnapshot(`files/${run.name}.summary.md`);
  });

  test("junit.xml is as agreed", async () => {
    await expect(body(run, "junit")).toMatchFileSnapshot(`files/${run.name}.junit.xml`);
  });

  test("the console summary is as agreed", async () => {
    const text = renderConsoleSummary(run.journal, run.judgement, { color: false, columns: 110 });
    await expect(text).toMatchFileSnapshot(`files/${run.name}.console.txt`);
  });

  test("objectives.json holds the judgement unchanged", () => {
    expect(JSON.parse(body(run, "json"))).toEqual(run.judgement);
  });

  test("every report renders to the same bytes twice", () => {
    for (const name of Object.keys(REPORTERS) as ReporterName[]) {
      expect(body(run, name)).toBe(body(run, name));
    }
  });
});

describe.each(RUNS)("report.html of $name", (run) => {
  const page = body(run, "html");

  test("is one page with balanced tags", () => {
    expect(page.startsWith("<!doctype html>")).toBe(true);
    for (const tag of ["section", "table", "tbody", "tr", "svg", "figure", "details", "ul", "p"]) {
      const opened = page.match(new RegExp(`<${tag}[ >]`, "g"))?.length ?? 0;
      const closed = page.match(new RegExp(`</${tag}>`, "g"))?.length ?? 0;
      expect(`${tag} ${String(opened)}`).toBe(`${tag} ${String(closed)}`);
    }
  });

  test("forbids everything but its own style and cursor, and loads nothing", () => {
    expect(page).toMatch(
      /Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[^']+'/,
    );
    // A digest may hold two slashes by chance.
    const withoutDigests = page.replaceAll(/'sha256-[^']+'/g, "");
    expect(withoutDigests).not.toMatch(/\b(?:https?:)?\/\/[a-z0-9]/i);
    expect(page).not.toMatch(
      /<(?:script [^>]*|link|img|iframe|object)\b|\bstyle="|\bon[a-z]+="|url\(|@import/i,
    );
  });

  test("names the digest of the one script it carries", () => {
    const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)];
    expect(scripts).toHaveLength(1);
    const digest = createHash("sha256")
      .update(scripts[0]?.[1] ?? "")
      .digest("base64");
    expect(page).toContain(`script-src 'sha256-${digest}'`);
  });

  test("names the digest of the very style it carries", () => {
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? "";
    const digest = createHash("sha256").update(style).digest("base64");
    expect(style).toContain("prefers-color-scheme:dark");
    expect(page).toContain(`style-src 'sha256-${digest}'`);
  });

  test("gives every chart a title and a description or a label", () => {
    const charts = page.match(/<svg [^>]*role="img"[\s\S]*?<\/title>/g) ?? [];
    const drawings = page.match(/<svg class="(?:plot|bar)"/g) ?? [];
    expect(charts).toHaveLength(drawings.length);
    for (const chart of charts) {
      const label = /aria-labelledby="([^" ]+)/.exec(chart)?.[1] ?? "none";
      expect(chart).toContain(`<title id="${label}">`);
    }
  });

  test("has no id twice", () => {
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
    expect(ids).toEqual([...new Set(ids)]);
  });

  test("shows no figure that is none", () => {
    expect(visibleText(page)).not.toMatch(/NaN|undefined|Infinity|\[object/);
    expect(page).not.toMatch(/="[^"]*(?:NaN|undefined|Infinity)[^"]*"/);
  });

  test("lists the run, its seed and every verdict", () => {
    const text = visibleText(page);
    expect(text).toContain(run.judgement.because);
    expect(text).toContain(run.judgement.seed);
    expect(text).toContain(run.journal.rerun);
    for (const verdict of run.judgement.verdicts) {
      expect(text).toContain(verdict.id);
      expect(text).toContain(verdict.because);
    }
    for (const fault of owedFaults(run.journal))
      expect(text).toContain(fault.recoveryBudgetFormula);
    for (const problem of run.journal.problems) expect(text).toContain(problem);
  });

  test("stays small", () => {
    expect(page.length).toBeLessThan(500_000);
  });
});

/** Rounds of every kind of fault, as a certification has them. */
test("180 faults stay within what opens and what a job's page takes", () => {
  const ROUND_COUNT = 30;
  const rounds = Array.from({ length: ROUND_COUNT }, (_, index) => `r${String(index)}`);
  const events = journals.smokeJournal().all();
  const journal = journalOf(
    events.flatMap((event): readonly JournalEvent[] => {
      if (event.kind === "fault.changed") {
        return rounds.map((round) => ({ ...event, id: `${event.id}${round}` }));
      }
      if (event.kind !== "run.started") return [event];
      const faults = rounds.flatMap((round) =>
        event.plan.faults.map((fault) => ({ ...fault, id: `${fault.id}${round}` })),
      );
      return [{ ...event, plan: { ...event.plan, faults } }];
    }),
  );
  const many: Run = { name: "many", journal, judgement: judgements.smokeJudgement };
  expect(owedFaults(journal)).toHaveLength(6 * ROUND_COUNT);
  expect(body(many, "html").match(/class="hold"/g)?.length).toBeGreaterThan(10 * 6 * ROUND_COUNT);
  expect(body(many, "html").length).toBeLessThan(5e6);
  expect(body(many, "markdown").length).toBeLessThan(900 * 1024);
});

const pageOf = (name: string): string => {
  const run = RUNS.find((candidate) => candidate.name === name);
  return run === undefined ? "" : body(run, "html");
};

test("a good run draws every chart with the fault windows in it and a table beside it", () => {
  const page = pageOf("smoke");
  const charts = [...page.matchAll(/<figure class="chart" id="(chart-[^"]+)">[\s\S]*?<\/figure>/g)];
  expect(charts.map((chart) => chart[1])).toEqual([
    "chart-throughput",
    "chart-freshness",
    "chart-sawtooth",
    "chart-lag-events",
    "chart-lag-bytes",
    "chart-latency-0",
    "chart-latency-1",
    "chart-latency-1-map",
    "chart-latency-2",
    "chart-latency-2-map",
    "chart-latency-3",
    "chart-latency-3-map",
    "chart-latency-4",
    "chart-latency-4-map",
    "chart-queries",
    "chart-budget",
    "chart-memory",
    "chart-cpu-ratio",
    "chart-ecdf",
  ]);
  for (const [chart, name] of charts) {
    if (name === "chart-ecdf") continue;
    expect(chart.match(/class="hold"/g)).toHaveLength(6);
    expect(chart).toContain('<details class="twin">');
  }
  expect(visibleText(page)).not.toContain("no samples");
});

test("freshness by stage is drawn, told in a table and in one sentence, and not where nothing followed changes", () => {
  const page = pageOf("smoke");
  const [section = ""] = /<section id="freshness">[\s\S]*?<\/section>/.exec(page) ?? [];
  expect(visibleText(section)).toContain("The wait for the next checkpoint takes the largest part");
  expect(section.match(/<rect\s+class="seg /g)?.length).toBeGreaterThan(4 * 4);
  expect(section).toContain('class="seg unknown"');
  expect(section).toContain('<details class="twin">');
  expect(page).toContain('href="#freshness"');
  expect(pageOf("aborted")).not.toContain('id="freshness"');
  expect(pageOf("aborted")).not.toContain('href="#freshness"');
});

test("runs that measured nothing say so for each chart", () => {
  for (const name of ["aborted", "provisioning-failed"]) {
    expect(pageOf(name).match(/<p class="none">no samples<\/p>/g)?.length).toBeGreaterThan(8);
  }
  expect(visibleText(pageOf("provisioning-failed"))).toContain("FATAL no space left on device");
});

test("lost rows are located, the guilty hop is marked and the rest is counted", () => {
  const text = visibleText(pageOf("loss")).replace(/\s+/g, " ");
  expect(text).toContain("✘ differs in 1 cell");
  expect(text).toContain("Located findings: 63 lost");
  expect(text).toContain("… and 13 more in journal.ndjson.");
  expect(text).toContain("Under load, 63 of 64 fences were exact.");
  expect(text).toContain("No evidence: it is not shown that this fault had any effect.");
  expect(text).toContain("Recovery not recovered after 75.4 s, budget 109 s");
  expect(pageOf("loss")).toContain('class="tri"');
});

test("text from the journal cannot become markup", () => {
  const page = pageOf("loss");
  expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  expect(page).not.toContain("\u0007");
});
