/** What every extracted figure of a run has, and the scale on which two of them are compared. */
import type { Metric, Unmeasured } from "../../core/contracts/comparison.ts";
import type { Unit } from "../../core/contracts/values.ts";
import { allOf, type Pieces, type QuantileTable } from "./pieces.ts";

export interface MeasuredMetric extends Metric {
  /** Absent where a run is one observation: a single recovery cannot be drawn again. */
  readonly pieces?: Pieces;
}

export type Extracted =
  | { readonly kind: "measured"; readonly metric: MeasuredMetric }
  | ({ readonly kind: "unmeasured" } & Unmeasured);

/** What never ended stands last: an hour, the longest a histogram holds. */
export const NEVER_MS = 3_600_000;

/** Fewer samples beyond a quantile than this, and it is decided by single operations. */
export const TAIL_SAMPLE_COUNT_MIN = 5;

export interface QuantileFacts {
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  readonly ratio: number;
  readonly sampleCountMin: number;
  /** "operations", "canaries". */
  readonly noun: string;
  readonly table: QuantileTable;
  readonly pieceCount: number;
  readonly pieceMs: number;
}

export function quantileMetric(facts: QuantileFacts): Extracted {
  const { id, title, unit, ratio, table, sampleCountMin } = facts;
  if (table.n < sampleCountMin) {
    const needed = `${String(table.n)} ${facts.noun} in the steady time, ${String(sampleCountMin)} are the least`;
    return { kind: "unmeasured", id, reason: needed };
  }
  const valueOf = (picked: readonly number[]): number => table.quantileOf(ratio, picked);
  const pieces = { count: facts.pieceCount, pieceMs: facts.pieceMs, valueOf };
  const value = valueOf(allOf(facts.pieceCount));
  return {
    kind: "measured",
    metric: { id, title, unit, better: "lower", value, n: table.n, pieces },
  };
}

/** Added to shares before they are divided: from none to 0.05 % counts like five percent, and 0 can be compared. */
const SHARE_OFFSET_RATIO = 0.01;
/** Below a microsecond, or one in a thousand seconds, nothing is measured. */
const SMALLEST = 0.001;

/** Positive on every unit, so that ratios and logarithms exist. */
export function scaled(value: number, unit: Unit): number {
  return unit === "ratio" ? value + SHARE_OFFSET_RATIO : Math.max(SMALLEST, value);
}

/** Undoes `scaled`, but for what lies below the smallest. */
export function unscaled(value: number, unit: Unit): number {
  return unit === "ratio" ? value - SHARE_OFFSET_RATIO : value;
}

/** From a ratio on the scale to what people read: relative, and for a share the difference of the shares. */
export function changeOf(ratio: number, base: number, unit: Unit): number {
  return unit === "ratio" ? (ratio - 1) * scaled(base, unit) : ratio - 1;
}
