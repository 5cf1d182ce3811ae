/** A comparison of runs: as a screen, and as Markdown for a pull request or a CI summary. */
import { styleText } from "node:util";
import type {
  Comparison,
  ComparisonStatus,
  MetricComparison,
} from "../core/contracts/comparison.ts";
import type { Quantity } from "../core/contracts/values.ts";
import type { ConsoleOptions } from "./console.ts";
import {
  formatNumber,
  formatQuantity,
  formatRatio,
  NONE,
  oneLine,
  plural,
  wrap,
} from "./format.ts";
import { cell, row } from "./markdown-text.ts";

/** A shape and a word go together, so that no status is told by colour alone. */
const SYMBOLS: Readonly<Record<ComparisonStatus, string>> = {
  REGRESSED: "✘",
  IMPROVED: "▲",
  EQUIVALENT: "✔",
  INCONCLUSIVE: "?",
};

type Style = "red" | "green" | "yellow" | "bold" | "dim";

const STYLES = {
  REGRESSED: "red",
  IMPROVED: "green",
  EQUIVALENT: "green",
  INCONCLUSIVE: "yellow",
} as const satisfies Record<ComparisonStatus, Style>;

/** What a reader has to see first. */
const ORDER: readonly ComparisonStatus[] = ["REGRESSED", "INCONCLUSIVE", "IMPROVED", "EQUIVALENT"];

const STATUS_WIDTH = "INCONCLUSIVE".length;
const DEVIATION_COUNT_MAX = 12;

interface Row {
  readonly metric: MetricComparison;
  readonly title: string;
  readonly figures: string;
  readonly change: string;
}

export function renderComparison(comparison: Comparison, options: ConsoleOptions): string {
  const paint = (style: Style, text: string): string =>
    options.color ? styleText(style, text, { validateStream: false }) : text;
  const rows = rowsOf(comparison);
  const titleWidth = widest(rows.map((row) => row.title));
  const figuresWidth = widest(rows.map((row) => row.figures));
  const indent = " ".repeat(6);
  const lines = [headLine(comparison, "base"), headLine(comparison, "head"), ""];
  for (const { metric, title, figures, change } of rows) {
    const head = `${SYMBOLS[metric.status]} ${metric.status.padEnd(STATUS_WIDTH)}`;
    const text = `${title.padEnd(titleWidth)}  ${figures.padEnd(figuresWidth)}  ${change}`;
    lines.push(`  ${paint(STYLES[metric.status], head)}  ${text.trimEnd()}`);
    const notes = [
      ...(metric.change === undefined ? [metric.because] : []),
      ...(metric.needed === undefined || isSameForAll(comparison)
        ? []
        : [`It takes ${metric.needed}.`]),
    ];
    if (notes.length > 0) lines.push(paint("dim", `${indent}${oneLine(notes.join(" "))}`));
  }
  for (const { id, reason } of comparison.unmeasured) {
    lines.push(
      paint("dim", `  · ${"not measured".padEnd(STATUS_WIDTH)}  ${id}: ${oneLine(reason)}`),
    );
  }
  const verdict = `${SYMBOLS[comparison.status]} ${comparison.status}`;
  lines.push(
    "",
    ...hanging(
      paint("bold", paint(STYLES[comparison.status], verdict)),
      verdict,
      comparison.because,
      options.columns,
    ),
  );
  const notes = [...ruleLines(comparison), ...deviationLines(comparison)];
  lines.push(
    ...notes.flatMap((note) => wrap(note, options.columns - 2).map((line) => `  ${line}`)),
  );
  return `${lines.join("\n")}\n`;
}

export function renderComparisonMarkdown(comparison: Comparison): string {
  const rows = rowsOf(comparison).map(({ metric, figures, change }) =>
    row([
      `${SYMBOLS[metric.status]} ${metric.status}`,
      cell(metric.title),
      figures,
      change,
      qValueOf(metric),
      cell(metric.needed ?? ""),
    ]),
  );
  const lines = [
    `# ${SYMBOLS[comparison.status]} ${comparison.status}`,
    "",
    cell(comparison.because),
    "",
    `- ${cell(headLine(comparison, "base"))}`,
    `- ${cell(headLine(comparison, "head"))}`,
    ...[...ruleLines(comparison), ...deviationLines(comparison)].map((note) => `- ${cell(note)}`),
    "",
    row(["Verdict", "Metric", "Base → head", "Change (90 % interval)", "q", "What it would take"]),
    "|---|---|---|---|---|---|",
    ...rows,
    ...comparison.unmeasured.map(({ id, reason }) =>
      row(["not measured", cell(id), NONE, NONE, NONE, cell(reason)]),
    ),
  ];
  return `${lines.join("\n")}\n`;
}

function rowsOf(comparison: Comparison): readonly Row[] {
  return ORDER.flatMap((status) =>
    comparison.metrics
      .filter((metric) => metric.status === status)
      .map((metric) => ({
        metric,
        title: metric.title,
        figures: `${figureOf(metric.base)} → ${figureOf(metric.head)}`,
        change: changeText(metric),
      })),
  );
}

/** Four digits: a change of five percent must still be seen in the two figures beside each other. */
export function figureOf(quantity: Quantity | undefined): string {
  if (quantity === undefined) return NONE;
  if (quantity.unit !== "ms") return formatQuantity(quantity);
  return quantity.value < 10_000
    ? `${formatNumber(Number(quantity.value.toPrecision(4)))} ms`
    : formatQuantity(quantity);
}

function changeText({ change, base }: MetricComparison): string {
  if (change === undefined) return NONE;
  const signed = (ratio: number): string =>
    `${ratio > 0 ? "+" : ""}${formatRatio(ratio).replace(/ %$/, "")}`;
  const unit = base?.unit === "ratio" ? "points" : "%";
  const { changeRatio, changeRatioLower, changeRatioUpper } = change;
  return `${signed(changeRatio)} ${unit} (${signed(changeRatioLower)} to ${signed(changeRatioUpper)})`;
}

/** Of the side that was asked for: a change for the better is tested as such. */
function qValueOf({ tests, change, better }: MetricComparison): string {
  const more = (change?.changeRatio ?? 0) > 0;
  const side = more === (better === "lower") ? "worse" : "better";
  const test = tests.find((one) => one.qValue !== undefined && one.name.endsWith(side));
  return test?.qValue === undefined ? NONE : formatNumber(Number(test.qValue.toPrecision(2)));
}

function headLine(comparison: Comparison, side: "base" | "head"): string {
  const runs = comparison[side];
  const names = runs.map((run) => run.runId).join(", ");
  return `${side} ${runs.length > 1 ? `${plural(runs.length, "run")}: ` : ""}${names}`;
}

function ruleLines(comparison: Comparison): readonly string[] {
  const least = formatRatio(comparison.effectRatioMin);
  const rule = `minimum effect ${least}; false discoveries among all metrics at most 5 % (Benjamini–Hochberg)`;
  return comparison.design === "pairs"
    ? [`${rule}; ${plural(comparison.base.length, "pair")} of runs, exact test`]
    : [
        `${rule}; windows drawn again in blocks, seed ${comparison.seed}`,
        `two runs cannot show how much runs of the same thing differ: ${noiseText(comparison)}`,
        ...openText(comparison),
      ];
}

function noiseText({ noiseRatio, noiseRuns }: Comparison): string {
  if (noiseRuns !== undefined) {
    return `measured for each metric over ${plural(noiseRuns.length, "other run")} of the base's kind`;
  }
  return (
    `${formatRatio(noiseRatio ?? 0)} a run is assumed; \`--noise-from\` takes it from runs of the same thing, ` +
    "`--pairs` does without it"
  );
}

/** Where one noise is assumed for all metrics of two runs. */
function isSameForAll({ design, noiseRuns }: Comparison): boolean {
  return design === "two-runs" && noiseRuns === undefined;
}

function openText(comparison: Comparison): readonly string[] {
  if (!isSameForAll(comparison)) return [];
  const needed = comparison.metrics.find((metric) => metric.needed !== undefined)?.needed;
  return needed === undefined ? [] : [`what is open takes at least ${needed}`];
}

function deviationLines({ deviations }: Comparison): readonly string[] {
  const rest = deviations.length - DEVIATION_COUNT_MAX;
  return [
    ...deviations.slice(0, DEVIATION_COUNT_MAX).map((text) => `deviation: ${text}`),
    ...(rest > 0 ? [`deviation: ${plural(rest, "more", "more")}, all in --json`] : []),
  ];
}

function hanging(painted: string, head: string, text: string, columns: number): readonly string[] {
  const [first = "", ...rest] = wrap(text, columns - head.length - 2);
  return [`${painted}  ${first}`, ...rest.map((line) => `${" ".repeat(head.length + 2)}${line}`)];
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => text.length));
}
