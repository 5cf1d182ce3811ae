/** This run among its predecessors: each metric's level over the runs, and where it changed for good. */
import type { HistoryChange, MetricHistory, SeriesHistory } from "../core/contracts/comparison.ts";
import { linearScale } from "./charts/scale.ts";
import { xyChart } from "./charts/xy.ts";
import { figureOf } from "./comparison.ts";
import { formatQuantity, formatRatio, formatUtc, NONE, plural } from "./format.ts";
import { html, NOTHING } from "./markup.ts";
import type { Markup } from "./markup.ts";

export function history(histories: readonly SeriesHistory[]): Markup {
  if (histories.length === 0) return NOTHING;
  return html`<section id="history">
    <h2>History</h2>
    ${histories.map(
      (series, index) =>
        html`<h3>${series.series}: ${plural(series.runCount, "run")}</h3>
          ${verdictOf(series)}
          ${series.metrics.map((metric, number) => metricChart(metric, `chart-history-${String(index)}-${String(number)}`))}`,
    )}
  </section>`;
}

function verdictOf({ exit }: SeriesHistory): Markup {
  return exit.reasons.length === 0
    ? html`<p class="lead">
        No unacknowledged regression stands in the newest level of any metric.
      </p>`
    : html`<ul class="reasons">
        ${exit.reasons.map((reason) => html`<li>${reason}</li>`)}
      </ul>`;
}

function metricChart(metric: MetricHistory, id: string): Markup {
  const { points, changes } = metric;
  if (points.length === 0) return NOTHING;
  const yText = (value: number): string => formatQuantity({ value, unit: metric.unit });
  const placeOf = (runId: string): number => points.findIndex((point) => point.runId === runId);
  const described = changes.map(changeText).join("; ");
  return xyChart({
    id,
    title: metric.title,
    description: `${plural(points.length, "run")}; ${described === "" ? (metric.needed === undefined ? "no change point" : `change points need ${metric.needed}`) : described}.`,
    unit: `by run, oldest first; ${metric.better} is better${metric.needed === undefined ? "" : `; change points need ${metric.needed}`}`,
    x: linearScale([points.length], 8),
    y: linearScale(points.map(({ value }) => value)),
    xText: (place) => (place === 0 || place > points.length ? "" : String(place)),
    yText,
    lines: [
      {
        name: "runs",
        points: points.map(({ value }, index) => ({ x: index + 1, y: value })),
        colour: 0,
      },
    ],
    verticals: changes.map((change) => ({
      x: placeOf(change.firstRunId) + 0.5,
      label: `${change.direction === "worse" ? "✘" : "▲"} ${signed(change)}${change.acknowledgement === undefined ? "" : " (acknowledged)"}`,
      className: change.direction,
    })),
    heightPx: 80,
    twin: {
      label: `${metric.title} as a table`,
      heads: ["run", "started", "value", "change"],
      rows: points.map(({ runId, startedAtEpochMs, value }) => [
        runId,
        formatUtc(startedAtEpochMs),
        figureOf({ value, unit: metric.unit }),
        changes
          .filter((change) => change.firstRunId === runId)
          .map(changeText)
          .join("; ") || NONE,
      ]),
    },
  });
}

function signed({ changeRatio }: HistoryChange): string {
  return `${changeRatio > 0 ? "+" : ""}${formatRatio(changeRatio)}`;
}

function changeText(change: HistoryChange): string {
  const { direction, firstRunId, before, after, pValue, acknowledgement, rerun } = change;
  const again = rerun === undefined ? "" : `, looked at again, ${rerun.status}: ${rerun.because}`;
  const why =
    acknowledgement === undefined ? again : `${again}, acknowledged: ${acknowledgement.reason}`;
  return `${direction} since ${firstRunId}: ${figureOf(before)} → ${figureOf(after)} (${signed(change)}, p = ${String(pValue)})${why}`;
}
