/** Lines of k6's JSON output: the two metrics that count are read, everything else is passed over. */
import { describe, expect, it } from "vitest";
import { parseK6Line } from "../../../../generators/k6/output.ts";

function point(metric: string, value: unknown, tags: Readonly<Record<string, string>>): string {
  const time = "2026-03-01T12:00:00.123456789+02:00";
  return JSON.stringify({ metric, type: "Point", data: { time, value, tags } });
}

const epochMs = Date.UTC(2026, 2, 1, 10, 0, 0, 123);

describe("parseK6Line", () => {
  it("reads a query sample", () => {
    const tags = { class: "large", outcome: "ok", rows: "ok", reason: "ok", scenario: "large" };
    expect(parseK6Line(point("lakeproof_query_ms", 812.5, tags))).toEqual({
      kind: "query",
      class: "large",
      outcome: "ok",
      reason: "ok",
      endedEpochMs: epochMs,
      latencyMs: 812.5,
    });
  });

  it("keeps a failure with its reason and a latency below zero as it is", () => {
    const tags = { class: "simple", outcome: "failed", rows: "wrong", reason: "rows" };
    expect(parseK6Line(point("lakeproof_query_ms", -1, tags))).toMatchObject({
      outcome: "failed",
      reason: "rows",
      latencyMs: -1,
    });
  });

  it("reads a begun query with the start it was meant to have", () => {
    expect(parseK6Line(point("lakeproof_query_begun_ms", 4, { class: "large" }))).toEqual({
      kind: "begun",
      class: "large",
      intendedEpochMs: epochMs - 4,
    });
  });

  it("reads dropped iterations by scenario", () => {
    expect(parseK6Line(point("dropped_iterations", 3, { scenario: "medium" }))).toEqual({
      kind: "dropped",
      class: "medium",
      count: 3,
      epochMs,
    });
  });

  it("counts one that no worker was free for at the start it was meant to have", () => {
    expect(parseK6Line(point("lakeproof_query_dropped_ms", 1500, { class: "simple" }))).toEqual({
      ...{ kind: "dropped", class: "simple", count: 1 },
      epochMs: epochMs - 1500,
    });
  });

  it("reads times with no, three or nine digits and with Z", () => {
    const at = (time: string): unknown => {
      const data = { time, value: 1, tags: { scenario: "medium" } };
      return parseK6Line(JSON.stringify({ type: "Point", metric: "dropped_iterations", data }));
    };
    expect(at("2026-03-01T10:00:00Z")).toMatchObject({ epochMs: epochMs - 123 });
    expect(at("2026-03-01T10:00:00.123Z")).toMatchObject({ epochMs });
    expect(at("2026-03-01T10:00:00.123999999Z")).toMatchObject({ epochMs });
  });

  it.each([
    point("http_req_duration", 5, { class: "simple" }),
    point("lakeproof_query_rows", 5, { class: "simple" }),
    point("lakeproof_query_ms", 5, { class: "unheard of", outcome: "ok" }),
    point("lakeproof_query_ms", "5", { class: "simple", outcome: "ok" }),
    '{"type":"Metric","data":{"name":"lakeproof_query_ms","type":"trend"},"metric":"lakeproof_query_ms"}',
    '{"metric":"lakeproof_query_ms","type":"Point","data":{"time":"2026-03-0',
    '{"metric":"lakeproof_query_ms","type":"Point","data":{"time":"soon","value":1,"tags":{"class":"simple"}}}',
    "",
  ])("passes over %s", (line) => {
    expect(parseK6Line(line)).toBeUndefined();
  });
});
