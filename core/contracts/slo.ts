/** Probes observe and never judge; checks judge and do no I/O. */
import type { JournalReader } from "./journal.ts";
import type { FreshnessStages } from "./lake-commits.ts";
import type { Quantity } from "./values.ts";

export type { Objective, ObjectiveWindow } from "./objective.ts";

export type VerdictStatus = "PROVEN" | "VIOLATED" | "INCONCLUSIVE" | "INVALID";

export type VerdictKind = "integrity" | "objective" | "recovery" | "validity" | "hygiene";

/** One objective in one phase or around one fault, beside the window that decides it. */
export interface WindowRow {
  /** "control", "measure", or the id of a fault. */
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly n: number;
  /** Missing and doubtful ones among them. */
  readonly bad: number;
  /** By its own bounds: it decides nothing, and of few samples it says little. */
  readonly status: VerdictStatus;
  /** Share of bad samples over the allowed share; absent where there was no sample. */
  readonly burnRate?: number;
}

/** How fast the error budget went, over the samples that decide the objective. */
export interface Burn {
  /** 1 uses the budget up exactly in its period. */
  readonly burnRate: number;
  /** Share of the budget of 30 days that this run alone has used. */
  readonly budgetUsedRatio: number;
  /** The multi-window alerts of the SRE workbook, over these very samples. */
  readonly alerts: readonly {
    readonly name: string;
    readonly severity: "page" | "ticket";
    readonly burnRateMin: number;
    /** Highest burn rate that stood in both of its windows at once. */
    readonly burnRateMax?: number;
    readonly firings: readonly { readonly fromMs: number; readonly toMs: number }[];
  }[];
}

/** Probability that a run of this size proves the objective when this share of all samples is bad. */
export interface Power {
  readonly trueBadRatio: number;
  readonly powerRatio: number;
}

/** countPerMonth × down time, once as measured and once with its upper bound. */
export interface ProjectionTerm {
  /** "process-kill/kafka", or "background": what fails with no fault there. */
  readonly name: string;
  readonly countPerMonth: number;
  /** False: assumed, because nobody declared it. */
  readonly isDeclared: boolean;
  readonly injectionCount: number;
  readonly unrecoveredCount: number;
  /** Injections still to be made before this term counts towards a proof. */
  readonly injectionCountMissing: number;
  readonly downMsMean: number;
  /** One-sided 95 %. Absent: nothing bounds it. */
  readonly downMsUpper?: number;
  readonly periodDownMsMean: number;
  readonly periodDownMsUpper?: number;
}

export interface Projection {
  readonly periodMs: number;
  readonly budgetMs: number;
  readonly terms: readonly ProjectionTerm[];
  readonly periodDownMsMean: number;
  readonly periodDownMsUpper?: number;
  /** From the means and from the upper bounds of all terms. */
  readonly availabilityRatio: number;
  readonly availabilityRatioLower: number;
}

export interface Verdict {
  /** Stable id, e.g. "integrity.no-lost-change" or "objective.freshness". */
  readonly id: string;
  readonly kind: VerdictKind;
  readonly title: string;
  readonly status: VerdictStatus;
  /** Only claimed verdicts decide the run; the others stand beside it. */
  readonly claimed: boolean;
  /** One sentence with the figures. */
  readonly because: string;
  readonly observed?: Quantity;
  readonly target?: Quantity & { readonly op: "<" | ">" | "<=" | ">=" | "=" };
  readonly sample?: {
    readonly n: number;
    readonly bad: number;
    readonly censored: number;
    readonly nEff: number;
  };
  /** One-sided 95 % bound on the bad share, with its limit. */
  readonly bound?: { readonly method: string; readonly value: number; readonly limit: number };
  /** The observed quantile's own bounds from order statistics, in its unit; absent where samples are too few for one. */
  readonly interval?: {
    readonly method: string;
    readonly lower?: number;
    readonly upper?: number;
  };
  readonly power?: readonly Power[];
  readonly burn?: Burn;
  readonly windows?: readonly WindowRow[];
  readonly projection?: Projection;
  /** What would be needed to prove it, when it is not proven. */
  readonly needed?: string;
  /** Located evidence: one line a finding. */
  readonly details?: readonly string[];
  /** Exit code this verdict asks for when it is claimed and not PROVEN. */
  readonly exitCode: number;
}

export interface Check {
  readonly name: string;
  readonly purpose: string;
  judge(journal: JournalReader): readonly Verdict[];
}

/** The worst of the parts; there is no weighted score. */
export interface Judgement {
  readonly schema: "lakeproof.objectives/1";
  readonly runId: string;
  readonly scenario: string;
  readonly seed: string;
  readonly status: VerdictStatus;
  /** One sentence why. */
  readonly because: string;
  readonly certifiable:
    { readonly value: false; readonly reason: string } | { readonly value: true };
  readonly exit: { readonly code: number; readonly reasons: readonly string[] };
  readonly verdicts: readonly Verdict[];
  /** Decides nothing. Absent where the journal does not follow changes on their way. */
  readonly freshnessStages?: FreshnessStages;
  /** What is odd about the journal itself: cut off, unknown version, unknown events. */
  readonly journalProblems: readonly string[];
}
