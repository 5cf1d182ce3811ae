/** Objectives and fault rates of one's own, as they come into a plan. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { addedText, addTo } from "../../../cli/plan-options.ts";
import { smoke } from "../../../scenarios/smoke.ts";
import { OBJECTIVES } from "../../../slo/objectives/index.ts";
import { openSloOf } from "../../../slo/objectives/openslo-export.ts";
import { newDirectory, removeMade } from "../../fixtures/run-directory.ts";

afterAll(removeMade);

describe("what is added to a scenario", () => {
  it("replaces objectives of the same id, adds others and their claims", () => {
    const stricter = {
      ...OBJECTIVES.freshness,
      threshold: { value: 10_000, unit: "ms" } as const,
    };
    const own = { ...OBJECTIVES["errors.writes"], id: "own", window: "control" as const };
    const file = join(newDirectory("objectives"), "mine.yaml");
    writeFileSync(file, openSloOf([stricter, own], ["own"]).text);
    const { scenario, objectives } = addTo(smoke, { objectives: file });
    expect(objectives).toHaveLength(Object.keys(OBJECTIVES).length + 1);
    expect(objectives.find(({ id }) => id === "freshness")?.threshold.value).toBe(10_000);
    expect(scenario.claims).toEqual([...smoke.claims, "own"]);
  });

  it("declares fault rates, the command line last", () => {
    const declared = {
      ...smoke,
      faultRates: [{ fault: "process-kill", service: "kafka", countPerMonth: 9 }],
    };
    const { scenario } = addTo(declared, {
      faultRates: ["process-kill/kafka=0.5", "process-pause/minio=2"],
    });
    expect(scenario.faultRates).toEqual([
      { fault: "process-kill", service: "kafka", countPerMonth: 0.5 },
      { fault: "process-pause", service: "minio", countPerMonth: 2 },
    ]);
    expect(addTo(smoke, {}).scenario).not.toHaveProperty("faultRates");
  });

  it("refuses what is no rate, and a file that is not there", () => {
    expect(() => addTo(smoke, { faultRates: ["kafka=2"] })).toThrow('--fault-rate is "kafka=2".');
    expect(() => addTo(smoke, { faultRates: ["a/b=-1"] })).toThrow("--fault-rate");
    expect(() => addTo(smoke, { objectives: "/nowhere/mine.yaml" })).toThrow(
      "The objectives in /nowhere/mine.yaml cannot be read",
    );
  });

  it("is repeated by the command that repeats the run", () => {
    expect(addedText({ objectives: "mine.yaml", faultRates: ["a/b=1", "c/d=2"] })).toBe(
      " --objectives mine.yaml --fault-rate a/b=1 --fault-rate c/d=2",
    );
    expect(addedText({})).toBe("");
  });
});
