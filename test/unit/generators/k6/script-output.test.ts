/** What any k6 script writes, read into sums and histograms. */
import { describe, expect, it } from "vitest";
import { mergeHistograms, recordedValues } from "../../../../core/histogram.ts";
import {
  mergeScriptResults,
  openScriptReader,
  segmentOf,
  thresholdsOf,
} from "../../../../generators/k6-script-output.ts";

function metric(name: string, contains: string, type = "trend"): string {
  return JSON.stringify({ type: "Metric", metric: name, data: { name, type, contains } });
}

function point(name: string, value: number, tags: Readonly<Record<string, string>>): string {
  const time = "2026-03-01T12:00:00.1Z";
  return JSON.stringify({ type: "Point", metric: name, data: { time, value, tags } });
}

describe("openScriptReader", () => {
  it("keeps trends by scenario, counts checks by name and scenario, and sums iterations", () => {
    const reader = openScriptReader();
    const lines = [
      metric("http_req_duration", "time"),
      metric("size", "default"),
      metric("vus", "default", "gauge"),
      ...Array.from({ length: 100 }, (_, index) =>
        point("http_req_duration", index + 1, { scenario: "a" }),
      ),
      point("http_req_duration", 700, { scenario: "b" }),
      point("size", 12, { scenario: "a" }),
      point("vus", 5, {}),
      point("checks", 1, { check: "is 200", scenario: "a" }),
      point("checks", 0, { check: "is 200", scenario: "a" }),
      point("checks", 1, { check: "is 200", scenario: "b" }),
      point("iterations", 1, { scenario: "a" }),
      point("iterations", 1, { scenario: "b" }),
      point("dropped_iterations", 3, { scenario: "a" }),
      '{"type":"Point","metric":"http_req_duration","data":{"time":"2026',
    ];
    for (const line of lines) reader.take(line);
    const { trends, checks, iterations, dropped } = reader.result();
    expect({ iterations, dropped }).toEqual({ iterations: 2, dropped: 3 });
    expect(checks).toEqual([
      { name: "is 200", scenario: "a", passed: 1, failed: 1 },
      { name: "is 200", scenario: "b", passed: 1, failed: 0 },
    ]);
    expect(
      trends.map(({ metric: name, scenario, isTime, count }) => [name, scenario, isTime, count]),
    ).toEqual([
      ["http_req_duration", "a", true, 100],
      ["http_req_duration", "b", true, 1],
      ["size", "a", false, 1],
    ]);
    const [first] = trends;
    expect(mergeHistograms([first?.histogram ?? ""]).percentileMs(95)).toBeCloseTo(95, 0);
  });
});

describe("thresholdsOf", () => {
  it("turns k6's `crossed` into `holds`", () => {
    const summary = JSON.stringify({
      metrics: {
        a: { p: 1, thresholds: { "p(95)<1": true } },
        "checks{scenario:x}": { thresholds: { "rate>0.9": false } },
        b: { p: 1 },
      },
    });
    expect(thresholdsOf(summary)).toEqual([
      { metric: "a", expression: "p(95)<1", ok: false },
      { metric: "checks{scenario:x}", expression: "rate>0.9", ok: true },
    ]);
  });
});

describe("mergeScriptResults", () => {
  /** Latencies over four decades, as one reader and as three agents see them. */
  const values = Array.from({ length: 3_000 }, (_, index) => 0.05 * 1.004 ** index);
  const lines = values.map((value, index) =>
    point("http_req_duration", value, { scenario: index % 2 === 0 ? "a" : "b" }),
  );
  const read = (own: readonly string[]): ReturnType<typeof mergeScriptResults> => {
    const reader = openScriptReader();
    for (const line of [metric("http_req_duration", "time"), ...own]) reader.take(line);
    return reader.result();
  };

  it("gives what one reader of everything would have seen, bucket by bucket", () => {
    const parts = [0, 1, 2].map((agent) => read(lines.filter((_, index) => index % 3 === agent)));
    const merged = mergeScriptResults(parts);
    const whole = read(lines);
    expect(merged.trends.map(({ scenario }) => scenario)).toEqual(["a", "b"]);
    merged.trends.forEach((trend, index) => {
      const expected = whole.trends[index];
      expect(trend.count).toBe(expected?.count);
      expect(recordedValues(trend.histogram)).toEqual(recordedValues(expected?.histogram ?? ""));
    });
  });

  it("is not the mean of percentiles: one slow agent shows in full", () => {
    const of = (value: number): string[] =>
      Array.from({ length: 100 }, () => point("http_req_duration", value, { scenario: "a" }));
    const merged = mergeScriptResults([read(of(10)), read(of(1_000))]);
    const histogram = mergeHistograms([merged.trends[0]?.histogram ?? ""]);
    expect(histogram.percentileMs(50)).toBeCloseTo(10, 1);
    expect(Math.abs(histogram.percentileMs(95) - 1_000)).toBeLessThan(1);
  });

  it("adds up counts and checks", () => {
    const check = (value: number): string =>
      point("checks", value, { check: "is 200", scenario: "a" });
    const merged = mergeScriptResults([
      read([check(1), check(0), point("iterations", 2, {})]),
      read([check(1), point("dropped_iterations", 3, {})]),
    ]);
    expect(merged).toEqual({
      iterations: 2,
      dropped: 3,
      checks: [{ name: "is 200", scenario: "a", passed: 2, failed: 1 }],
      trends: [],
    });
  });
});

describe("segmentOf", () => {
  it("names equal parts that make up the whole", () => {
    const sequence = "0,1/3,2/3,1";
    expect([0, 1, 2].map((index) => segmentOf(index, 3)[1])).toEqual(["0:1/3", "1/3:2/3", "2/3:1"]);
    expect(segmentOf(1, 3)[3]).toBe(sequence);
    expect(segmentOf(0, 1)[1]).toBe("0:1");
  });
});
