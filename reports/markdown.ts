/** summary.md: what fits a pull request or a CI step summary. */
import type { JournalReader } from "../core/contracts/journal.ts";
import type { Reporter } from "../core/contracts/report.ts";
import type { Judgement, Verdict } from "../core/contracts/slo.ts";
import { faultWindows, owedFaults } from "../core/timeline.ts";
import { runFacts } from "./facts.ts";
import { loadTables } from "./load.ts";
import { freshnessFacts, FRESHNESS_TITLE } from "./freshness-stages.ts";
import { maintenanceFacts } from "./maintenance.ts";
import {
  formatBound,
  formatDurationMs,
  formatNumber,
  formatObserved,
  formatTarget,
  formatUtc,
  NONE,
  plural,
} from "./format.ts";
import {
  DETECTION_HEADS,
  faultlessText,
  gameDayTables,
  HYPOTHESIS_HEADS,
  NOTE_HEADS,
} from "./game-day.ts";
import { availabilityTables } from "./markdown-availability.ts";
import { cell, inline, row, tableLines } from "./markdown-text.ts";
import {
  claimedGroups,
  claimedLine,
  evidencedLine,
  firstDetails,
  SYMBOLS,
  unclaimedOf,
} from "./verdicts.ts";

/** A CI step summary above 1 MiB is thrown away whole, so we stop well below. */
const BYTES_MAX = 900 * 1024;
const DETAIL_COUNT_MAX = 20;

export const markdown: Reporter = {
  name: "markdown",
  purpose:
    "verdict, faults and what is not claimed on one page, for pull requests and CI summaries",
  render: (journal, judgement) => [
    { path: "summary.md", body: capped(summaryOf(journal, judgement)) },
  ],
};

function summaryOf(journal: JournalReader, judgement: Judgement): readonly string[] {
  return [
    ...headOf(journal, judgement),
    ...claimedTable(judgement),
    ...detailsOf(judgement),
    ...faultsTable(journal),
    ...gameDaySection(journal, judgement),
    ...loadSection(journal),
    ...availabilityTables(judgement),
    ...freshnessSection(journal),
    ...maintenanceSection(journal),
    ...unclaimedTable(journal, judgement),
    "## Run it again",
    "",
    ...codeBlock(journal.rerun),
  ];
}

function freshnessSection(journal: JournalReader): readonly string[] {
  const facts = freshnessFacts(journal);
  if (facts === undefined) return [];
  return tableLines(FRESHNESS_TITLE, facts.table, `${facts.sentence} ${facts.lead}`);
}

function maintenanceSection(journal: JournalReader): readonly string[] {
  const facts = maintenanceFacts(journal);
  if (facts === undefined) return [];
  const { text, table } = facts;
  const title = "Maintenance of the lake beside the stream";
  if (table === undefined) return [`## ${title}`, "", inline(text), ""];
  return tableLines(title, table, text);
}

function headOf(journal: JournalReader, judgement: Judgement): readonly string[] {
  const facts = runFacts(journal);
  const { certifiable, exit } = judgement;
  const lines = [
    `# ${SYMBOLS[judgement.status]} ${judgement.status}: ${inline(judgement.scenario)}`,
    "",
    `**${inline(judgement.because)}**`,
    "",
    certifiable.value
      ? "Certifiable: measured on the specified hardware."
      : `Not certifiable: ${inline(certifiable.reason)}`,
    "",
    `${claimedLine(judgement)} · exit code ${String(exit.code)} · ` +
      `run \`${code(judgement.runId)}\` · seed \`${code(judgement.seed)}\` · ` +
      `${formatUtc(journal.startedAtEpochMs)} · ${formatDurationMs(facts.durationMs)}`,
    "",
    `${formatNumber(facts.eventsAcknowledged)} events acknowledged · ` +
      `${integrityLine(facts.lostCount, facts.duplicatedCount)} · ` +
      evidencedLine(facts),
    "",
  ];
  if (facts.endReason !== "completed") {
    const error = facts.error;
    const what = error === undefined ? "" : `: ${error.code} ${error.message} ${error.hint}`;
    lines.push(`> **The run did not complete** (${facts.endReason})${inline(what)}`, "");
  }
  for (const problem of judgement.journalProblems)
    lines.push(`> **Journal:** ${inline(problem)}`, "");
  if (exit.reasons.length > 0)
    lines.push(...exit.reasons.map((reason) => `- ${inline(reason)}`), "");
  return lines;
}

function integrityLine(lost: number | undefined, duplicated: number | undefined): string {
  if (lost === undefined || duplicated === undefined) return "loss not checked";
  return `${formatNumber(lost)} lost, ${formatNumber(duplicated)} duplicated`;
}

function claimedTable(judgement: Judgement): readonly string[] {
  const groups = claimedGroups(judgement);
  if (groups.length === 0) return ["## Verdicts", "", "No verdict was claimed or reached.", ""];
  const rows = groups.flatMap((group) => [
    row([`**${group.title}**`, "", "", "", "", "", ""]),
    ...group.verdicts.map(verdictRow),
  ]);
  return [
    "## Claimed verdicts",
    "",
    row([
      "Status",
      "Verdict",
      "Target",
      "Observed",
      "n / bad / censored / n_eff",
      "95 % bound",
      "Because",
    ]),
    "|---|---|---|---|---|---|---|",
    ...rows,
    "",
  ];
}

function verdictRow(verdict: Verdict): string {
  return row([
    `${SYMBOLS[verdict.status]} ${verdict.status}`,
    cell(verdict.title),
    formatTarget(verdict.target),
    formatObserved(verdict),
    sampleText(verdict.sample),
    formatBound(verdict.bound),
    cell(verdict.because),
  ]);
}

function sampleText(sample: Verdict["sample"]): string {
  if (sample === undefined) return NONE;
  return [sample.n, sample.bad, sample.censored, Math.floor(sample.nEff)]
    .map(formatNumber)
    .join(" / ");
}

function detailsOf(judgement: Judgement): readonly string[] {
  return judgement.verdicts
    .filter((verdict) => verdict.status !== "PROVEN" && (verdict.details?.length ?? 0) > 0)
    .flatMap((verdict) => [
      `<details><summary>${cell(verdict.title)}: ${plural(verdict.details?.length ?? 0, "finding")}</summary>`,
      "",
      ...codeBlock(firstDetails(verdict.details, DETAIL_COUNT_MAX).join("\n")),
      "</details>",
      "",
    ]);
}

function faultsTable(journal: JournalReader): readonly string[] {
  const faults = owedFaults(journal);
  if (faults.length === 0) return ["## Faults", "", faultlessText(journal), ""];
  const windows = faultWindows(journal);
  const rows = faults.map((entry) => {
    const window = windows.find((candidate) => candidate.entry.id === entry.id);
    const evidence = window?.evidence ?? [];
    const proof = evidence.length === 0 ? "**none**" : evidence.map(cell).join("<br>");
    const recovery =
      window?.recoveryMs === undefined ? "not recovered" : formatDurationMs(window.recoveryMs);
    return row([
      `${entry.id} (${entry.faultClass})`,
      cell(`${entry.fault} on ${entry.instanceId}`),
      formatDurationMs(entry.holdMs),
      window === undefined ? "not injected" : proof,
      `${window === undefined ? NONE : recovery}, budget ${formatDurationMs(entry.recoveryBudgetMs)}`,
    ]);
  });
  return [
    "## Faults",
    "",
    row(["", "Fault", "Held", "Proof that it bit", "Recovery"]),
    "|---|---|---|---|---|",
    ...rows,
    "",
  ];
}

function unclaimedTable(journal: JournalReader, judgement: Judgement): readonly string[] {
  const entries = unclaimedOf(journal, judgement);
  if (entries.length === 0) return [];
  return [
    "## Not claimed",
    "",
    "These stand beside the run and do not decide it.",
    "",
    row(["Status", "Objective", "Observed", "What it would take"]),
    "|---|---|---|---|",
    ...entries.map((entry) =>
      row([
        entry.verdict === undefined
          ? "not judged"
          : `${SYMBOLS[entry.verdict.status]} ${entry.verdict.status}`,
        cell(entry.title),
        entry.observed,
        cell(entry.needed || entry.verdict?.because || NONE),
      ]),
    ),
    "",
  ];
}

function gameDaySection(journal: JournalReader, judgement: Judgement): readonly string[] {
  const tables = gameDayTables(journal, judgement);
  if (tables === undefined) return [];
  const { hypotheses, detections, notes } = tables;
  return [
    ["Hypotheses", HYPOTHESIS_HEADS, hypotheses] as const,
    ["Human detection", DETECTION_HEADS, detections] as const,
    ["Notes of the players", NOTE_HEADS, notes] as const,
  ].flatMap(([title, heads, rows]) =>
    rows.length === 0
      ? []
      : [
          `## ${title}`,
          "",
          row(heads),
          `|${heads.map(() => "---|").join("")}`,
          ...rows.map((cells) => row(cells.map(cell))),
          "",
        ],
  );
}

/** The loads by themselves, where a plan has more of them than bank and queries. */
function loadSection(journal: JournalReader): readonly string[] {
  const { dashboards, apiCalls, users, script, mixed } = journal.plan;
  const extra = [dashboards, apiCalls, users, script, mixed].some((load) => load !== undefined);
  const tables = extra ? loadTables(journal) : [];
  return tables.flatMap(({ title, heads, rows }) => [
    `## ${title}`,
    "",
    row(heads),
    `|${heads.map(() => "---|").join("")}`,
    ...rows.map((cells) => row(cells.map(cell))),
    "",
  ]);
}

function code(text: string): string {
  return text.replace(/[`\r\n]/g, "");
}

/** A fence one tick longer than any run of ticks inside. */
function codeBlock(text: string): readonly string[] {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((ticks) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return [fence, text, fence];
}

/** Whole lines only; what was left out is said. */
function capped(lines: readonly string[]): string {
  const encoder = new TextEncoder();
  const kept: string[] = [];
  let bytes = 0;
  for (const line of lines) {
    bytes += encoder.encode(line).length + 1;
    if (bytes > BYTES_MAX - 200) {
      kept.push(
        "",
        "… cut off here to stay below the size CI accepts; report.html has everything.",
      );
      break;
    }
    kept.push(line);
  }
  return `${kept.join("\n")}\n`;
}
