/** Reads the lines k6 writes with `--out json`: the query samples and the iterations it never started. */
import { BI_WORKLOADS, type BiWorkload } from "../../core/bi-load.ts";
import type { QueryClassName } from "../../core/contracts/plan.ts";
import type { DigestRange } from "./digest.ts";
import { QUERY_CLASSES } from "./mix.ts";

/** A query class, or a load through the BI tier. */
export type LoadName = QueryClassName | BiWorkload;

export interface DigestAnswer {
  readonly range: DigestRange;
  readonly text: string;
}

export type K6Line =
  | {
      readonly kind: "query";
      readonly class: LoadName;
      readonly outcome: "ok" | "failed";
      /** Why it failed: timeout, http, trino, rows, status or content. */
      readonly reason: string;
      readonly endedEpochMs: number;
      /** From the intended start. May be below 0 where the clock stepped; never clamped. */
      readonly latencyMs: number;
      /** Where the query asked for settled data. */
      readonly digest?: DigestAnswer;
    }
  | { /** One more user has come. */ readonly kind: "user"; readonly epochMs: number }
  | {
      /** Begun: a query of which no sample follows was still under way when k6 was ended. */
      readonly kind: "begun";
      readonly class: LoadName;
      readonly intendedEpochMs: number;
    }
  | {
      readonly kind: "dropped";
      readonly class: LoadName;
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
    readonly metadata?: Readonly<Record<string, unknown>>;
  };
}

/** Of an operation that ended: latency from its intended start. */
const ENDED = ["lakeproof_query_ms", "lakeproof_bi_ms"];
/** Of one that began: how late. */
const BEGUN = ["lakeproof_query_begun_ms", "lakeproof_bi_begun_ms"];
/** Of one that was never begun, because no worker was free in time: how late it was by then. */
const DROPPED = "lakeproof_query_dropped_ms";
const USERS = "lakeproof_bi_users";
const METRICS = [...ENDED, ...BEGUN, DROPPED, USERS, "dropped_iterations"];

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
  if (point.metric === USERS) return { kind: "user", epochMs };
  const name = classOf(tags["class"]);
  if (name === undefined) return undefined;
  const metric = String(point.metric);
  if (metric === DROPPED)
    return { kind: "dropped", class: name, count: 1, epochMs: epochMs - value };
  if (BEGUN.includes(metric)) {
    return { kind: "begun", class: name, intendedEpochMs: epochMs - value };
  }
  if (!ENDED.includes(metric)) return undefined;
  const digest = digestOf(point.data?.metadata ?? {});
  const ok = tags["outcome"] === "ok";
  return {
    kind: "query",
    class: name,
    outcome: ok ? "ok" : "failed",
    reason: String(tags["reason"]),
    endedEpochMs: epochMs,
    latencyMs: value,
    ...(digest === undefined ? {} : { digest }),
  };
}

function digestOf(metadata: Readonly<Record<string, unknown>>): DigestAnswer | undefined {
  const { range, digest } = metadata;
  if (typeof range !== "string" || typeof digest !== "string") return undefined;
  return { range: JSON.parse(range) as DigestRange, text: digest };
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

function classOf(name: unknown): LoadName | undefined {
  return [...QUERY_CLASSES, ...BI_WORKLOADS].find((known) => known === name);
}
