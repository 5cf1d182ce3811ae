/** What two runs differ in, named field by field. */
import { describe, expect, test } from "vitest";
import { differencesOf, digestOf, fingerprintOf } from "../../../../slo/regression/differences.ts";
import { variedRun, type Variation } from "../../../fixtures/varied-runs.ts";

function differences(head: Partial<Variation>): readonly string[] {
  const runs = [
    variedRun({ runId: "A", seed: 1 }),
    variedRun({ runId: "B", seed: 2, ...head }),
  ].map((journal) => ({ runId: journal.runId, fingerprint: fingerprintOf(journal) }));
  return differencesOf(runs).map(
    ({ group, field, baseValue, value }) => `${group} ${field}: ${baseValue} → ${value}`,
  );
}

describe("differences", () => {
  test("another seed, other budgets and other free disk space are none", () => {
    const environment = { diskFreeBytes: 1, memoryBytes: 2 ** 34 + 4096 };
    const plan: Variation["plan"] = (made) => ({
      seed: "99",
      claims: [],
      faults: made.faults.map((fault) => ({ ...fault, recoveryBudgetMs: 1 })),
    });
    expect(differences({ environment, plan })).toEqual([]);
  });

  test("another machine is another testbed", () => {
    expect(differences({ environment: { cpuCount: 4, kernel: "Linux 7" } })).toEqual([
      "testbed environment.cpuCount: 2 → 4",
      "testbed environment.kernel: none → Linux 7",
    ]);
  });

  test("versions and configuration are what is under test", () => {
    expect(differences({ environment: { versions: { trino: "477" } } })).toEqual([
      "config environment.versions: {} → absent",
      "config environment.versions.trino: absent → 477",
    ]);
  });

  test("load and faults are what was done to it", () => {
    const plan: Variation["plan"] = (made) => ({
      bank: { ...made.bank, rateEventsPerS: 2_000 },
      faults: made.faults.map((fault) => ({ ...fault, holdMs: 9_000 })),
    });
    expect(differences({ plan })).toEqual([
      "plan plan.bank.rateEventsPerS: 1000 → 2000",
      "plan plan.faults.0.holdMs: 5000 → 9000",
    ]);
  });

  test("a digest does not depend on the order of the fields, and does on their values", () => {
    expect(digestOf({ a: "1", b: "2" })).toBe(digestOf({ b: "2", a: "1" }));
    expect(digestOf({ a: "1", b: "2" })).not.toBe(digestOf({ a: "1", b: "3" }));
    expect(digestOf({ a: "1" })).toMatch(/^[0-9a-f]{8}$/);
  });
});
