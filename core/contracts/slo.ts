/** Probes observe and never judge; checks judge and do no I/O. */
import type { JournalReader } from "./journal.ts";
import type { Quantity } from "./values.ts";

export type { Objective, ObjectiveWindow } from "./objective.ts";

export type VerdictStatus = "PROVEN" | "VIOLATED" | "INCONCLUSIVE" | "INVALID";

export type VerdictKind = "integrity" | "objective" | "recovery" | "validity" | "hygiene";

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
  /** What is odd about the journal itself: cut off, unknown version, unknown events. */
  readonly journalProblems: readonly string[];
}
