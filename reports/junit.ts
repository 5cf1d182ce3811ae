/** junit.xml: one verdict is one test case, so that any CI shows them without knowing us. */
import type { JournalReader } from "../core/contracts/journal.ts";
import type { Reporter } from "../core/contracts/report.ts";
import type { Judgement, Verdict } from "../core/contracts/slo.ts";
import { formatUtc, plural } from "./format.ts";
import { html, NOTHING } from "./markup.ts";
import type { Markup } from "./markup.ts";
import { firstDetails, groupVerdicts } from "./verdicts.ts";
import type { VerdictGroup } from "./verdicts.ts";

const DETAIL_COUNT_MAX = 50;

type Ending = "passed" | "failure" | "error" | "skipped";

/** VIOLATED fails; what could not be decided is an error, never a pass; what is not claimed is skipped. */
function endingOf(verdict: Verdict): Ending {
  if (!verdict.claimed) return "skipped";
  if (verdict.status === "PROVEN") return "passed";
  return verdict.status === "VIOLATED" ? "failure" : "error";
}

export const junit: Reporter = {
  name: "junit",
  purpose: "one test case a verdict, for CI systems",
  render: (journal, judgement) => [{ path: "junit.xml", body: document(journal, judgement).markup }],
};

function document(journal: JournalReader, judgement: Judgement): Markup {
  const count = (ending: Ending): number =>
    judgement.verdicts.filter((verdict) => endingOf(verdict) === ending).length;
  const seconds = (journal.endMs / 1000).toFixed(3);
  return html`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="${`lakeproof ${judgement.scenario}`}" tests="${judgement.verdicts.length}" failures="${count("failure")}" errors="${count("error")}" skipped="${count("skipped")}" time="${seconds}">
${groupVerdicts(judgement.verdicts).map((group) => suite(group, journal, judgement))}</testsuites>
`;
}

function suite(group: VerdictGroup, journal: JournalReader, judgement: Judgement): Markup {
  const endings = group.verdicts.map(endingOf);
  const count = (ending: Ending): number => endings.filter((one) => one === ending).length;
  const timestamp = formatUtc(journal.startedAtEpochMs).slice(0, 19).replace(" ", "T");
  return html`  <testsuite name="${group.kind}" tests="${endings.length}" failures="${count("failure")}" errors="${count("error")}" skipped="${count("skipped")}" timestamp="${timestamp}">
    <properties>
${property("run", judgement.runId, 6)}${property("seed", judgement.seed, 6)}${property("verdict", judgement.status, 6)}${property("exit", String(judgement.exit.code), 6)}    </properties>
${group.verdicts.map((verdict) => testCase(verdict, judgement))}  </testsuite>
`;
}

function property(name: string, value: string, indent: number): Markup {
  return html`${" ".repeat(indent)}<property name="${name}" value="${value}"/>
`;
}

function testCase(verdict: Verdict, judgement: Judgement): Markup {
  return html`    <testcase name="${verdict.id}" classname="${`lakeproof.${judgement.scenario}.${verdict.kind}`}">
${properties(verdict)}${outcome(verdict)}    </testcase>
`;
}

function properties(verdict: Verdict): Markup {
  const { sample, bound, observed, target } = verdict;
  const entries: (readonly [string, string])[] = [
    ["title", verdict.title],
    ["status", verdict.status],
  ];
  if (observed !== undefined) entries.push(["observed", `${String(observed.value)} ${observed.unit}`]);
  if (target !== undefined) {
    entries.push(["target", `${target.op} ${String(target.value)} ${target.unit}`]);
  }
  if (sample !== undefined) {
    entries.push(["n", String(sample.n)], ["bad", String(sample.bad)]);
    entries.push(["censored", String(sample.censored)], ["nEff", String(sample.nEff)]);
  }
  if (bound !== undefined) {
    entries.push(["bound", String(bound.value)], ["limit", String(bound.limit)]);
    entries.push(["boundMethod", bound.method]);
  }
  return html`      <properties>
${entries.map(([name, value]) => property(name, value, 8))}      </properties>
`;
}

function outcome(verdict: Verdict): Markup {
  const ending = endingOf(verdict);
  if (ending === "passed") return NOTHING;
  if (ending === "skipped") {
    const needed = verdict.needed === undefined ? "" : ` Needed: ${verdict.needed}`;
    const message = `not claimed by this scenario (${verdict.status}): ${verdict.because}${needed}`;
    return html`      <skipped message="${message}"/>
`;
  }
  const body = [
    verdict.because,
    ...(verdict.needed === undefined ? [] : [`Needed: ${verdict.needed}`]),
    ...firstDetails(verdict.details, DETAIL_COUNT_MAX),
  ].join("\n");
  const message = `${verdict.status}: ${verdict.because} (${plural(verdict.details?.length ?? 0, "detail")})`;
  return ending === "failure"
    ? html`      <failure type="VIOLATED" message="${message}">${body}</failure>
`
    : html`      <error type="${verdict.status}" message="${message}">${body}</error>
`;
}
