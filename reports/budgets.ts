/** Budgets, power and windows of a judgement as rows of text, the same in every report. */
import type { Judgement, Projection, Verdict, WindowRow } from "../core/contracts/slo.ts";
import {
  formatDurationMs,
  formatNumber,
  formatQuantity,
  formatRatio,
  NONE,
  plural,
} from "./format.ts";
import { SYMBOLS } from "./verdicts.ts";

export interface TextTable {
  readonly label: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Undefined where the judgement has nothing to show, e.g. one that was made by an older version. */
export function budgetTable({ verdicts }: Judgement): TextTable | undefined {
  const rows = verdicts.filter(({ burn, power }) => burn !== undefined || power !== undefined);
  if (rows.length === 0) return undefined;
  return {
    label: "Error budgets and power",
    heads: [
      "Objective",
      "Burn rate",
      "Of a 30-day budget",
      "Alerts it would have raised",
      "Chance of a proof, by true bad share",
      "95 % bounds of the observed",
    ],
    rows: rows.map((verdict) => [
      verdict.id.replace(/^objective\./, ""),
      verdict.burn === undefined ? NONE : formatNumber(verdict.burn.burnRate),
      verdict.burn === undefined ? NONE : formatRatio(verdict.burn.budgetUsedRatio),
      alertsText(verdict),
      powerText(verdict),
      intervalText(verdict),
    ]),
  };
}

function alertsText({ burn }: Verdict): string {
  if (burn === undefined) return NONE;
  const fired = burn.alerts.filter(({ firings }) => firings.length > 0);
  if (fired.length === 0) return "none";
  return fired.map(({ name, firings }) => `${name} ${plural(firings.length, "time")}`).join(", ");
}

function powerText({ power = [] }: Verdict): string {
  if (power.length === 0) return NONE;
  return power
    .map(
      ({ trueBadRatio, powerRatio }) => `${formatRatio(trueBadRatio)}: ${formatRatio(powerRatio)}`,
    )
    .join(" · ");
}

function intervalText({ interval, observed }: Verdict): string {
  if (interval === undefined || observed === undefined) return NONE;
  const text = (value: number | undefined): string =>
    value === undefined ? "not bounded" : formatQuantity({ value, unit: observed.unit });
  return `${text(interval.lower)} to ${text(interval.upper)}`;
}

/** One row an objective, one column a phase or fault. */
export function windowTable({ verdicts }: Judgement): TextTable | undefined {
  const rows = verdicts.filter(({ windows = [] }) => windows.length > 0);
  const names = [...new Set(rows.flatMap(({ windows = [] }) => windows.map(({ name }) => name)))];
  if (rows.length === 0) return undefined;
  return {
    label: "Objectives by phase and by fault: bad samples of all, and the burn rate",
    heads: ["Objective", ...names],
    rows: rows.map(({ id, windows = [] }) => [
      id.replace(/^objective\./, ""),
      ...names.map((name) => windowText(windows.find((row) => row.name === name))),
    ]),
  };
}

function windowText(row: WindowRow | undefined): string {
  if (row === undefined) return NONE;
  if (row.n === 0) return "no samples";
  const rate = row.burnRate === undefined ? "" : `, ${formatNumber(row.burnRate)}×`;
  return `${SYMBOLS[row.status]} ${formatNumber(row.bad)} of ${formatNumber(row.n)}${rate}`;
}

export interface ProjectionTable extends TextTable {
  readonly because: string;
}

/** The arithmetic of the projected uptime, term by term. */
export function projectionTable({ verdicts }: Judgement): ProjectionTable | undefined {
  const verdict = verdicts.find(({ projection }) => projection !== undefined);
  if (verdict?.projection === undefined) return undefined;
  const { projection } = verdict;
  return {
    label: `Down time in ${formatDurationMs(projection.periodMs)}`,
    because: verdict.because,
    heads: [
      "Fault / service",
      "A month",
      "Injections",
      "Down time each",
      "at most",
      "Down time in all",
      "at most",
    ],
    rows: [
      ...projection.terms.map(termRow),
      [
        "Sum",
        "",
        "",
        "",
        "",
        formatDurationMs(projection.periodDownMsMean),
        limitText(projection.periodDownMsUpper),
      ],
      ["Budget", "", "", "", "", "", formatDurationMs(projection.budgetMs)],
      [
        "Uptime",
        "",
        "",
        "",
        "",
        formatUptime(projection.availabilityRatio),
        projection.periodDownMsUpper === undefined
          ? "not bounded"
          : `at least ${formatUptime(projection.availabilityRatioLower)}`,
      ],
    ],
  };
}

function termRow(term: Projection["terms"][number]): readonly string[] {
  const total = [formatDurationMs(term.periodDownMsMean), limitText(term.periodDownMsUpper)];
  if (term.name === "background") return ["background: no fault there", "", "", "", "", ...total];
  const { unrecoveredCount, injectionCountMissing } = term;
  const open = unrecoveredCount === 0 ? "" : `, ${formatNumber(unrecoveredCount)} not recovered`;
  const more =
    injectionCountMissing === 0 ? "" : `, ${formatNumber(injectionCountMissing)} more needed`;
  return [
    term.name,
    `${formatNumber(term.countPerMonth)}${term.isDeclared ? "" : " (assumed)"}`,
    `${formatNumber(term.injectionCount)}${open}${more}`,
    formatDurationMs(term.downMsMean),
    limitText(term.downMsUpper),
    ...total,
  ];
}

function limitText(upperMs: number | undefined): string {
  return upperMs === undefined ? "not bounded" : formatDurationMs(upperMs);
}

/** Nines are the point of it: three significant digits would show 100 %. */
function formatUptime(ratio: number): string {
  return `${String(Number((ratio * 100).toFixed(4)))} %`;
}
