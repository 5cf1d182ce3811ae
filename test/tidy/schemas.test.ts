/** The published JSON schemas accept what the product writes and refuse what it must not write. */
import { Ajv } from "ajv";
import type { ValidateFunction } from "ajv";
import { describe, expect, test } from "vitest";
import type { JournalEvent } from "../../core/contracts/journal.ts";
import type { Judgement } from "../../core/contracts/slo.ts";
import { renderSchemas } from "../../tools/schemas.ts";
import { houseFiles, readText } from "./house.ts";

const schemas = renderSchemas();

function validator(file: string): ValidateFunction {
  const text = schemas.get(file);
  return new Ajv({ strict: true, allowUnionTypes: true }).compile(
    JSON.parse(text ?? "{}") as Record<string, unknown>,
  );
}

const EVENTS: readonly JournalEvent[] = [
  { atMs: 0.125, kind: "phase.entered", phase: "measure" },
  { atMs: 1, kind: "ops.settled", lane: 0, seqMin: 1, seqMax: 40, outcome: "unknown" },
  {
    atMs: 2,
    kind: "ledger.changes",
    hop: "iceberg",
    bucket: 3,
    lane: 1,
    eventCount: 101,
    distinctCount: 100,
    fingerprintSum: "14073748835532800",
    when: "final",
  },
  {
    atMs: 3,
    kind: "fault.changed",
    id: "f1",
    fault: "process-kill",
    instanceId: "kafka-0",
    faultClass: "X",
    state: "undo-written",
    undo: { kind: "start-instances", instanceIds: ["kafka-0"] },
  },
  { atMs: 4, kind: "sample.taken", probe: "lag", observed: { value: 12, unit: "events" } },
  { atMs: 5, kind: "run.ended", reason: "completed" },
];

const JUDGEMENT: Judgement = {
  schema: "lakeproof.objectives/1",
  runId: "r1",
  scenario: "smoke",
  seed: "1",
  status: "PROVEN",
  because: "Every claimed objective is PROVEN.",
  certifiable: { value: false, reason: "This machine is not the specified hardware." },
  exit: { code: 0, reasons: [] },
  verdicts: [],
  journalProblems: [],
};

describe("journal-event.schema.json", () => {
  const validate = validator("journal-event.schema.json");

  test.for(EVENTS)("accepts $kind", (event) => {
    expect(validate(JSON.parse(JSON.stringify(event))), JSON.stringify(validate.errors)).toBe(true);
  });

  test.for([
    ["an unknown kind", { atMs: 1, kind: "phase.left", phase: "measure" }],
    ["a missing time", { kind: "phase.entered", phase: "measure" }],
    ["a field nobody declared", { atMs: 1, kind: "phase.entered", phase: "measure", note: "x" }],
    ["an unknown outcome", { ...EVENTS[1], outcome: "maybe" }],
    ["an unknown unit", { ...EVENTS[4], observed: { value: 12, unit: "furlongs" } }],
  ] as const)("refuses %s", ([, line]) => {
    expect(validate(line)).toBe(false);
  });

  test("accepts every line of the recorded journals", () => {
    const refused = houseFiles()
      .filter((path) => /^test\/fixtures\/.*\.ndjson$/.test(path))
      // Broken on purpose, to see what the reader makes of them.
      .filter((path) => !/cut|broken|unknown|invalid/.test(path))
      .flatMap((path) => refusedLines(path, validate));
    expect(refused).toEqual([]);
  });
});

function refusedLines(path: string, validate: ValidateFunction): readonly string[] {
  const lines = (readText(path) ?? "").split("\n").filter((line) => line !== "");
  return lines.flatMap((line, index) =>
    validate(JSON.parse(line)) ? [] : [`${path}:${String(index + 1)}: ${line.slice(0, 120)}`],
  );
}

describe("objectives.schema.json", () => {
  const validate = validator("objectives.schema.json");

  test("accepts a judgement and refuses an invented status", () => {
    expect(validate(JUDGEMENT), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...JUDGEMENT, status: "FINE" })).toBe(false);
  });
});
