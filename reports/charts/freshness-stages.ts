/** Stacked bars: the mean canary, and the very ones at the median, the 95th percentile and the end, by stage. */
import {
  FRESHNESS_STAGES,
  type FreshnessStage,
  type FreshnessStages,
} from "../../core/contracts/lake-commits.ts";
import { formatDurationMs, formatNumber, plural } from "../format.ts";
import { STAGE_WORDS } from "../freshness-stages.ts";
import { foldedTable } from "../html-table.ts";
import { html, NOTHING } from "../markup.ts";
import type { Markup } from "../markup.ts";
import { percent } from "./chart.ts";
import { linearScale, type Scale } from "./scale.ts";

const ROW_PX = 52;
const AXIS_PX = 20;
/** Share of the width in which a digit still fits on a phone. */
const DIGIT_SHARE = 0.035;

const COLOURS: Readonly<Record<FreshnessStage, number>> = {
  write: 1,
  capture: 5,
  wait: 0,
  commit: 6,
  visible: 3,
};

interface Part {
  /** Undefined: not known. */
  readonly stage: FreshnessStage | undefined;
  readonly ms: number;
}

interface Bar {
  readonly label: string;
  readonly totalMs: number;
  /** In the order a change passes them; what is not known last. */
  readonly parts: readonly Part[];
}

export function freshnessStageBars(facts: FreshnessStages): Markup {
  const bars = barsOf(facts);
  const scale = linearScale(
    bars.map(({ totalMs }) => totalMs / 1000),
    5,
  );
  const heightPx = bars.length * ROW_PX;
  const hasUnknown = bars.some(({ parts }) => parts.some(({ stage }) => stage === undefined));
  return html`<figure class="chart full" id="chart-freshness-stages">
    <figcaption>
      <b>Freshness by stage</b>
      <span class="unit">seconds from the intended commit to the reader</span>
      <ul class="legend">
        ${FRESHNESS_STAGES.map((stage, index) => html`<li><i class="key k-seg c${COLOURS[stage]}"></i>${index + 1} ${STAGE_WORDS[stage].name}</li>`)}
        ${hasUnknown ? html`<li><i class="key k-seg unknown"></i>? not known</li>` : NOTHING}
      </ul>
    </figcaption>
    <svg
      class="plot"
      role="img"
      aria-labelledby="freshness-stages-t freshness-stages-d"
      height="${heightPx + AXIS_PX}"
    >
      <title id="freshness-stages-t">Freshness of canaries by stage</title>
      <desc id="freshness-stages-d">${bars.map(textOf).join("; ")}.</desc>
      ${scale.ticks.map((tick) => html`<line class="grid" x1="${percent(scale.position(tick))}" x2="${percent(scale.position(tick))}" y1="0" y2="${heightPx}" /><text class="xl" x="${percent(scale.position(tick))}" y="${heightPx + 14}">${formatNumber(tick)} s</text>`)}
      ${bars.map((bar, index) => drawn(bar, index * ROW_PX, scale))}
    </svg>
    ${foldedTable({
      label: "Freshness by stage as a table",
      heads: ["canary", ...FRESHNESS_STAGES.map((stage) => STAGE_WORDS[stage].name), "not known"],
      rows: bars.map(({ label, parts }) => [
        label,
        ...[...FRESHNESS_STAGES, undefined].map((stage) => partText(parts, stage)),
      ]),
    })}
  </figure> `;
}

function barsOf(facts: FreshnessStages): readonly Bar[] {
  const { stages, canaryCount, freshnessMsMean, unknownShareRatio, examples } = facts;
  const names = ["median", "95th percentile", "slowest"];
  const mean: Bar = {
    label: `mean of ${plural(canaryCount, "canary", "canaries")}`,
    totalMs: freshnessMsMean,
    parts: known([
      ...stages.map(({ stage, knownCount, shareRatio }) => ({
        stage,
        ms: knownCount === 0 ? Number.NaN : shareRatio * freshnessMsMean,
      })),
      { stage: undefined, ms: unknownShareRatio * freshnessMsMean },
    ]),
  };
  const single = examples.map(({ way }, index): Bar => ({
    label: `${names[index] ?? ""}: canary ${formatNumber(way.canary)} in ${way.table}`,
    totalMs: way.freshnessMs,
    parts: known([
      ...FRESHNESS_STAGES.map((stage) => ({ stage, ms: way.stageMs[stage] ?? Number.NaN })),
      { stage: undefined, ms: way.unknownMs },
    ]),
  }));
  return [mean, ...single];
}

/** A stage that took no time is one that took no time; what is not known is left out, and nothing unknown is no part. */
function known(parts: readonly Part[]): readonly Part[] {
  return parts.filter(({ stage, ms }) => (stage === undefined ? ms > 0.0005 : Number.isFinite(ms)));
}

function textOf({ label, totalMs, parts }: Bar): string {
  const texts = parts.map(
    ({ stage, ms }) =>
      `${stage === undefined ? "not known" : STAGE_WORDS[stage].name} ${formatDurationMs(ms)}`,
  );
  return `${label}, ${formatDurationMs(totalMs)}: ${texts.join(", ")}`;
}

function partText(parts: readonly Part[], wanted: FreshnessStage | undefined): string {
  const found = parts.find(({ stage }) => stage === wanted);
  if (found !== undefined) return formatDurationMs(found.ms);
  return wanted === undefined ? formatDurationMs(0) : "not known";
}

function drawn({ label, totalMs, parts }: Bar, topPx: number, scale: Scale): Markup {
  let fromMs = 0;
  const boxes = parts.map(({ stage, ms }) => {
    const from = scale.position(fromMs / 1000);
    fromMs += ms;
    const share = scale.position(fromMs / 1000) - from;
    const digit = stage === undefined ? "?" : String(FRESHNESS_STAGES.indexOf(stage) + 1);
    const text =
      share < DIGIT_SHARE
        ? NOTHING
        : html`<text class="pl" x="${percent(from + share / 2)}" y="${topPx + 28}">${digit}</text>`;
    const className = stage === undefined ? "seg unknown" : `seg c${String(COLOURS[stage])}`;
    return html`<rect
        class="${className}"
        x="${percent(from)}"
        y="${topPx + 32}"
        width="${percent(share)}"
        height="12"
      />${text}`;
  });
  return html`<text class="rl" x="0" y="${topPx + 13}">${label}: ${formatDurationMs(totalMs)}</text>
    ${boxes}`;
}
