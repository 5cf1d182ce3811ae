/** A series as a story: how it is, what it does while something is broken, how it is again. */
import { TIMINGS } from "../timings.ts";

export type Shape =
  | { readonly kind: "level"; readonly value: number }
  | { readonly kind: "ramp"; readonly from: number; readonly perStep: number }
  /** Its target does not answer: Prometheus marks the series as ended. */
  | { readonly kind: "gone" };

export function level(value: number): Shape {
  return { kind: "level", value };
}

export function ramp(from: number, perStep: number): Shape {
  return { kind: "ramp", from, perStep };
}

export const GONE: Shape = { kind: "gone" };

export interface Chapter {
  readonly shape: Shape;
  readonly steps: number;
}

const STEP_S = TIMINGS.scrapeIntervalS;

export function stepsOf(seconds: number): number {
  return Math.round(seconds / STEP_S);
}

/** promtool's notation: one word a chapter, such as 0+10x23 for 24 samples. */
export function valuesOf(chapters: readonly Chapter[]): string {
  return chapters
    .filter(({ steps }) => steps > 0)
    .map(({ shape, steps }) => words(shape, steps))
    .join(" ");
}

function words(shape: Shape, steps: number): string {
  switch (shape.kind) {
    case "level":
      return `${String(shape.value)}+0x${String(steps - 1)}`;
    case "ramp":
      return `${String(shape.from)}+${String(shape.perStep)}x${String(steps - 1)}`;
    case "gone":
      return steps === 1 ? "stale" : `stale _x${String(steps - 1)}`;
  }
}
