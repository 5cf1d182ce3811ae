/** What the specified rate would take: divided by hand, and a straight line whatever was measured. */
import { describe, expect, it } from "vitest";
import type { CapacityReport } from "../../../core/contracts/capacity.ts";
import { eventCosts, rightSizing } from "../../../core/right-sizing.ts";
import { nightReport } from "../../fixtures/nights.ts";
import { uniform } from "../../fixtures/random-series.ts";

const REPORT = nightReport({ kneePerS: 1500, postgresPerCore: 500, night: 0 });

function withFigures(perCore: Readonly<Record<string, number>>): CapacityReport {
  return { ...REPORT, stages: REPORT.stages.map((stage) => ({ ...stage, perCore })) };
}

describe("right-sizing", () => {
  it("is the specified rate over each stage's own figure, beside the cores of the specification", () => {
    const sizing = rightSizing(REPORT);
    expect(sizing?.rateEventsPerS).toBe(100_000);
    const [postgres, kafka, lake] = sizing?.stages ?? [];
    // 500 events a second for each core: 200 cores, where one primary with 16 is specified.
    expect(postgres).toMatchObject({
      stage: "postgres",
      coreCountNeeded: 200,
      coreCountSpecified: 16,
    });
    expect(postgres?.neededOfSpecifiedRatio).toBe(12.5);
    // Five brokers of eight cores.
    expect(kafka).toMatchObject({ stage: "kafka", coreCountNeeded: 25, coreCountSpecified: 40 });
    // The specification names no cores of Flink: nothing to hold it against.
    expect(lake?.stage).toBe("lake");
    expect(lake?.coreCountSpecified).toBeUndefined();
    expect(sizing?.coreCountNeeded).toBe(225);
    expect(sizing?.coreCountSpecified).toBe(56);
    expect(sizing?.extrapolatedRatio).toBeCloseTo(100_000 / (sizing?.measuredPerS ?? 1), 9);
  });

  it("leaves out the generator, Trino's looks, and what used nothing", () => {
    const sizing = rightSizing(
      withFigures({ generator: 10, trino: 10, other: 10, kafka: 0, minio: 4 }),
    );
    expect(sizing).toBeUndefined();
  });

  it("halves where each core carries twice as much, whatever was measured", () => {
    const random = uniform(3);
    for (let round = 0; round < 200; round += 1) {
      const figure = 10 ** (1 + 4 * random());
      const one = rightSizing(withFigures({ postgres: figure }))?.stages[0];
      const two = rightSizing(withFigures({ postgres: 2 * figure }))?.stages[0];
      expect(one?.coreCountNeeded).toBeCloseTo(2 * (two?.coreCountNeeded ?? 0), 6);
      expect((one?.coreCountNeeded ?? 0) * figure).toBeCloseTo(100_000, 4);
    }
  });

  it("is not told where the pipeline as a whole has no rate", () => {
    expect(rightSizing({ ...REPORT, stages: [] })).toBeUndefined();
  });
});

describe("the cost of events", () => {
  it("shows both totals of the specification, at its own rate and at the one that held here", () => {
    const [specified, measured, ...rest] = eventCosts(REPORT);
    expect(rest).toEqual([]);
    expect(specified).toMatchObject({
      ...{ rateEventsPerS: 100_000, linesMonthlyUsd: 14_500, statedMonthlyUsd: 15_700 },
    });
    expect(specified?.linesPerMillionUsd).toBeCloseTo(14_500 / 259_200, 9);
    expect(specified?.statedPerMillionUsd).toBeCloseTo(15_700 / 259_200, 9);
    expect(measured?.rateEventsPerS).toBe(REPORT.stages[0]?.result.ratePerS);
    expect(measured?.linesPerMillionUsd).toBeCloseTo(
      (14_500 / 259_200) * (100_000 / (measured?.rateEventsPerS ?? 1)),
      6,
    );
  });
});
