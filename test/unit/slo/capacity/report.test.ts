import { describe, expect, it } from "vitest";
import type { CapacityStage, CapacityStep } from "../../../../core/contracts/capacity.ts";
import { firstSaturated, stageCapacity } from "../../../../slo/capacity/report.ts";
import { SEARCH } from "../../../fixtures/synthetic-stage.ts";

function stepAt(
  ratePerS: number,
  pressures: Partial<Record<CapacityStage, number>>,
  change: Partial<CapacityStep> = {},
): CapacityStep {
  const criteria = Object.entries(pressures).map(([stage, pressureRatio]) => ({
    ...{ id: `${stage}.lag`, stage: stage as CapacityStage, title: `growth at ${stage}` },
    ...{ observed: { value: pressureRatio, unit: "ratio" } as const, limit: 1, pressureRatio },
  }));
  const breaks = criteria.some(({ pressureRatio }) => pressureRatio > 1);
  return {
    ...{ target: "end-to-end", purpose: "ramp", ratePerS, status: breaks ? "breaks" : "holds" },
    ...{
      isNear: false,
      because: "",
      startedAtEpochMs: 0,
      windowMs: 10_000,
      achievedPerS: ratePerS,
    },
    ...{ criteria, cpuMs: {}, ...change },
  };
}

describe("firstSaturated", () => {
  it("is the stage that breaks at the lowest rate, not the one under the most pressure", () => {
    const steps = [
      stepAt(500, { lake: 0.5, connector: 0.9 }),
      stepAt(1000, { lake: 0.7, connector: 1.2 }),
      stepAt(2000, { lake: 9, connector: 3, postgres: 1.1 }),
    ];
    expect(firstSaturated(steps)?.stage).toBe("connector");
  });

  it("is the earlier one where two break at the same rate", () => {
    expect(firstSaturated([stepAt(1000, { lake: 4, connector: 1.1 })])?.stage).toBe("connector");
  });

  it("does not count what was refuted, or could carry no verdict", () => {
    const steps = [
      stepAt(800, { postgres: 2 }),
      stepAt(900, { postgres: 0.4, lake: 0.9 }),
      stepAt(950, { connector: 3 }, { status: "blind" }),
      stepAt(1000, { lake: 1.4 }),
    ];
    expect(firstSaturated(steps)?.stage).toBe("lake");
    expect(firstSaturated(steps.slice(1, 3))).toBeUndefined();
  });
});

describe("stageCapacity", () => {
  it("gives events for each core-second of a stage, from the longest window that held", () => {
    const cpuMs = { postgres: 5000, kafka: 0, connector: 20_000 };
    const steps = [
      stepAt(500, { lake: 0.1 }, { cpuMs: { postgres: 1 } }),
      stepAt(1000, { lake: 0.1 }, { cpuMs }),
    ];
    const stage = stageCapacity("end-to-end", steps, SEARCH);
    expect(stage.result).toMatchObject({ status: "unconfirmed", ratePerS: 1000, stepCount: 2 });
    // 10 s at 1000/s are 10 000 events: on half a core 2000 a core-second, on two cores 500.
    expect(stage.perCore).toEqual({ postgres: 2000, connector: 500 });
  });

  it("ignores the steps of other searches", () => {
    const steps = [stepAt(500, {}, { target: "postgres" })];
    expect(stageCapacity("end-to-end", steps, SEARCH).result.stepCount).toBe(0);
  });
});

describe("queries", () => {
  it("are told in queries, and for each core with more than one digit", () => {
    const steps = [
      stepAt(2, { trino: 0.5 }, { target: "trino", cpuMs: { trino: 14_000, generator: 900 } }),
    ];
    const search = { ...SEARCH, startRatePerS: 2, ratePerSMin: 0.5 };
    const stage = stageCapacity("trino", steps, search);
    expect(stage.unit).toBe("queries/s");
    // 2 a second for 10 s, over 14 core-seconds.
    expect(stage.perCore).toEqual({ trino: 1.43, generator: 22.2 });
  });
});
