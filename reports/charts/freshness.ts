/** Freshness as a reader has it: the age of what can be read at each moment, and how ages are distributed. */
import type { JournalReader } from "../../core/contracts/journal.ts";
import { steadyIntervals, within } from "../../core/timeline.ts";
import { formatNumber, formatRatio, NONE, plural } from "../format.ts";
import { NOTHING } from "../markup.ts";
import type { Markup } from "../markup.ts";
import type { Point } from "./downsample.ts";
import { linearScale } from "./scale.ts";
import type { ChartSpec } from "./spec.ts";
import { xyChart } from "./xy.ts";

/**
 * The sawtooth: just before a canary comes into sight the newest readable row is as old as it will get; with it the
 * age falls. Each fall is a commit that a reader sees. Seconds.
 */
export function sawtooth(journal: JournalReader): readonly Point[] {
  const seen = [...journal.of("canary.seen")].sort((a, b) => a.visibleMs - b.visibleMs);
  const points: Point[] = [];
  let newestMs = Number.NaN;
  for (const { visibleMs, intendedMs } of seen) {
    if (intendedMs <= newestMs) continue;
    if (!Number.isNaN(newestMs)) points.push({ xMs: visibleMs, y: (visibleMs - newestMs) / 1000 });
    points.push({ xMs: visibleMs, y: (visibleMs - intendedMs) / 1000 });
    newestMs = intendedMs;
  }
  return points;
}

export function sawtoothChart(journal: JournalReader): ChartSpec {
  const targetS = journal.plan.canary.freshnessTargetMs / 1000;
  return {
    id: "chart-sawtooth",
    title: "Age of what a reader sees",
    description:
      "Age of the newest readable canary at each moment: it grows until the next commit comes into sight, and falls with it.",
    unit: "seconds; each fall is a commit coming into sight",
    scale: "linear",
    series: [{ name: "age", points: sawtooth(journal), shape: "line", colour: 2 }],
    format: formatNumber,
    target: { value: targetS, label: `target ${formatNumber(targetS)} s` },
    heightPx: 110,
  };
}

const SHARES = [0.5, 0.75, 0.9, 0.95, 0.99, 1];
const STEP_COUNT_MAX = 400;

/** Share of canaries of steady time that were readable within each age. Those never seen keep it below 100 %. */
export function freshnessEcdf(journal: JournalReader): Markup {
  const steady = steadyIntervals(journal);
  const agesS = journal
    .of("canary.seen")
    .filter(({ intendedMs }) => within(intendedMs, steady))
    .map(({ intendedMs, visibleMs }) => (visibleMs - intendedMs) / 1000)
    .sort((a, b) => a - b);
  const unseen = journal
    .of("canary.censored")
    .filter(({ intendedMs }) => within(intendedMs, steady)).length;
  const n = agesS.length + unseen;
  if (agesS.length === 0) return NOTHING;
  const targetS = journal.plan.canary.freshnessTargetMs / 1000;
  const x = linearScale([...agesS.slice(-1), targetS], 8);
  const ageAt = (share: number): number | undefined => agesS[Math.max(0, Math.ceil(share * n) - 1)];
  const inTime = agesS.filter((age) => age < targetS).length / n;
  const stride = Math.max(1, Math.ceil(agesS.length / STEP_COUNT_MAX));
  const steps = agesS.flatMap((age, index) =>
    index % stride === 0 || index === agesS.length - 1
      ? [
          { x: age, y: index / n },
          { x: age, y: (index + 1) / n },
        ]
      : [],
  );
  return xyChart({
    id: "chart-ecdf",
    title: "How many rows were readable how soon",
    description: `Share of ${plural(n, "canary", "canaries")} of steady time by age at first sight; ${formatRatio(inTime)} within the target of ${formatNumber(targetS)} s${unseen === 0 ? "" : `, ${formatNumber(unseen)} never seen`}.`,
    unit: `share of ${plural(n, "canary", "canaries")} in steady time, by seconds to first sight${unseen === 0 ? "" : `; ${formatNumber(unseen)} never seen`}`,
    x,
    y: linearScale([0, 1]),
    xText: (value) => `${formatNumber(value)} s`,
    yText: formatRatio,
    lines: [{ name: "canaries", points: steps, colour: 2 }],
    verticals: [{ x: targetS, label: `target ${formatNumber(targetS)} s` }],
    heightPx: 130,
    twin: {
      label: "Readable how soon, as a table",
      heads: ["share of canaries", "readable within"],
      rows: SHARES.map((share) => {
        const age = ageAt(share);
        return [formatRatio(share), age === undefined ? NONE : `${formatNumber(age)} s`];
      }),
    },
  });
}
