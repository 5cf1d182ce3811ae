/** The self-test over the pipeline of values: nothing escapes, nothing healthy is blamed, and the plants are real. */
import { describe, expect, it } from "vitest";
import { judge } from "../../../core/judge.ts";
import { plantedDefects } from "../../../cli/selftest/defects.ts";
import { healthyPipeline, measuredJournal } from "../../../cli/selftest/pipeline.ts";
import { selftestRows } from "../../../cli/selftest/results.ts";
import { CHECKS } from "../../../slo/checks/index.ts";
import { journalOf } from "../../../slo/checks/synthetic.ts";

describe("the self-test", () => {
  it("catches and locates every defect at every hop", async () => {
    const rows = await selftestRows();
    expect(rows.filter((row) => !row.caught)).toEqual([]);
    expect(rows.every((row) => row.located !== "")).toBe(true);
  });

  it("plants every kind that the specification names, where it can occur", () => {
    const kindsAt = (hop: string): readonly string[] =>
      plantedDefects()
        .filter((one) => one.hop === hop)
        .map((one) => one.defect);
    const kinds = ["one lost", "one corrupted", "one torn", "one resurrected delete"];
    expect([...kindsAt("PostgreSQL")].sort()).toEqual([...kinds].sort());
    const onTheWay = [...kinds, "two duplicated", "one delayed"];
    expect([...kindsAt("Kafka")].sort()).toEqual([...onTheWay, "two swapped"].sort());
    expect([...kindsAt("Iceberg")].sort()).toEqual([...onTheWay].sort());
    expect(kindsAt("Trino")).toHaveLength(3);
    expect(kindsAt("second reader")).toEqual(kindsAt("Trino"));
  });

  it("gives every case a name of its own in a run's journal", async () => {
    const names = (await selftestRows()).map((row) => `${row.defect} at ${row.hop}`);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("a pipeline without a defect", () => {
  it("is PROVEN by every check", async () => {
    const journal = journalOf(await measuredJournal(healthyPipeline()));
    const { verdicts, status } = judge(journal, Object.values(CHECKS));
    const open = verdicts.filter((verdict) => verdict.claimed && verdict.status !== "PROVEN");
    expect(open).toEqual([]);
    expect(status).toBe("PROVEN");
  });
});

describe.each(plantedDefects())("$defect at $hop", ({ hop, pipeline }) => {
  it("differs from the healthy pipeline at that hop, and not before it", () => {
    const healthy = healthyPipeline();
    const changed = (["postgres", "kafka", "files", "trino"] as const).filter(
      (name) => JSON.stringify(pipeline[name]) !== JSON.stringify(healthy[name]),
    );
    const expected = {
      PostgreSQL: ["postgres"],
      Kafka: ["kafka", "files", "trino"],
      Iceberg: ["files", "trino"],
      Trino: ["trino"],
      "second reader": ["files"],
    };
    expect(changed).toEqual(expected[hop]);
  });

  it("leaves checks alone that are about something else", async () => {
    const journal = journalOf(await measuredJournal(pipeline));
    const others = ["offered-load", "telemetry", "recovery", "residue", "objectives"] as const;
    const { status } = judge(
      journal,
      others.map((name) => CHECKS[name]),
    );
    expect(status).toBe("PROVEN");
  });
});
