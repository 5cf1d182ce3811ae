/** `run` and `plan` with --pairs: what is drawn, what is said of it, and what is refused. */
import { describe, expect, it } from "vitest";
import { makePlan, planText, type PlanOptions } from "../../../cli/plan.ts";
import { planScenario, runScenario } from "../../../cli/scenario-kinds.ts";
import type { Plan } from "../../../core/contracts/plan.ts";
import { LakeproofError } from "../../../core/errors.ts";
import { support, wholeMachine } from "../../fixtures/planned-fault.ts";

const OPTIONS = { seed: "16", rate: undefined, subnet: "127.77.0" } as const;

function planned(scenario: string, changes: Partial<PlanOptions> = {}): Plan {
  return makePlan({ ...OPTIONS, scenario, ...changes }, "namespaces", support, wholeMachine);
}

function refusal(action: () => unknown): Pick<LakeproofError, "message" | "hint" | "exitCode"> {
  try {
    action();
  } catch (error) {
    if (!(error instanceof LakeproofError)) throw error;
    return { message: error.message, hint: error.hint, exitCode: error.exitCode };
  }
  throw new Error("nothing was refused");
}

describe("--pairs", () => {
  it("puts pairs in the place of the scenario's faults, all within the design", () => {
    const made = planned("mini", { pairs: "5" });
    expect(made.faults).toHaveLength(10);
    expect(made.pairs).toMatchObject({ drawnCount: 5 });
    const seconds = made.faults.filter((_, at) => at % 2 === 1);
    expect(seconds.every(({ after }) => after?.event === "fault-active")).toBe(true);
    expect(made.faults.filter((_, at) => at % 2 === 0).some(({ after }) => after)).toBe(false);
    // The scenario itself says that it goes beyond: that was about its own faults.
    expect(made.faults.some(({ faultClass }) => faultClass === "X")).toBe(false);
    for (const [at, { faultClass }] of made.faults.entries()) {
      expect(faultClass).toBe(made.faults[at - (at % 2)]?.faultClass);
    }
  });

  it("takes those past the design only where the command says so", () => {
    const within = planned("mini", { pairs: "1" }).pairs;
    const beyond = planned("mini", { pairs: "1", beyondDesign: true }).pairs;
    expect(beyond?.pairCount).toBeGreaterThan(within?.pairCount ?? Infinity);
    expect(beyond?.leftOut.some(({ reason }) => reason.includes("class X"))).toBe(false);
  });

  it("is a scenario's own wish in drills/pairs, which the command may change", () => {
    expect(planned("drills/pairs").faults).toHaveLength(12);
    expect(planned("drills/pairs", { pairs: "2" }).faults).toHaveLength(4);
    expect(planned("drills/pairs", { seed: "17" }).faults).not.toEqual(
      planned("drills/pairs").faults,
    );
    expect(planned("mini").pairs).toBeUndefined();
  });

  it("says what was drawn out of how many, and what is left out and why", () => {
    const made = planned("drills/pairs");
    const text = planText(made);
    const { pairCount = 0, drawCount = 0 } = made.pairs ?? {};
    expect(text).toContain(
      `pairs: 6 of ${String(pairCount)} pairs, the second fault while the first is in force; draw 17 of ${String(drawCount)}\n`,
    );
    expect(text).toContain(`0 to ${String(drawCount - 1)} draw every pair\n`);
    expect(text).toMatch(/\d+ pairs: both together hit 2 of 3 kafka, which bears 1 \(class X\)/);
    expect(text).toMatch(/\d+ faults: beyond the design by itself \(class X\)/);
    expect(text).toMatch(/f2 .* after fault-active/);
    expect(planText(planned("mini"))).not.toContain("pairs:");
  });

  it("counts the time of a pair once", () => {
    const [pair, alone] = [
      planned("drills/pairs", { pairs: "1" }),
      planned("drills/pairs", { pairs: "2" }),
    ];
    const minutes = (made: Plan): number => Number(/about ([\d.]+) min/.exec(planText(made))?.[1]);
    expect(minutes(alone) - minutes(pair)).toBeLessThan(4);
  });

  it.for(["0", "-1", "many", "1.5", "", "1000000"])("is refused as %j", (pairs) => {
    const { pairs: known } = planned("mini", { pairs: "1" });
    expect(refusal(() => planned("mini", { pairs }))).toEqual({
      message: `--pairs is ${JSON.stringify(pairs)}.`,
      hint: `Allowed is a whole number from 1 to ${String(known?.pairCount)}: so many pairs there are on mini here.`,
      exitCode: 2,
    });
  });

  it("does not belong to a search for a limit", async () => {
    const options = { ...OPTIONS, scenario: "nightly-capacity", isolation: "auto", json: false };
    const wish = { ...options, aboveCalibration: false, pairs: "3" };
    const message = "--pairs does not belong to nightly-capacity.";
    await expect(planScenario(wish, {})).rejects.toThrow(message);
    const allPairs = { ...wish, pairs: undefined, allPairs: true };
    await expect(planScenario(allPairs, {})).rejects.toThrow(message);
    const run = { ...wish, runsDir: "runs", key: undefined };
    expect(() => runScenario(run, {})).toThrow(message);
  });
});

describe("drills/maintenance", () => {
  const { faults } = planned("drills/maintenance");

  it("has nothing that the topology is not meant to bear", () => {
    expect(faults.filter(({ faultClass }) => faultClass === "X")).toEqual([]);
  });

  it("breaks the store, the catalog, the engine and the stream in the middle of a round", () => {
    const met = faults.filter(({ after }) => after?.event === "maintenance-started");
    expect(met.map(({ instanceId }) => instanceId)).toEqual([
      "minio-0",
      "the leader of postgres",
      "trino-worker-0",
      "flink-taskmanager-0",
    ]);
    expect(met.every(({ hypothesis }) => hypothesis?.includes("nothing lost"))).toBe(true);
  });

  it("begins rounds in the middle of faults", () => {
    const rounds = faults.flatMap(({ fault, after }, at) =>
      fault === "maintenance-round" ? [[after?.event, faults[at - 1]?.service]] : [],
    );
    expect(rounds).toEqual([
      ["fault-active", "minio"],
      ["fault-active", "postgres"],
    ]);
  });
});
