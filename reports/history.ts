/** A series of runs on a screen: each metric's level, and where it changed for good. */
import { styleText } from "node:util";
import type { HistoryChange, MetricHistory, SeriesHistory } from "../core/contracts/comparison.ts";
import { figureOf } from "./comparison.ts";
import type { ConsoleOptions } from "./console.ts";
import { formatRatio, formatUtc, oneLine, plural } from "./format.ts";

const BARS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;
const BAR_COUNT_MAX = 30;
const CONFIG_CHANGE_COUNT_MAX = 5;

export function renderHistory(history: SeriesHistory, options: ConsoleOptions): string {
  const paint: Paint = (style, text) =>
    options.color ? styleText(style, text, { validateStream: false }) : text;
  const width = Math.max(0, ...history.metrics.map((metric) => metric.title.length));
  const lines = [
    `${paint("bold", history.series)}  ${plural(history.runCount, "run")}`,
    ...history.metrics.flatMap((metric) => metricLines(metric, width, paint)),
    "",
    history.exit.reasons.length === 0
      ? "no unacknowledged regression stands in the newest level of any metric"
      : `${plural(history.exit.reasons.length, "unacknowledged regression")}; \`lakeproof history ack <id or run> --reason …\` lets it stand`,
  ];
  return `${lines.join("\n")}\n`;
}

type Style = "red" | "bold" | "dim";
type Paint = (style: Style, text: string) => string;

function metricLines(metric: MetricHistory, width: number, paint: Paint): readonly string[] {
  const last = metric.points.at(-1);
  const level = last === undefined ? "" : figureOf({ value: last.value, unit: metric.unit });
  const values = metric.points.map((point) => point.value);
  const note =
    metric.needed === undefined ? "" : paint("dim", `  change points need ${metric.needed}`);
  return [
    `  ${metric.title.padEnd(width)}  ${bars(values)}  ${level}${note}`,
    ...metric.changes.flatMap((change) => changeLines(change, paint)),
  ];
}

function changeLines(change: HistoryChange, paint: Paint): readonly string[] {
  const { acknowledgement, rerun } = change;
  const isOpen =
    change.newest &&
    change.direction === "worse" &&
    acknowledgement === undefined &&
    rerun?.status !== "refuted";
  const sign = change.changeRatio > 0 ? "+" : "";
  const moved =
    `${change.id}  ${change.direction} since ${change.firstRunId}: ` +
    `${figureOf(change.before)} → ${figureOf(change.after)} (${sign}${formatRatio(change.changeRatio)}, p = ${String(change.pValue)})`;
  const config = change.configChanges.slice(0, CONFIG_CHANGE_COUNT_MAX);
  const rest = change.configChanges.length - config.length;
  return [
    `    ${isOpen ? paint("red", `✘ ${moved}`) : `· ${moved}`}`,
    ...(acknowledgement === undefined
      ? []
      : [
          `      acknowledged ${formatUtc(acknowledgement.acknowledgedAtEpochMs)}: ${oneLine(acknowledgement.reason)}`,
        ]),
    ...(rerun === undefined
      ? []
      : [`      looked at again, ${rerun.status}: ${oneLine(rerun.because)}`]),
    ...config.map((text) => paint("dim", `      with it changed ${oneLine(text)}`)),
    ...(rest > 0 ? [paint("dim", `      and ${plural(rest, "more", "more")}`)] : []),
  ];
}

/** The last runs as bars between their own least and most. */
function bars(values: readonly number[]): string {
  const shown = values.slice(-BAR_COUNT_MAX);
  const least = Math.min(...shown);
  const span = Math.max(...shown) - least;
  return shown
    .map((value) => {
      const place = span === 0 ? 0 : Math.round(((value - least) / span) * (BARS.length - 1));
      return BARS[place] ?? "";
    })
    .join("");
}
