/** A night of capacity search: on a screen, and as Markdown for a CI summary. */
import type { NightlyReport, NightRerun, RightSizing } from "../core/contracts/nightly.ts";
import type { HistoryChange, MetricHistory } from "../core/contracts/comparison.ts";
import type { TextTable } from "./budgets.ts";
import { laddersOf, renderCapacity, stageTable } from "./capacity.ts";
import { figureOf } from "./comparison.ts";
import type { ConsoleOptions } from "./console.ts";
import { COST_NOTE, costTableAt } from "./costs.ts";
import { formatNumber, formatRatio, formatUtc, NONE, oneLine, plural } from "./format.ts";
import { renderHistory } from "./history.ts";
import { inline, tableLines } from "./markdown-text.ts";

/** Word and class of the banner by exit code; a shape goes with each. */
export function nightWord({ exit }: NightlyReport): {
  readonly word: string;
  readonly symbol: string;
  readonly status: "PROVEN" | "VIOLATED" | "INCONCLUSIVE" | "INVALID";
} {
  switch (exit.code) {
    case 0:
      return { word: "PASSED", symbol: "✔", status: "PROVEN" };
    case 12:
      return { word: "REGRESSED", symbol: "✘", status: "VIOLATED" };
    case 21:
      return { word: "INVALID", symbol: "!", status: "INVALID" };
    case 11:
      return { word: "INCONCLUSIVE", symbol: "?", status: "INCONCLUSIVE" };
    default:
      return { word: "NOT COMPLETED", symbol: "?", status: "INCONCLUSIVE" };
  }
}

/** One sentence: why the night passed or did not. */
export function nightBecause({ exit, reruns, history }: NightlyReport): string {
  const [first] = exit.reasons;
  if (first !== undefined) return first.replace(/^\d+ /, "");
  const refuted = reruns.filter(({ status }) => status === "refuted").length;
  if (refuted > 0) {
    return `${plural(refuted, "change")} of the history did not come out again when looked at once more.`;
  }
  const waiting = history?.metrics.every(({ needed }) => needed !== undefined) ?? true;
  return waiting
    ? "Every stage has a rate; there are too few nights yet to tell a change."
    : "Every stage has a rate, and no level of the history has become worse.";
}

export function keptText({ kept }: NightlyReport): string {
  return "path" in kept ? `kept as ${kept.path}` : `not kept: ${kept.reason}`;
}

export function renderNightly(report: NightlyReport, options: ConsoleOptions): string {
  const { capacity, history, reruns, sizing } = report;
  const { word, symbol } = nightWord(report);
  return [
    renderCapacity(capacity),
    ...(history === undefined ? [] : [renderHistory(history, options)]),
    ...(reruns.length === 0
      ? []
      : ["looked at again before the night may fail", ...reruns.map(rerunLine), ""]),
    ...screenTable(nightCostTable(report)),
    ...(sizing === undefined ? [] : [...screenTable(sizingTable(sizing)), sizingNote(sizing), ""]),
    `${symbol} ${word}: ${nightBecause(report)}`,
    ...report.exit.reasons.map((reason) => `  ${oneLine(reason)}`),
    keptText(report),
    "",
  ].join("\n");
}

function rerunLine({ title, status, because }: NightRerun): string {
  return `  ${title}: ${status}. ${because}`;
}

function screenTable({ label, heads, rows }: TextTable): readonly string[] {
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map((cells) => (cells[column] ?? "").length)),
  );
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((text, column) => (column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0))).join("  ")}`.trimEnd();
  return [label, line(heads), ...rows.map(line), ""];
}

export function renderNightlyMarkdown(report: NightlyReport): string {
  const { capacity, environment, sizing } = { ...report, environment: report.capacity.environment };
  const { word, symbol } = nightWord(report);
  const reruns = rerunTable(report.reruns);
  return [
    `# ${symbol} ${word}: ${inline(report.scenario)}`,
    "",
    `**${inline(nightBecause(report))}**`,
    "",
    `${inline(environment.cpuModel)}, ${plural(environment.cpuCount, "core")} · topology ${inline(capacity.topology)} · ${formatUtc(report.startedAtEpochMs)} · ` +
      `exit code ${String(report.exit.code)} · run ${inline(report.runId)} · ${inline(keptText(report))}`,
    "",
    ...report.exit.reasons.map((reason) => `- ${inline(reason)}`),
    ...(report.exit.reasons.length === 0 ? [] : [""]),
    ...tableLines("Capacity", stageTable(capacity)),
    ...tableLines("Capacity ladder", ladderTable(report)),
    ...tableLines("Looked at again", reruns, RERUN_NOTE),
    ...tableLines("History", historyTable(report.history?.metrics), report.history?.series),
    ...tableLines("Cost", nightCostTable(report), COST_NOTE),
    ...(sizing === undefined
      ? []
      : tableLines("Right-sizing", sizingTable(sizing), sizingNote(sizing))),
    "## Run it again",
    "",
    `    ${report.rerun}`,
    "",
  ].join("\n");
}

export const RERUN_NOTE =
  "Before a worse level fails a night, the target and the rate at question are offered once more; only what comes out again fails it.";

export function rerunTable(reruns: readonly NightRerun[]): TextTable | undefined {
  if (reruns.length === 0) return undefined;
  return {
    label: "Changes that were looked at again",
    heads: ["Metric", "Offered", "Windows", "Outcome", "Because"],
    rows: reruns.map(({ title, target, ratePerS, steps, status, because }) => [
      title,
      ratePerS === undefined ? NONE : `${target} at ${formatNumber(ratePerS)}/s`,
      formatNumber(steps.length),
      status,
      because,
    ]),
  };
}

/** Every window of the search, in its order. */
function ladderTable({ capacity }: NightlyReport): TextTable | undefined {
  const rows = laddersOf(capacity).flatMap(({ title, rungs }) =>
    rungs.map(({ load, throughputPerS, status, limitedBy }) => [
      title.replace(/^Capacity of /, ""),
      formatNumber(load),
      formatNumber(throughputPerS),
      status,
      limitedBy ?? NONE,
    ]),
  );
  if (rows.length === 0) return undefined;
  const heads = ["Stage", "Offered/s", "Achieved/s", "Result", "Limited by"];
  return { label: "Every rate that was offered", heads, rows };
}

function historyTable(metrics: readonly MetricHistory[] | undefined): TextTable | undefined {
  if (metrics === undefined || metrics.length === 0) return undefined;
  return {
    label: "Levels and change points",
    heads: ["Metric", "Tonight", "Nights", "Newest change", "Looked at again"],
    rows: metrics.map((metric) => {
      const last = metric.points.at(-1);
      const change = metric.changes.at(-1);
      return [
        metric.title,
        last === undefined ? NONE : figureOf({ value: last.value, unit: metric.unit }),
        formatNumber(metric.points.length),
        change === undefined ? (metric.needed ?? "none") : changeText(change),
        change?.rerun?.status ?? NONE,
      ];
    }),
  };
}

function changeText(change: HistoryChange): string {
  const { direction, before, after, changeRatio, firstRunId, acknowledgement } = change;
  const sign = changeRatio > 0 ? "+" : "";
  const why = acknowledgement === undefined ? "" : `; acknowledged: ${acknowledgement.reason}`;
  return `${direction} since ${firstRunId}: ${figureOf(before)} → ${figureOf(after)} (${sign}${formatRatio(changeRatio)})${why}`;
}

export function nightCostTable({ capacity }: NightlyReport): TextTable {
  const whole = capacity.stages.find(({ target }) => target === "end-to-end");
  return costTableAt(whole?.result.ratePerS, "the whole pipeline held here");
}

export function sizingTable(sizing: RightSizing): TextTable {
  const cores = (count: number): string => formatNumber(Number(count.toPrecision(3)));
  return {
    label: `Cores for ${formatNumber(sizing.rateEventsPerS)} events/s, extrapolated`,
    heads: [
      "Stage",
      "events/s per core, here",
      "Cores it would take",
      "Specified",
      "Of specified",
      "Nodes",
    ],
    rows: [
      ...sizing.stages.map((one) => [
        one.stage,
        formatNumber(one.eventsPerSPerCore),
        cores(one.coreCountNeeded),
        one.coreCountSpecified === undefined ? NONE : formatNumber(one.coreCountSpecified),
        one.neededOfSpecifiedRatio === undefined ? NONE : formatRatio(one.neededOfSpecifiedRatio),
        one.nodes,
      ]),
      [
        "together, where both are known",
        "",
        cores(sizing.coreCountNeeded),
        formatNumber(sizing.coreCountSpecified),
        sizing.coreCountSpecified > 0
          ? formatRatio(sizing.coreCountNeeded / sizing.coreCountSpecified)
          : NONE,
        "",
      ],
    ],
  };
}

/** Nobody may take the table for a measurement. */
export function sizingNote(sizing: RightSizing): string {
  return (
    `An extrapolation and no measurement: a straight line through the one rate that the whole pipeline held here, ${formatNumber(sizing.measuredPerS)} events/s, ` +
    `drawn ${formatNumber(Number(sizing.extrapolatedRatio.toPrecision(3)))} times further. It counts processor time on this machine's cores alone: no copies between brokers or drives ` +
    "beyond those of this topology, no queries, no disks, no network, and no headroom."
  );
}
