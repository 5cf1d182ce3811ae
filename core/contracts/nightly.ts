/** One night of capacity search against those before it: what was measured, asked again, and concluded. */
import type { CapacityReport, CapacityStep, CapacityTarget } from "./capacity.ts";
import type { SeriesHistory } from "./comparison.ts";

/** What has to be looked at again before a change of the history may fail the night. */
export interface RerunQuestion {
  /** Of the history. */
  readonly changeId: string;
  readonly metricId: string;
  readonly title: string;
  readonly target: CapacityTarget;
  /** Events a second to offer; absent where tonight gave no rate to offer again. */
  readonly ratePerS?: number;
  /**
   * rate-holds: the lowest rate that would be no change worth a verdict; where it holds, the level did not fall.
   * per-core: tonight's own rate; the figure of the stage must come out as low again.
   */
  readonly asks:
    | { readonly kind: "rate-holds" }
    | { readonly kind: "per-core"; readonly stage: string; readonly refutedFromPerS: number };
}

/** confirmed: it fails the night. refuted: it does not. undecided: no window could tell. */
export type RerunStatus = "confirmed" | "refuted" | "undecided";

export interface NightRerun extends RerunQuestion {
  readonly status: RerunStatus;
  readonly because: string;
  /** Windows it was decided from; one may have served several questions. */
  readonly steps: readonly CapacityStep[];
}

/** A stage's own figure against the hardware that the specification gives it. A line through one point. */
export interface SizedStage {
  readonly stage: string;
  /** Measured here, for each core that the stage used. */
  readonly eventsPerSPerCore: number;
  /** Cores at the specified rate, were each of them worth as much as here. */
  readonly coreCountNeeded: number;
  /** Absent where the specification names none. */
  readonly coreCountSpecified?: number;
  readonly neededOfSpecifiedRatio?: number;
  /** Nodes of the specification that are counted. */
  readonly nodes: string;
}

export interface RightSizing {
  /** The specified rate that is extrapolated to. */
  readonly rateEventsPerS: number;
  /** The rate it was measured at. */
  readonly measuredPerS: number;
  /** How many times further than measured the line is drawn. */
  readonly extrapolatedRatio: number;
  readonly stages: readonly SizedStage[];
  /** Of the stages with a figure on both sides. */
  readonly coreCountNeeded: number;
  readonly coreCountSpecified: number;
}

/** The specification's bill at one rate, with each of its two totals. */
export interface EventCost {
  readonly rateEventsPerS: number;
  /** Lines of the bill added up, and the total that is stated beside them. */
  readonly linesMonthlyUsd: number;
  readonly statedMonthlyUsd: number;
  readonly linesPerMillionUsd: number;
  readonly statedPerMillionUsd: number;
}

export interface NightlyReport {
  readonly schema: "lakeproof.nightly/1";
  readonly runId: string;
  readonly scenario: string;
  readonly purpose: string;
  readonly startedAtEpochMs: number;
  readonly effectRatioMin: number;
  readonly capacity: CapacityReport;
  /** Where the night was kept, or why it was not. */
  readonly kept: { readonly path: string } | { readonly reason: string };
  /** Its series with this night in it; absent where it was not kept. */
  readonly history?: SeriesHistory;
  readonly reruns: readonly NightRerun[];
  /** At the specified rate first, then at the measured one where there is one. */
  readonly costs: readonly EventCost[];
  /** Absent where no window of the whole pipeline held. */
  readonly sizing?: RightSizing;
  readonly exit: { readonly code: number; readonly reasons: readonly string[] };
  readonly rerun: string;
}
