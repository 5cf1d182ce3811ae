import { describe, expect, it } from "vitest";
import type { Provable } from "../../../../core/contracts/plan.ts";
import { proofPower } from "../../../../slo/maths/power.ts";
import { OBJECTIVES } from "../../../../slo/objectives/index.ts";
import { provable, type ProvableInput } from "../../../../slo/objectives/provable.ts";

const MINUTE_MS = 60_000;

const INPUT: ProvableInput = {
  objectives: Object.values(OBJECTIVES),
  claims: ["freshness", "errors.writes"],
  bank: { transactionRatePerS: 350, eventRatePerS: 1_000 },
  queries: [
    { name: "simple", ratePerS: 1, targetMs: 100 },
    { name: "large", ratePerS: 0.1, targetMs: 30_000 },
  ],
  canaryRatePerS: 1,
  steadyMs: 2 * MINUTE_MS,
  wholeMs: 5 * MINUTE_MS,
};

function of(id: string, input: ProvableInput = INPUT): Provable | undefined {
  return provable(input).find((one) => one.objectiveId === id);
}

describe("provable", () => {
  it("counts the samples of the objective's own window", () => {
    expect(of("freshness")).toEqual({
      objectiveId: "freshness",
      claimed: true,
      sampleCountExpected: 120,
      sampleCountNeeded: 59,
      provable: true,
      durationMsNeeded: 59_000,
      withBad: expect.objectContaining({ badRatio: 0.025, powerRatio: 0.9 }) as Provable["withBad"],
    });
    expect(of("errors.writes")).toMatchObject({ sampleCountExpected: 105_000, provable: true });
  });

  it("adds all classes up for an objective over all queries", () => {
    expect(of("latency.queries")).toMatchObject({ sampleCountExpected: 132, claimed: false });
    expect(of("latency.large")).toMatchObject({ sampleCountExpected: 12, provable: false });
  });

  it("needs more than eight hours of 10 s slices for 99.9 % uptime", () => {
    expect(of("uptime")).toMatchObject({
      sampleCountExpected: 30,
      sampleCountNeeded: 2_995,
      provable: false,
      durationMsNeeded: 29_950_000,
    });
  });

  it("says how much longer it takes when half of what is allowed is bad", () => {
    const withBad = of("freshness")?.withBad;
    const size = { n: withBad?.sampleCountNeeded ?? 0, badRatioMax: 0.05 };
    expect(proofPower(size, 0.025)).toBeGreaterThanOrEqual(0.9);
    expect(withBad?.durationMsNeeded).toBe((withBad?.sampleCountNeeded ?? 0) * 1_000);
    expect(of("rate.dev")).not.toHaveProperty("withBad");
    expect(of("rate.production")).not.toHaveProperty("withBad");
    expect(of("latency.medium")).not.toHaveProperty("withBad");
  });

  it("proves a rate only when the plan asks for it for a minute", () => {
    expect(of("rate.dev")?.provable).toBe(true);
    expect(of("rate.dev", { ...INPUT, wholeMs: 59_000 })?.provable).toBe(false);
    const slower = { ...INPUT, bank: { transactionRatePerS: 300, eventRatePerS: 900 } };
    expect(of("rate.dev", slower)).toMatchObject({ provable: false, durationMsNeeded: 0 });
  });

  it("never calls provable what the plan does not measure", () => {
    expect(of("rate.production")).toMatchObject({ provable: false, durationMsNeeded: 0 });
    expect(of("latency.medium")).toMatchObject({ provable: false, durationMsNeeded: 0 });
  });
});
