/** The same data as a table, for readers who cannot see the drawing: the range of each stretch of time. */
import { foldedTable } from "../html-table.ts";
import { NOTHING } from "../markup.ts";
import type { Markup } from "../markup.ts";
import { formatClock, NONE } from "../format.ts";
import type { ChartSpec, Frame, Series } from "./spec.ts";
import type { Point } from "./downsample.ts";
import { timeTicks } from "./scale.ts";

const ROW_COUNT_MAX = 40;

export function tableTwin(
  spec: ChartSpec,
  series: readonly Series[],
  censored: readonly Point[],
  frame: Frame,
): Markup {
  const columns: readonly { readonly name: string; readonly points: readonly Point[] }[] = [
    ...series,
    ...(censored.length === 0 ? [] : [{ name: "not seen", points: censored }]),
  ];
  const all = stretches(frame);
  const grouped = columns.map(({ points }) =>
    Map.groupBy(points, ({ xMs }) =>
      all.findIndex(({ fromMs, toMs }) => xMs >= fromMs && xMs < toMs),
    ),
  );
  const rows = all.flatMap(({ fromMs }, index) => {
    const cells = grouped.map((own) => rangeText(own.get(index) ?? [], spec.format));
    return cells.every((cell) => cell === NONE)
      ? []
      : [{ fromMs, cells: [formatClock(fromMs), ...cells] }];
  });
  if (rows.length === 0) return NOTHING;
  return foldedTable({
    label: `${spec.title} as a table`,
    caption: `${spec.title}, ${spec.unit}: smallest to largest value from each time on`,
    heads: ["from", ...columns.map(({ name }) => name)],
    rows: rows.map(({ cells }) => cells),
    timesMs: rows.map(({ fromMs }) => fromMs),
  });
}

export function stretches(
  frame: Frame,
): readonly { readonly fromMs: number; readonly toMs: number }[] {
  const ticks = timeTicks(frame.fromMs, frame.toMs, ROW_COUNT_MAX);
  const starts = ticks[0] === frame.fromMs ? ticks : [frame.fromMs, ...ticks];
  return starts.map((fromMs, index) => ({
    fromMs,
    toMs: starts[index + 1] ?? Number.POSITIVE_INFINITY,
  }));
}

function rangeText(points: readonly Point[], format: (value: number) => string): string {
  const values = points.map((point) => point.y);
  if (values.length === 0) return NONE;
  const low = format(values.reduce((one, other) => Math.min(one, other)));
  const high = format(values.reduce((one, other) => Math.max(one, other)));
  return low === high ? low : `${low} to ${high}`;
}
