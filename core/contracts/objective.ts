/**
 * What is asked of the system, as data. Apart from slo.ts because the plan carries objectives and the
 * journal carries the plan, while checks read the journal: one file would close that circle.
 */
import type { FaultClass } from "./fault.ts";
import type { Quantity, Unit } from "./values.ts";

/**
 * Samples of which part of the run count. steady = control and quiet time, outside every class B and X window.
 * control and measure are the phases of those names; faults.W and its like the windows of that class of fault, from
 * injection to recovery.
 */
export const OBJECTIVE_WINDOWS = [
  "steady",
  "whole",
  "control",
  "measure",
  "faults.W",
  "faults.B",
  "faults.X",
] as const;
export type ObjectiveWindow = (typeof OBJECTIVE_WINDOWS)[number];

/** "bad share < limitRatio": error rates directly; a quantile q below T as "share of samples ≥ T is < 1-q". */
export interface Objective {
  readonly id: string;
  readonly title: string;
  /** Where the seed asks for it. */
  readonly source: string;
  readonly window: ObjectiveWindow;
  readonly sli:
    | { readonly kind: "freshness" }
    | { readonly kind: "latency"; readonly workload: string; readonly class?: string }
    | { readonly kind: "errors"; readonly workload: string }
    | { readonly kind: "uptime"; readonly sliceMs: number }
    | { readonly kind: "rate"; readonly workload: string; readonly unit: Unit }
    /** So many people at once, each answered: a closed load, whose rate is no promise. */
    | { readonly kind: "users"; readonly workload: string }
    /** Injections of one class that are recovered by the threshold; those that are not are bad. */
    | { readonly kind: "recovery"; readonly faultClass: FaultClass }
    /** Declared fault rates times measured recoveries, over a period no run lasts. */
    | { readonly kind: "projected-uptime"; readonly periodMs: number }
    /** Asked for, but about people and money: no run says anything about it, so none is judged. */
    | { readonly kind: "informational"; readonly reason: string }
    /** Asked for by the seed, but nothing in this plan can measure it. */
    | { readonly kind: "unmeasured"; readonly reason: string };
  /** A sample at or above this is bad (latency, freshness); for rates the level to reach. */
  readonly threshold: Quantity;
  /** Largest share of bad samples allowed: 0.05 for a p95, 0.001 for 99.9 %. */
  readonly badRatioMax: number;
}
