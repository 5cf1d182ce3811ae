/** Lines between coordinator and agent. */
import { describe, expect, it } from "vitest";
import { helloProblem } from "../../../../cli/agents/crew.ts";
import { AGENT_SCHEMA, parseOrder, parseReport } from "../../../../cli/agents/protocol.ts";

describe("lines", () => {
  it("come out as they went in", () => {
    const start = { kind: "start", atMonotonicMs: 12.5, atEpochMs: 1_700_000_000_000 };
    expect(parseOrder(JSON.stringify(start))).toEqual(start);
    const ended = { kind: "ended", result: { counts: [1, null], text: "a\nb" } };
    expect(parseReport(JSON.stringify(ended))).toEqual(ended);
  });

  it.each([
    "",
    "Welcome to load1!",
    "{",
    "null",
    '"beat"',
    '{"kind":"nothing"}',
    '{"kind":"start","atMonotonicMs":"soon","atEpochMs":1}',
  ])("that are none of ours are passed over: %s", (line) => {
    expect(parseOrder(line)).toBeUndefined();
    expect(parseReport(line)).toBeUndefined();
  });
});

describe("helloProblem", () => {
  const hello = { kind: "hello", schema: AGENT_SCHEMA, version: "1.2.3", work: "k6" } as const;

  it("has nothing against an agent of this version for this work", () => {
    expect(helloProblem(hello, "k6", "1.2.3")).toBeUndefined();
  });

  it.each([
    [{ ...hello, version: "1.2.2" }, "it is lakeproof 1.2.2, and this is 1.2.3"],
    [{ ...hello, schema: "lakeproof.agent/0" }, /speaks lakeproof.agent\/0/],
    [{ ...hello, work: "load kafka" }, "it is made for load kafka, not for k6"],
  ])("names what is different", (other, text) => {
    expect(helloProblem(other, "k6", "1.2.3")).toMatch(text);
  });
});
