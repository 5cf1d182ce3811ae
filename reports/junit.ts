/** junit.xml: one verdict is one test case, so that any CI shows them without knowing us. */
import type { JournalReader } from "../core/contracts/journal.ts";
import type { Reporter } from "../core/contracts/report.ts";
import type { Judgement, Verdict } from "../core/contracts/slo.ts";
import { formatUtc, plural } from "./format.ts";
import { NOTHING, xml } from "./markup.ts";
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
  render: (journal, judgement) => [
    { path: "junit.xml", body: document(journal, judgement).markup },
  ],
};

function document(journal: JournalReader, judgement: Judgement): Markup {
  const { verdicts, scenario } = judgement;
  const time = (journal.endMs / 1000).toFixed(3);
  return xml`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="${`lakeproof ${scenario}`}"${counts(verdicts)} time="${time}">
${groupVerdicts(verdicts).map((group) => suite(group, journal, judgement))}</testsuites>
`;
}

function counts(verdicts: readonly Verdict[]): Markup {
  const count = (ending: Ending): number =>
    verdicts.filter((verdict) => endingOf(verdict) === ending).length;
  return xml` tests="${verdicts.length}" failures="${count("failure")}" errors="${count("error")}" skipped="${count("skipped")}"`;
}

function suite(group: VerdictGroup, journal: JournalReader, judgement: Judgement): Markup {
  const timestamp = formatUtc(journal.startedAtEpochMs).slice(0, 19).replace(" ", "T");
  const facts: readonly Property[] = [
    ["run", judgement.runId],
    ["seed", judgement.seed],
    ["verdict", judgement.status],
    ["exit", String(judgement.exit.code)],
  ];
  return xml`  <testsuite name="${group.kind}"${counts(group.verdicts)} timestamp="${timestamp}">
${properties(facts, "    ")}${group.verdicts.map((verdict) => testCase(verdict, judgement))}  </testsuite>
`;
}

type Property = readonly [name: string, value: string];

function properties(entries: readonly Property[], indent: string): Markup {
  return xml`${indent}<properties>
${entries.map(
  ([name, value]) => xml`${indent}  <property name="${name}" value="${value}"/>
`,
)}${indent}</properties>
`;
}

function testCase(verdict: Verdict, judgement: Judgement): Markup {
  const suiteName = `lakeproof.${judgement.scenario}.${verdict.kind}`;
  return xml`    <testcase name="${verdict.id}" classname="${suiteName}">
${properties(factsOf(verdict), "      ")}${outcome(verdict)}    </testcase>
`;
}

function factsOf(verdict: Verdict): readonly Property[] {
  const { sample, bound, observed, target } = verdict;
  const entries: Property[] = [
    ["title", verdict.title],
    ["status", verdict.status],
  ];
  if (observed !== undefined) {
    entries.push(["observed", `${String(observed.value)} ${observed.unit}`]);
  }
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
  return entries;
}

function outcome(verdict: Verdict): Markup {
  const ending = endingOf(verdict);
  if (ending === "passed") return NOTHING;
  if (ending === "skipped") {
    const needed = verdict.needed === undefined ? "" : ` Needed: ${verdict.needed}`;
    const message = `not claimed by this scenario (${verdict.status}): ${verdict.because}${needed}`;
    return xml`      <skipped message="${message}"/>
`;
  }
  const body = [
    verdict.because,
    ...(verdict.needed === undefined ? [] : [`Needed: ${verdict.needed}`]),
    ...firstDetails(verdict.details, DETAIL_COUNT_MAX),
  ].join("\n");
  const message = `${verdict.status}: ${verdict.because} (${plural(verdict.details?.length ?? 0, "detail")})`;
  return ending === "failure"
    ? xml`      <failure type="VIOLATED" message="${message}">${body}</failure>
`
    : xml`      <error type="${verdict.status}" message="${message}">${body}</error>
`;
}
