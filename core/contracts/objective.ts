/**
 * What is asked of the system, as data. Apart from slo.ts because the plan carries objectives and the
 * journal carries the plan, while checks read the journal: one file would close that circle.
 */
import type { Quantity, Unit } from "./values.ts";

/** Samples of which part of the run count. steady = control and quiet time, outside every class X window. */
export type ObjectiveWindow = "steady" | "whole";

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
    /** Asked for by the seed, but nothing in this plan can measure it. */
    | { readonly kind: "unmeasured"; readonly reason: string };
  /** A sample at or above this is bad (latency, freshness); for rates the level to reach. */
  readonly threshold: Quantity;
  /** Largest share of bad samples allowed: 0.05 for a p95, 0.001 for 99.9 %. */
  readonly badRatioMax: number;
}
