/** Two groups of runs beside each other, and one run among its predecessors. Written by cli, drawn by reports. */
import type { Quantity, Unit } from "./values.ts";

/** REGRESSED and IMPROVED need the minimum effect and evidence; EQUIVALENT needs evidence too; the rest is open. */
export type ComparisonStatus = "REGRESSED" | "IMPROVED" | "EQUIVALENT" | "INCONCLUSIVE";

/** One figure of one run. */
export interface Metric {
  /** "latency.simple.p95": what is watched, and across runs the key of its series. */
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  readonly better: "lower" | "higher";
  readonly value: number;
  /** Samples behind the value: operations, canaries, injections. */
  readonly n: number;
}

/** testbed: what the run stood on. config: what was under test. plan: what was done to it. */
export const DIFFERENCE_GROUPS = ["testbed", "config", "plan"] as const;
export type DifferenceGroup = (typeof DIFFERENCE_GROUPS)[number];

export interface Difference {
  readonly group: DifferenceGroup;
  /** "environment.cpuModel", "plan.bank.rateEventsPerS". */
  readonly field: string;
  readonly runId: string;
  readonly value: string;
  /** The run it was held against. */
  readonly baseRunId: string;
  readonly baseValue: string;
}

export interface ComparedRun {
  readonly runId: string;
  readonly startedAtEpochMs: number;
}

/**
 * Head against base. Relative, 0.1 = ten percent more; for a metric that is itself a share the difference of the
 * two shares, 0.001 = a tenth of a percentage point more.
 */
export interface Change {
  readonly changeRatio: number;
  readonly changeRatioLower: number;
  readonly changeRatioUpper: number;
  /** Of the interval, both sides together. */
  readonly confidenceRatio: number;
  readonly method: string;
}

export interface MetricTest {
  /** "Wilcoxon signed rank, worse", … */
  readonly name: string;
  readonly pValue: number;
  /** After Benjamini–Hochberg over all metrics of the comparison; absent where no correction belongs. */
  readonly qValue?: number;
}

export interface MetricComparison {
  readonly id: string;
  readonly title: string;
  readonly better: "lower" | "higher";
  readonly status: ComparisonStatus;
  /** Median over the runs of the side. Absent: not measured there. */
  readonly base?: Quantity;
  readonly head?: Quantity;
  readonly baseCount: number;
  readonly headCount: number;
  readonly change?: Change;
  readonly tests: readonly MetricTest[];
  /** One sentence with the figures. */
  readonly because: string;
  /** What would settle it, when it is open. */
  readonly needed?: string;
}

export interface Unmeasured {
  readonly id: string;
  readonly reason: string;
}

export interface Comparison {
  readonly schema: "lakeproof.comparison/1";
  /** two-runs: windows are resampled, the noise between runs is assumed. pairs: the pair of runs is the unit. */
  readonly design: "two-runs" | "pairs";
  readonly status: ComparisonStatus;
  readonly because: string;
  readonly exit: { readonly code: number; readonly reasons: readonly string[] };
  readonly base: readonly ComparedRun[];
  readonly head: readonly ComparedRun[];
  /** Smallest change worth a verdict, 0.05 = five percent. */
  readonly effectRatioMin: number;
  /** Standard deviation between two runs of the same thing that was assumed; with pairs it is measured. */
  readonly noiseRatio?: number;
  /** Runs of the base's kind over which each metric's noise was measured, instead of the one that is assumed. */
  readonly noiseRuns?: readonly ComparedRun[];
  /** Of the resampling. */
  readonly seed: string;
  /** What was allowed to differ, and other reasons to read the verdict with care. */
  readonly deviations: readonly string[];
  readonly metrics: readonly MetricComparison[];
  /** Measured by no run: they decide nothing. */
  readonly unmeasured: readonly Unmeasured[];
}

/** A change that was looked at again in the same night, before it could fail it. */
export interface HistoryRerun {
  readonly metricId: string;
  readonly status: "confirmed" | "refuted" | "undecided";
  readonly because: string;
}

/** One run in the history: written once, never again. */
export interface HistoryEntry {
  readonly schema: "lakeproof.history-entry/1";
  readonly runId: string;
  readonly startedAtEpochMs: number;
  readonly suite: string;
  readonly profile: string;
  readonly testbed: string;
  /** SHA-256 of the journal it was made from. */
  readonly journalSha256: string;
  /** Field → value, as compared. A new testbed or plan begins a new series. */
  readonly testbedFields: Readonly<Record<string, string>>;
  readonly configFields: Readonly<Record<string, string>>;
  readonly planFields: Readonly<Record<string, string>>;
  /** Verdict of the run itself. */
  readonly verdict: { readonly status: string; readonly exitCode: number };
  readonly metrics: readonly Metric[];
  readonly unmeasured: readonly Unmeasured[];
  readonly reruns?: readonly HistoryRerun[];
}

/** A person has seen a change and says why it stands. */
export interface Acknowledgement {
  readonly schema: "lakeproof.acknowledgement/1";
  readonly changeId: string;
  readonly series: string;
  readonly metricId: string;
  /** First run of the new level when it was acknowledged. */
  readonly runId: string;
  readonly direction: "worse" | "better";
  readonly reason: string;
  readonly acknowledgedAtEpochMs: number;
}

/** The level of a metric moved for good, between two runs of its series. */
export interface HistoryChange {
  readonly id: string;
  readonly metricId: string;
  readonly direction: "worse" | "better";
  /** Last run of the old level and first run of the new one. */
  readonly lastRunId: string;
  readonly firstRunId: string;
  readonly before: Quantity;
  readonly after: Quantity;
  readonly changeRatio: number;
  readonly pValue: number;
  /** True when no later change follows: only this one may fail a night. */
  readonly newest: boolean;
  /** What else differs between the two runs: where to look first. */
  readonly configChanges: readonly string[];
  readonly acknowledgement?: Acknowledgement;
  /** Of the newest run: what looking again said. A change that it refuted fails nothing. */
  readonly rerun?: HistoryRerun;
}

export interface HistoryPoint {
  readonly runId: string;
  readonly startedAtEpochMs: number;
  readonly value: number;
}

export interface MetricHistory {
  readonly metricId: string;
  readonly title: string;
  readonly unit: Unit;
  readonly better: "lower" | "higher";
  readonly points: readonly HistoryPoint[];
  readonly changes: readonly HistoryChange[];
  /** Why change points cannot be told yet. */
  readonly needed?: string;
}

export interface SeriesHistory {
  readonly schema: "lakeproof.history/1";
  /** "suite/profile/testbed". */
  readonly series: string;
  readonly runCount: number;
  readonly metrics: readonly MetricHistory[];
  readonly exit: { readonly code: number; readonly reasons: readonly string[] };
}
