/** Each rule catches its planted defect, and says what follows from it in figures. */
import { describe, expect, test } from "vitest";
import { LINT_RULES } from "../../../../infra/lint/index.ts";
import { caught, type Defect } from "./system.ts";
import { EDGE_DEFECTS } from "./planted-edge.ts";
import { KAFKA_DEFECTS } from "./planted-kafka.ts";
import { LAKE_DEFECTS } from "./planted-lake.ts";
import { POSTGRES_DEFECTS } from "./planted-postgres.ts";
import { STANDBY_DEFECTS } from "./planted-standby.ts";
import { TABLE_DEFECTS } from "./planted-tables.ts";
import { TRINO_DEFECTS } from "./planted-trino.ts";

const DEFECTS: readonly Defect[] = [
  ...POSTGRES_DEFECTS,
  ...STANDBY_DEFECTS,
  ...KAFKA_DEFECTS,
  ...LAKE_DEFECTS,
  ...TABLE_DEFECTS,
  ...TRINO_DEFECTS,
  ...EDGE_DEFECTS,
];

describe.for(DEFECTS)("$rule: $to", (defect) => {
  test(`is ${defect.severity === "error" ? "an" : "a"} ${defect.severity} that says "${defect.says}"`, () => {
    const found = caught(defect);
    const said = found.map(({ severity, consequence }) => `${severity}: ${consequence}`);
    expect(said.join("\n")).toContain(defect.says);
    const [that] = found.filter(({ consequence }) => consequence.includes(defect.says));
    expect(that?.severity).toBe(defect.severity);
    expect(that?.change).toMatch(/^[A-Z].*\.$/);
    expect(that?.consequence).not.toMatch(/NaN|undefined|Infinity/);
    expect(that?.value).not.toBe("");
  });
});

test("every rule has a planted defect, here or in a file of its own", () => {
  const elsewhere = [
    "single-instances",
    "availability-zones",
    "kafka-racks",
    "seed-cost",
    "seed-object-store",
    "seed-query-rates",
    "seed-replicas",
    "seed-trino-memory",
  ];
  const planted = new Set<string>([...DEFECTS.map(({ rule }) => rule), ...elsewhere]);
  expect(Object.keys(LINT_RULES).filter((rule) => !planted.has(rule))).toEqual([]);
});
