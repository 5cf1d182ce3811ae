/** The capacity ladder: which loads held, which did not and why, with the scalability law where it was fitted. */
import type { CapacityLadder, CapacityRung } from "../core/contracts/report.ts";
import { linearScale } from "./charts/scale.ts";
import { xyChart } from "./charts/xy.ts";
import type { XyPoint } from "./charts/xy.ts";
import { formatNumber, NONE, plural } from "./format.ts";
import { html, NOTHING } from "./markup.ts";
import type { Markup } from "./markup.ts";

const MARKS = {
  holds: { symbol: "●", className: "ok", name: "held" },
  breaks: { symbol: "✘", className: "bad", name: "broke" },
  blind: { symbol: "?", className: "unsure", name: "carries no verdict" },
} as const satisfies Record<CapacityRung["status"], object>;

const CURVE_POINT_COUNT = 80;

/** Nothing without steps. */
export function capacity(ladders: readonly CapacityLadder[]): Markup {
  const climbed = ladders.filter(({ rungs }) => rungs.length > 0);
  if (climbed.length === 0) return NOTHING;
  return html`<section id="capacity">
    <h2>Capacity</h2>
    <p class="lead">
      Each mark is a load that was offered for a while. A peak is told only where the steps went
      past it.
    </p>
    ${climbed.map(ladderChart)}
  </section>`;
}

function ladderChart(ladder: CapacityLadder, index: number): Markup {
  const rungs = [...ladder.rungs].sort((a, b) => a.load - b.load);
  const held = rungs.filter(({ status }) => status === "holds").at(-1);
  const curve = curveOf(ladder, rungs.at(-1)?.load ?? 1);
  const peak = ladder.law?.peakLoad;
  const used = new Set(rungs.map(({ status }) => status));
  const result =
    held === undefined
      ? "no load held"
      : `highest load that held: ${formatNumber(held.load)} ${ladder.loadUnit}`;
  return xyChart({
    id: `chart-capacity-${String(index)}`,
    title: ladder.title,
    description: `${plural(rungs.length, "step")}; ${result}${lawText(ladder)}.`,
    unit: `${ladder.throughputUnit} over ${ladder.loadUnit} offered; ${result}${lawText(ladder)}`,
    x: linearScale(
      rungs.map(({ load }) => load),
      8,
    ),
    y: linearScale([
      ...rungs.map(({ throughputPerS }) => throughputPerS),
      ...curve.map(({ y }) => y),
    ]),
    xText: formatNumber,
    yText: formatNumber,
    lines: curve.length === 0 ? [] : [{ name: "law", points: curve, colour: 9, dash: 1 }],
    marks: rungs.map(({ load, throughputPerS, status }) => ({
      x: load,
      y: throughputPerS,
      ...MARKS[status],
    })),
    markNames: (["holds", "breaks", "blind"] as const)
      .filter((status) => used.has(status))
      .map((status) => MARKS[status]),
    verticals: peak === undefined ? [] : [{ x: peak, label: `peak at ${formatNumber(peak)}` }],
    heightPx: 170,
    twin: {
      label: `${ladder.title} as a table`,
      heads: [ladder.loadUnit, ladder.throughputUnit, "result", "limited by"],
      rows: rungs.map(({ load, throughputPerS, status, limitedBy }) => [
        formatNumber(load),
        formatNumber(throughputPerS),
        MARKS[status].name,
        limitedBy ?? NONE,
      ]),
    },
  });
}

function curveOf({ law }: CapacityLadder, loadMax: number): readonly XyPoint[] {
  if (law === undefined) return [];
  return Array.from({ length: CURVE_POINT_COUNT }, (_, index) => {
    const load = (loadMax * (index + 1)) / CURVE_POINT_COUNT;
    const waiting = 1 + law.sigma * (load - 1) + law.kappa * load * (load - 1);
    return { x: load, y: (law.lambda * load) / waiting };
  }).filter(({ y }) => Number.isFinite(y) && y >= 0);
}

function lawText({ law }: CapacityLadder): string {
  if (law === undefined) return "";
  const peak = law.peakLoad === undefined ? ", peak not reached" : "";
  return `; σ ${formatNumber(law.sigma)}, κ ${formatNumber(law.kappa)}${peak}`;
}
