/** Reads what any k6 script writes with `--out json` and `--summary-export`: trends, checks, thresholds. */
import type { ScriptCheckCount, ScriptThreshold, ScriptTrend } from "../core/contracts/journal.ts";
import {
  encodeHistogram,
  mergeHistograms,
  newHistogram,
  recordMs,
  type Histogram,
} from "../core/histogram.ts";

export interface ScriptResult {
  readonly iterations: number;
  readonly dropped: number;
  readonly checks: readonly ScriptCheckCount[];
  readonly trends: readonly ScriptTrend[];
}

/** Takes lines as they come and keeps sums and histograms only: memory does not grow with the run. */
export interface ScriptReader {
  take(line: string): void;
  result(): ScriptResult;
}

interface Line {
  readonly type?: unknown;
  readonly metric?: unknown;
  readonly data?: {
    readonly name?: unknown;
    readonly type?: unknown;
    readonly contains?: unknown;
    readonly value?: unknown;
    readonly tags?: Readonly<Record<string, unknown>> | null;
  };
}

interface Check {
  passed: number;
  failed: number;
}

export function openScriptReader(): ScriptReader {
  const trends = new Map<string, boolean>();
  const histograms = new Map<string, Histogram>();
  const checks = new Map<string, Check>();
  const counts = { iterations: 0, dropped: 0 };
  const takePoint = (
    metric: string,
    value: number,
    tags: Readonly<Record<string, unknown>>,
  ): void => {
    const scenario = textOf(tags["scenario"]);
    if (metric === "iterations") counts.iterations += value;
    else if (metric === "dropped_iterations") counts.dropped += value;
    else if (metric === "checks") {
      const key = JSON.stringify([textOf(tags["check"]), scenario]);
      const check = checks.get(key) ?? { passed: 0, failed: 0 };
      if (value === 1) check.passed += 1;
      else check.failed += 1;
      checks.set(key, check);
    } else if (trends.has(metric)) {
      const key = JSON.stringify([metric, scenario]);
      let histogram = histograms.get(key);
      if (histogram === undefined) {
        histogram = newHistogram();
        histograms.set(key, histogram);
      }
      recordMs(histogram, value);
    }
  };
  return {
    take: (text) => {
      const line = parsedLine(text);
      const { data, metric, type } = line ?? {};
      if (data === undefined || typeof metric !== "string") return;
      if (type === "Metric") {
        if (data.type === "trend") trends.set(metric, data.contains === "time");
        return;
      }
      if (type === "Point" && typeof data.value === "number") {
        takePoint(metric, data.value, data.tags ?? {});
      }
    },
    result: () => ({
      ...counts,
      checks: [...checks].map(([key, check]) => {
        const [name = "", scenario = ""] = JSON.parse(key) as readonly string[];
        return { name, scenario, ...check };
      }),
      trends: [...histograms].map(([key, histogram]) => {
        const [metric = "", scenario = ""] = JSON.parse(key) as readonly string[];
        const isTime = trends.get(metric) ?? false;
        const { totalCount: count } = histogram;
        return { metric, scenario, isTime, count, histogram: encodeHistogram(histogram) };
      }),
    }),
  };
}

/** The thresholds in a summary file. There, true says that a threshold was crossed. */
export function thresholdsOf(summary: string): readonly ScriptThreshold[] {
  const { metrics = {} } = JSON.parse(summary) as {
    readonly metrics?: Readonly<
      Record<string, { readonly thresholds?: Readonly<Record<string, boolean>> }>
    >;
  };
  return Object.entries(metrics).flatMap(([metric, { thresholds = {} }]) =>
    Object.entries(thresholds).map(([expression, crossed]) => ({
      metric,
      expression,
      ok: !crossed,
    })),
  );
}

function parsedLine(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** What several agents saw of one script, as if one had: counts add up, and histograms are merged without loss. */
export function mergeScriptResults(parts: readonly ScriptResult[]): ScriptResult {
  const checks = Map.groupBy(
    parts.flatMap((part) => part.checks),
    ({ name, scenario }) => JSON.stringify([name, scenario]),
  );
  const trends = Map.groupBy(
    parts.flatMap((part) => part.trends),
    ({ metric, scenario }) => JSON.stringify([metric, scenario]),
  );
  const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);
  return {
    iterations: sum(parts.map((part) => part.iterations)),
    dropped: sum(parts.map((part) => part.dropped)),
    checks: [...checks.values()].flatMap((own) => {
      const [first] = own;
      if (first === undefined) return [];
      const { name, scenario } = first;
      const passed = sum(own.map((one) => one.passed));
      return [{ name, scenario, passed, failed: sum(own.map((one) => one.failed)) }];
    }),
    trends: [...trends.values()].flatMap((own) => {
      const [first] = own;
      if (first === undefined) return [];
      const { metric, scenario, isTime } = first;
      const merged = mergeHistograms(own.map((one) => one.histogram));
      const histogram = encodeHistogram(merged.toHistogram());
      return [{ metric, scenario, isTime, count: merged.totalCount, histogram }];
    }),
  };
}

/** The n-th of `count` equal parts, in k6's words: arguments of `k6 run`. */
export function segmentOf(index: number, count: number): readonly string[] {
  const edge = (at: number): string =>
    at === 0 ? "0" : at === count ? "1" : `${String(at)}/${String(count)}`;
  const sequence = Array.from({ length: count + 1 }, (_, at) => edge(at)).join(",");
  return [
    ...["--execution-segment", `${edge(index)}:${edge(index + 1)}`],
    ...["--execution-segment-sequence", sequence],
  ];
}
