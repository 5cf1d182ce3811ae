/** The last screen of a run: one line a verdict, then the whole. Text only; the CLI decides where it goes. */
import { styleText } from "node:util";
import type { JournalReader } from "../core/contracts/journal.ts";
import type { Judgement, Verdict, VerdictStatus } from "../core/contracts/slo.ts";
import { runFacts } from "./facts.ts";
import { freshnessFacts } from "./freshness-stages.ts";
import { formatDurationMs, formatNumber, NONE, oneLine, wrap } from "./format.ts";
import {
  claimedGroups,
  claimedLine,
  evidencedLine,
  firstDetails,
  SYMBOLS,
  unclaimedOf,
} from "./verdicts.ts";

export interface ConsoleOptions {
  readonly color: boolean;
  /** Width of the terminal; lines are cut to it. */
  readonly columns: number;
}

type Style = "green" | "red" | "yellow" | "magenta" | "bold" | "dim";

const STATUS_STYLES: Readonly<Record<VerdictStatus, Style>> = {
  PROVEN: "green",
  VIOLATED: "red",
  INCONCLUSIVE: "yellow",
  INVALID: "magenta",
};

const STATUS_WIDTH = "INCONCLUSIVE".length;
const DETAIL_COUNT_MAX = 5;
/** Narrower terminals wrap; cutting further would leave no text at all. */
const COLUMNS_MIN = 40;

export function renderConsoleSummary(
  journal: JournalReader,
  judgement: Judgement,
  options: ConsoleOptions,
): string {
  const paint = (style: Style, text: string): string =>
    options.color ? styleText(style, text, { validateStream: false }) : text;
  const columns = Math.max(COLUMNS_MIN, options.columns);
  const groups = claimedGroups(judgement);
  const claimed = groups.flatMap((group) => group.verdicts);
  const lines: string[] = [];
  for (const group of groups) {
    lines.push(paint("bold", group.title));
    for (const verdict of group.verdicts)
      lines.push(...verdictLines(verdict, claimed, columns, paint));
  }
  lines.push(...unclaimedLines(journal, judgement, columns, paint));
  if (lines.length > 0) lines.push("");
  return `${[...lines, ...overall(journal, judgement, columns, paint)].join("\n")}\n`;
}

type Paint = (style: Style, text: string) => string;

function verdictLines(
  verdict: Verdict,
  claimed: readonly Verdict[],
  columns: number,
  paint: Paint,
): readonly string[] {
  const titleWidth = widest(
    claimed.map((one) => one.title),
    Math.floor(columns * 0.4),
  );
  const head = `${SYMBOLS[verdict.status]} ${verdict.status.padEnd(STATUS_WIDTH)}`;
  const rest = `${fit(verdict.title, titleWidth).padEnd(titleWidth)}  ${oneLine(verdict.because)}`;
  const line = `  ${paint(STATUS_STYLES[verdict.status], head)}  ${fit(rest, columns - head.length - 4)}`;
  if (verdict.status === "PROVEN") return [line];
  const details = firstDetails(verdict.details, DETAIL_COUNT_MAX).map((detail) =>
    paint("dim", fit(`      ${oneLine(detail)}`, columns)),
  );
  return [line, ...details];
}

function unclaimedLines(
  journal: JournalReader,
  judgement: Judgement,
  columns: number,
  paint: Paint,
): readonly string[] {
  const entries = unclaimedOf(journal, judgement);
  if (entries.length === 0) return [];
  const titleWidth = widest(
    entries.map((entry) => entry.title),
    Math.floor(columns * 0.4),
  );
  const lines = entries.map((entry) => {
    const verdict = entry.verdict;
    const symbol = verdict === undefined ? "·" : SYMBOLS[verdict.status];
    const status = verdict === undefined ? "not judged" : verdict.status;
    const text =
      entry.needed ||
      (verdict === undefined ? NONE : `observed ${entry.observed}, target ${entry.target}`);
    const head = `  ${symbol} ${status.padEnd(STATUS_WIDTH)}  ${fit(entry.title, titleWidth).padEnd(titleWidth)}  `;
    return paint("dim", fit(`${head}${oneLine(text)}`, columns));
  });
  return [paint("bold", "Not claimed (stands beside, decides nothing)"), ...lines];
}

function overall(
  journal: JournalReader,
  judgement: Judgement,
  columns: number,
  paint: Paint,
): readonly string[] {
  const facts = runFacts(journal);
  const lost = facts.lostCount === undefined ? NONE : formatNumber(facts.lostCount);
  const duplicated =
    facts.duplicatedCount === undefined ? NONE : formatNumber(facts.duplicatedCount);
  const head = `${SYMBOLS[judgement.status]} ${judgement.status}`;
  const [first = "", ...rest] = wrap(judgement.because, columns - head.length - 2);
  const lines = [
    `${paint("bold", paint(STATUS_STYLES[judgement.status], head))}  ${first}`,
    ...rest.map((line) => `${" ".repeat(head.length + 2)}${line}`),
  ];
  const add = (text: string, style?: Style): void => {
    const wrapped = wrap(text, columns - 2).map((line) => `  ${line}`);
    lines.push(...wrapped.map((line) => (style === undefined ? line : paint(style, line))));
  };
  add(
    `${claimedLine(judgement)} · ${formatNumber(facts.eventsAcknowledged)} events, ${lost} lost, ` +
      `${duplicated} duplicated · ${evidencedLine(facts)} · ${formatDurationMs(facts.durationMs)}`,
  );
  const stages = freshnessFacts(journal);
  if (stages !== undefined) add(stages.sentence);
  if (facts.error !== undefined) {
    // The message may carry the tail of a log: its first line says what happened, the report has the rest.
    add(`${facts.error.code}: ${facts.error.message.split("\n", 1)[0] ?? ""}`, "red");
    add(facts.error.hint);
  }
  for (const problem of judgement.journalProblems) add(`journal: ${problem}`, "yellow");
  if (!judgement.certifiable.value) add(`not certifiable: ${judgement.certifiable.reason}`);
  add(`run ${judgement.runId} · seed ${judgement.seed} · exit ${String(judgement.exit.code)}`);
  add(
    `report.html, objectives.json and summary.md are in the run directory; again: ${journal.rerun}`,
  );
  return lines;
}

function widest(texts: readonly string[], max: number): number {
  return Math.min(max, Math.max(0, ...texts.map((text) => text.length)));
}

function fit(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
