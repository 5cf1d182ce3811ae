import { expect, test } from "vitest";
import {
  formatBound,
  formatBytes,
  formatClock,
  formatDurationMs,
  formatExact,
  formatNumber,
  formatQuantity,
  formatRatio,
  formatTarget,
  formatUtc,
} from "../../../reports/format.ts";

test.each([
  [0, "0"],
  [1234567, "1,234,567"],
  [-1234, "-1,234"],
  [12.345, "12.35"],
  [123.45, "123.5"],
  [1234.5, "1,235"],
  [0.0123456, "0.0123"],
  [100, "100"],
  [2.5, "2.5"],
  [Number.NaN, "–"],
  [Number.POSITIVE_INFINITY, "∞"],
])("number %s reads %s", (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

test.each([
  [0, "0 ms"],
  [0.4567, "0.457 ms"],
  [850, "850 ms"],
  [999.9, "1 s"],
  [12_345, "12.3 s"],
  [109_000, "109 s"],
  [245_000, "4 min 05 s"],
  [300_000, "5 min"],
  [11_520_000, "3 h 12 min"],
  [1_080_000_000, "12.5 days"],
  [-1500, "−1.5 s"],
  [Number.NaN, "–"],
])("duration %s ms reads %s", (value, text) => {
  expect(formatDurationMs(value)).toBe(text);
});

test.each([
  [512, "512 bytes"],
  [1536, "1.5 KiB"],
  [600 * 2 ** 20, "600 MiB"],
  [24 * 2 ** 30, "24 GiB"],
])("%s bytes read %s", (value, text) => {
  expect(formatBytes(value)).toBe(text);
});

test("ratios read as percentages without binary dust", () => {
  expect(formatRatio(0.001)).toBe("0.1 %");
  expect(formatRatio(0.07)).toBe("7 %");
  expect(formatRatio(1)).toBe("100 %");
});

test("times of day and of the run", () => {
  expect(formatClock(125_400)).toBe("2:05");
  expect(formatClock(3_725_000)).toBe("1:02:05");
  expect(formatUtc(0)).toBe("1970-01-01 00:00:00 UTC");
  expect(formatUtc(Number.NaN)).toBe("–");
});

test("quantities carry their unit", () => {
  expect(formatQuantity({ value: 1016.4, unit: "eventsPerS" })).toBe("1,016 events/s");
  expect(formatQuantity({ value: 30_000, unit: "ms" })).toBe("30 s");
  expect(formatQuantity({ value: 7, unit: "count" })).toBe("7");
  expect(formatTarget({ value: 0.999, unit: "ratio", op: ">=" })).toBe("≥ 99.9 %");
});

test("exact sums keep every digit", () => {
  expect(formatExact(45_268_059_959_238_751_290n)).toBe("45,268,059,959,238,751,290");
});

test("an upper bound and a lower bound do not read alike", () => {
  expect(formatBound({ method: "one-sided 95 % upper bound", value: 0.0457, limit: 0.05 })).toBe(
    "≤ 4.57 % (limit 5 %)",
  );
  expect(formatBound({ method: "one-sided 95 % lower bound", value: 0.42, limit: 0.05 })).toBe(
    "≥ 42 % (limit 5 %)",
  );
});
