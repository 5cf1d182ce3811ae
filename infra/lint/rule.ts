/** What a rule is, and what it says. */
import type { FactKind, Facts } from "./facts.ts";

/**
 * error: it does not start, loses or doubles acknowledged data, or cannot hold an objective.
 * warning: an objective breaks in a fault or as data grows. note: worth knowing before somebody is surprised.
 */
export const SEVERITIES = ["error", "warning", "note"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What a rule returns; the runner adds which rule it was. */
export interface Draft {
  readonly severity: Severity;
  readonly file: string;
  readonly key: string;
  readonly value: string;
  /** What follows from the value, computed, with the figures. */
  readonly consequence: string;
  /** What to change, as an imperative sentence. */
  readonly change: string;
}

export interface Finding extends Draft {
  readonly rule: string;
  /** Other files with the very same finding. */
  readonly alsoIn: readonly string[];
}

export interface LintRule {
  readonly id: string;
  /** What it computes, in one line. */
  readonly purpose: string;
  /** Facts it cannot say anything without. */
  readonly needs: readonly FactKind[];
  /** Pure. */
  check(facts: Facts): readonly Draft[];
}

/**
 * How grave an age above the objective is. What the configuration alone adds up to is certain; with the time that
 * starting takes it is likely. Undefined: it holds.
 */
export function ageSeverity(
  configuredMs: number,
  withStartMs: number,
  objectiveMs: number,
): Severity | undefined {
  if (configuredMs > objectiveMs) return "error";
  return withStartMs > objectiveMs ? "warning" : undefined;
}
