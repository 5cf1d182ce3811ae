/** JSON schemas of the files in a run directory, made from the TypeScript types that write them. */
import { join } from "node:path";
import { createGenerator } from "ts-json-schema-generator";
import { ROOT } from "./tables.ts";

interface SchemaSpec {
  /** Below docs/reference. */
  readonly file: string;
  readonly title: string;
  readonly source: string;
  readonly type: string;
}

const SCHEMAS: readonly SchemaSpec[] = [
  {
    file: "capacity.schema.json",
    title: "capacity.json: what each stage of a lab carries",
    source: "core/contracts/capacity.ts",
    type: "CapacityReport",
  },
  {
    file: "certificate.schema.json",
    title: "The statement that certificate.json signs",
    source: "core/contracts/certificate.ts",
    type: "CertificateStatement",
  },
  {
    file: "comparison.schema.json",
    title: "What `lakeproof compare --json` prints: one comparison a line",
    source: "core/contracts/comparison.ts",
    type: "Comparison",
  },
  {
    file: "generator-limits.schema.json",
    title: "generator-limits.json: what this machine's load generator can do",
    source: "core/contracts/generator-limits.ts",
    type: "GeneratorLimits",
  },
  {
    file: "history-entry.schema.json",
    title: "One run in the history store",
    source: "core/contracts/comparison.ts",
    type: "HistoryEntry",
  },
  {
    file: "journal-event.schema.json",
    title: "One line of journal.ndjson",
    source: "core/contracts/journal.ts",
    type: "JournalEvent",
  },
  {
    file: "nightly.schema.json",
    title: "nightly.json: one night of capacity search against those before it",
    source: "core/contracts/nightly.ts",
    type: "NightlyReport",
  },
  {
    file: "objectives.schema.json",
    title: "objectives.json: the judgement of one run",
    source: "core/contracts/slo.ts",
    type: "Judgement",
  },
  {
    file: "plan.schema.json",
    title: "plan.json: everything that was decided before the run",
    source: "core/contracts/plan.ts",
    type: "Plan",
  },
];

/** File name → schema text. */
export function renderSchemas(): ReadonlyMap<string, string> {
  return new Map(SCHEMAS.map((spec) => [spec.file, renderSchema(spec)]));
}

function renderSchema(spec: SchemaSpec): string {
  const { $schema, ...schema } = createGenerator({
    path: join(ROOT, spec.source),
    tsconfig: join(ROOT, "tsconfig.json"),
    type: spec.type,
    topRef: false,
    encodeRefs: false,
    // tsc has a check of its own; here it would only make the schemas wait for unrelated errors.
    skipTypeCheck: true,
  }).createSchema(spec.type);
  return `${JSON.stringify({ $schema, title: spec.title, ...schema }, undefined, 2)}\n`;
}
