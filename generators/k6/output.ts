/** Reads the lines k6 writes with `--out json`: the query samples and the iterations it never started. */
import type { QueryClassName } from "../../core/contracts/plan.ts";
import { QUERY_CLASSES } from "./mix.ts";

export type K6Line =
  | {
      readonly kind: "query";
      readonly class: QueryClassName;
      readonly outcome: "ok" | "failed";
      /** Why it failed: timeout, http, trino or rows. */
      readonly reason: string;
      readonly endedEpochMs: number;
      /** From the intended start. May be below 0 where the clock stepped; never clamped. */
      readonly latencyMs: number;
    }
  | {
      /** Begun: a query of which no sample follows was still under way when k6 was ended. */
      readonly kind: "begun";
      readonly class: QueryClassName;
      readonly intendedEpochMs: number;
    }
  | {
      readonly kind: "dropped";
      readonly class: QueryClassName;
      readonly count: number;
      readonly epochMs: number;
    };

interface Point {
  readonly type?: unknown;
  readonly metric?: unknown;
  readonly data?: {
    readonly time?: unknown;
    readonly value?: unknown;
    readonly tags?: Readonly<Record<string, unknown>>;
  };
}

const METRICS = ["lakeproof_query_ms", "lakeproof_query_begun_ms", "dropped_iterations"] as const;

/** Undefined for every other metric, for metric declarations and for a line cut off in the middle. */
export function parseK6Line(line: string): K6Line | undefined {
  // k6 writes a dozen lines a request; only the metrics of interest are worth a JSON.parse.
  if (!METRICS.some((metric) => line.includes(metric))) return undefined;
  const point = parsePoint(line);
  const value = point?.data?.value;
  const epochMs = epochMsOf(point?.data?.time);
  if (point?.type !== "Point" || typeof value !== "number" || Number.isNaN(epochMs))
    return undefined;
  const tags = point.data?.tags ?? {};
  if (point.metric === "dropped_iterations") {
    const name = classOf(tags["scenario"]);
    return name === undefined ? undefined : { kind: "dropped", class: name, count: value, epochMs };
  }
  const name = classOf(tags["class"]);
  if (name === undefined) return undefined;
  if (point.metric === "lakeproof_query_begun_ms") {
    return { kind: "begun", class: name, intendedEpochMs: epochMs - value };
  }
  if (point.metric !== "lakeproof_query_ms") return undefined;
  const ok = tags["outcome"] === "ok";
  return {
    kind: "query",
    class: name,
    outcome: ok ? "ok" : "failed",
    reason: String(tags["reason"]),
    endedEpochMs: epochMs,
    latencyMs: value,
  };
}

function parsePoint(line: string): Point | undefined {
  try {
    return JSON.parse(line) as Point;
  } catch {
    return undefined;
  }
}

/** RFC 3339 with up to nine digits of a second's fraction; whole milliseconds are kept. */
function epochMsOf(time: unknown): number {
  if (typeof time !== "string") return Number.NaN;
  return Date.parse(time.replace(/(\.\d{3})\d+/, "$1"));
}

function classOf(name: unknown): QueryClassName | undefined {
  return QUERY_CLASSES.find((known) => known === name);
}
