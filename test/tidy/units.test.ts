/** A number in a contract says its unit in its name; a number without one must be of a known kind. */
import ts from "typescript";
import { expect, test } from "vitest";
import { houseFiles, readText } from "./house.ts";

/** A unit, alone or followed by qualifiers: holdMs, drainMsMax, sampleCountNeeded, badRatioMax. */
const UNIT = /(?:Ms|Us|Bytes|MiB|PerS|PerMin|PerHour|PerMonth|PerLane|Count|Ratio|Usd)(?=$|[A-Z])/;

const WITHOUT_UNIT: ReadonlySet<string> = new Set([
  // Identities and positions: not quantities at all.
  ...[
    "pid",
    "ordinal",
    "lane",
    "seq",
    "seqMin",
    "seqMax",
    "bucket",
    "bucketMin",
    "bucketMax",
    "partition",
    "offset",
    "canary",
    "checkpointId",
  ],
  ...["code", "exitCode"],
  // Numbers of operations, samples or records, named by what they count.
  ...["offered", "ok", "failed", "unknown", "dropped", "events", "overTarget", "count"],
  ...["iterations", "passed", "digestEvery"],
  ...["addedRecords", "kafkaRecords", "n", "nEff", "bad", "censored"],
  // Exponents of laws: dimensionless.
  "zipfExponent",
  // Chances between 0 and 1, under the names statistics has for them.
  ...["pValue", "qValue"],
  // Letters of the Universal Scalability Law, as every text on it writes them.
  ...["lambda", "sigma", "kappa"],
  // How many times faster than allowed an error budget is spent: the field's word, dimensionless.
  ...["burnRate", "burnRateMin", "burnRateMax"],
  // Their unit stands in the field beside them: Quantity, the bounds of a verdict, a capacity ladder.
  ...["value", "limit", "lower", "upper", "load", "peakLoad"],
]);

const contracts = houseFiles().filter((path) => /^core\/contracts\/.*\.ts$/.test(path));

function mayBeNumber(type: ts.TypeNode | undefined): boolean {
  if (type === undefined) return false;
  if (ts.isUnionTypeNode(type)) return type.types.some(mayBeNumber);
  return type.kind === ts.SyntaxKind.NumberKeyword;
}

function numericFields(path: string, text: string): readonly string[] {
  const fields: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isPropertySignature(node) && mayBeNumber(node.type)) fields.push(node.name.getText());
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
  return fields;
}

function withoutUnit(fields: readonly string[]): readonly string[] {
  return fields.filter((name) => !UNIT.test(name) && !WITHOUT_UNIT.has(name));
}

test("numeric fields of core/contracts carry a unit", () => {
  const found = contracts.flatMap((path) =>
    withoutUnit(numericFields(path, readText(path) ?? "")).map((name) => `${path}: ${name}`),
  );
  expect(found).toEqual([]);
});

test("the rule sees numbers, and only numbers, that lack a unit", () => {
  const text =
    "interface X { a: { latency: number; holdMs: number }; rest?: number | string; name: string }";
  expect(withoutUnit(numericFields("x.ts", text))).toEqual(["latency", "rest"]);
});
