/** How figures read in every report: same rounding, same units, never "NaN". */
import type { Verdict } from "../core/contracts/slo.ts";
import type { Quantity, Unit } from "../core/contracts/values.ts";

export const NONE = "–";

/** 241003 → "241,003"; 0.01234 → "0.0123"; not a number → "–". */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return NONE;
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (Number.isInteger(value)) return grouped(value.toFixed(0));
  const size = Math.abs(value);
  if (size >= 1000) return grouped(value.toFixed(0));
  if (size >= 100) return trimmed(value.toFixed(1));
  if (size >= 1) return trimmed(value.toFixed(2));
  return trimmed(String(Number(value.toPrecision(3))));
}

/** Exact sums, past what a number can hold. */
export function formatExact(value: bigint): string {
  return grouped(String(value));
}

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

function trimmed(text: string): string {
  return text.includes(".") && !text.includes("e") ? text.replace(/\.?0+$/, "") : text;
}

/** "850 ms", "12.4 s", "109 s", "4 min 05 s", "3 h 12 min", "12.5 days". */
export function formatDurationMs(durationMs: number): string {
  if (!Number.isFinite(durationMs)) return formatNumber(durationMs);
  if (durationMs < 0) return `−${formatDurationMs(-durationMs)}`;
  if (durationMs < 999.5) return `${formatNumber(Number(durationMs.toPrecision(3)))} ms`;
  // Budgets are sums of seconds: "109 s" compares with its terms, "1 min 49 s" does not.
  if (durationMs < 119_950) return `${formatNumber(Math.round(durationMs / 100) / 10)} s`;
  const seconds = Math.round(durationMs / 1000);
  if (seconds < 3600) return pairOf(seconds, 60, "min", "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return pairOf(minutes, 60, "h", "min");
  return `${formatNumber(Math.round((minutes / 1440) * 10) / 10)} days`;
}

function pairOf(total: number, base: number, whole: string, part: string): string {
  const rest = total % base;
  const first = `${String(Math.floor(total / base))} ${whole}`;
  return rest === 0 ? first : `${first} ${String(rest).padStart(2, "0")} ${part}`;
}

/** Ticks of a logarithmic axis: "5 ms", "20 s"; never "1 min 40 s". */
export function formatTickMs(valueMs: number): string {
  const shown = Number(valueMs.toPrecision(3));
  return shown < 1000 ? `${formatNumber(shown)} ms` : `${formatNumber(shown / 1000)} s`;
}

/** Time since the run began: "2:05" or "1:02:05". */
export function formatClock(atMs: number): string {
  const seconds = Math.max(0, Math.round(atMs / 1000));
  const two = (value: number): string => String(value).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${String(minutes)}:${two(seconds % 60)}`;
  return `${String(Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** "2026-11-22 08:51:07 UTC"; a time no calendar knows → "–". */
export function formatUtc(epochMs: number): string {
  const date = new Date(epochMs);
  if (Number.isNaN(date.getTime())) return NONE;
  return `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return formatNumber(bytes);
  const names = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let size = bytes;
  let step = 0;
  while (Math.abs(size) >= 1024 && step < names.length - 1) {
    size /= 1024;
    step += 1;
  }
  const shown = size >= 100 ? Math.round(size) : Math.round(size * 10) / 10;
  return `${formatNumber(shown)} ${names[step] ?? ""}`;
}

/** 0.0005 → "0.05 %". */
export function formatRatio(ratio: number): string {
  return Number.isFinite(ratio)
    ? `${formatNumber(Number((ratio * 100).toPrecision(3)))} %`
    : formatNumber(ratio);
}

const SUFFIXES: Readonly<Record<Unit, string>> = {
  ms: "ms",
  bytes: "bytes",
  events: "events",
  operations: "operations",
  eventsPerS: "events/s",
  operationsPerS: "operations/s",
  ratio: "%",
  count: "",
};

export function unitLabel(unit: Unit): string {
  return SUFFIXES[unit];
}

export function formatQuantity(quantity: Quantity): string {
  switch (quantity.unit) {
    case "ms":
      return formatDurationMs(quantity.value);
    case "bytes":
      return formatBytes(quantity.value);
    case "ratio":
      return formatRatio(quantity.value);
    case "count":
    case "events":
    case "operations":
    case "eventsPerS":
    case "operationsPerS":
      return `${formatNumber(quantity.value)} ${SUFFIXES[quantity.unit]}`.trimEnd();
  }
}

const OPERATORS = { "<": "<", ">": ">", "<=": "≤", ">=": "≥", "=": "=" } as const;

export function formatTarget(target: Verdict["target"]): string {
  return target === undefined ? NONE : `${OPERATORS[target.op]} ${formatQuantity(target)}`;
}

export function formatObserved(verdict: Verdict): string {
  return verdict.observed === undefined ? NONE : formatQuantity(verdict.observed);
}

/** A violation is shown by a lower bound above the limit, everything else by an upper one. */
export function formatBound(bound: Verdict["bound"]): string {
  if (bound === undefined) return NONE;
  const sign = /lower/i.test(bound.method) ? "≥" : "≤";
  return `${sign} ${formatRatio(bound.value)} (limit ${formatRatio(bound.limit)})`;
}

/** "1 fault", "3 faults". */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`;
}

/** Lines of at most `width` characters, broken between words. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of oneLine(text).split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return line === "" ? lines : [...lines, line];
}

export function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
