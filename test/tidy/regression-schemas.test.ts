/** The published schemas of comparisons and history entries accept what the product makes, and nothing else. */
import { Ajv } from "ajv";
import type { ValidateFunction } from "ajv";
import { expect, test } from "vitest";
import { judge } from "../../core/judge.ts";
import { CHECKS } from "../../slo/checks/index.ts";
import { historyEntry } from "../../slo/regression/history.ts";
import { renderSchemas } from "../../tools/schemas.ts";
import { pairsOfRuns, twoRuns } from "../fixtures/comparisons.ts";
import { variedRun } from "../fixtures/varied-runs.ts";

const schemas = renderSchemas();

function validator(file: string): ValidateFunction {
  const schema = JSON.parse(schemas.get(file) ?? "{}") as Record<string, unknown>;
  return new Ajv({ strict: true, allowUnionTypes: true }).compile(schema);
}

const asRead = (value: object): unknown => JSON.parse(JSON.stringify(value));

test("comparison.schema.json holds two runs and pairs, and refuses an invented status", () => {
  const validate = validator("comparison.schema.json");
  const comparison = twoRuns({ runId: "A", seed: 1 }, { runId: "B", seed: 2, slowdownRatio: 0.1 });
  expect(validate(asRead(comparison)), JSON.stringify(validate.errors)).toBe(true);
  expect(validate(asRead(pairsOfRuns(5, {}, {}))), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ ...comparison, status: "SLOWER" })).toBe(false);
});

test("history-entry.schema.json holds an entry, and refuses one without its journal's digest", () => {
  const validate = validator("history-entry.schema.json");
  const journal = variedRun({ runId: "A", seed: 1 });
  const judgement = judge(journal, Object.values(CHECKS));
  const source = { journal, judgement, journalSha256: "0".repeat(64), suite: undefined };
  const { journalSha256, ...rest } = historyEntry(source);
  expect(validate(asRead({ ...rest, journalSha256 })), JSON.stringify(validate.errors)).toBe(true);
  expect(validate(asRead(rest))).toBe(false);
});
