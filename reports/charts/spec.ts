/** What a chart is told to draw: plain data, shared by the drawing and its table twin. */
import type { Point } from "./downsample.ts";

export interface ShadedWindow {
  readonly label: string;
  readonly fromMs: number;
  /** The fault was undone; from here to `toMs` the pipeline was recovering. */
  readonly healedMs?: number;
  readonly toMs: number;
}

/** What all charts of one timeline share. */
export interface Frame {
  readonly fromMs: number;
  readonly toMs: number;
  readonly windows: readonly ShadedWindow[];
}

export interface Series {
  readonly name: string;
  /** Sorted by time. */
  readonly points: readonly Point[];
  readonly shape: "line" | "dots" | "stems";
  /** Index into the palette, 0 to 9. */
  readonly colour: number;
  /** Index into the dash patterns, 0 is solid. */
  readonly dash?: number;
}

export interface ChartSpec {
  /** Unique on the page. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** Beside the title: "events/s". */
  readonly unit: string;
  readonly scale: "linear" | "log";
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  readonly target?: { readonly value: number; readonly label: string };
  /** Values known only to be larger than drawn; shown as ▷. */
  readonly censored?: readonly Point[];
  readonly heightPx: number;
}
