import { describe, expect, it } from "vitest";
import { LakeproofError } from "../../../../core/errors.ts";
import {
  BURN_RATE_ALERTS,
  BUDGET_PERIOD_MS,
  budgetUsedRatio,
  burnRate,
  burnRateFor,
  burnRateHistory,
  outageBudgetRatio,
  type BurnSlot,
} from "../../../../slo/maths/burn-rate.ts";
import { uniform } from "../../../fixtures/random-series.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** One slot a minute with 1 000 samples, of which `badAt` says how many are bad. */
function minutes(count: number, badAt: (minute: number) => number): readonly BurnSlot[] {
  return Array.from({ length: count }, (_, minute) => ({
    fromMs: minute * MINUTE_MS,
    toMs: (minute + 1) * MINUTE_MS,
    n: 1_000,
    bad: badAt(minute),
  }));
}

describe("burn rates", () => {
  it("are the bad share over the allowed one, and unknown without data", () => {
    expect(burnRate(1_000, 1, 0.001)).toBeCloseTo(1, 12);
    expect(burnRate(1_000, 0, 0.001)).toBe(0);
    expect(burnRate(0, 0, 0.001)).toBeUndefined();
  });

  // The Site Reliability Workbook, ch. 5, table 5-8: budget consumed when each alert goes off.
  it.each([
    ["page-1h", 14.4, 1, 0.02],
    ["page-6h", 6, 6, 0.05],
    ["ticket-1d", 3, 24, 0.1],
    ["ticket-3d", 1, 72, 0.1],
  ])("of %s is %d: %i h use up %d of the budget", (name, rate, hours, used) => {
    const alert = BURN_RATE_ALERTS.find((one) => one.name === name);
    expect(alert).toMatchObject({ burnRateMin: rate, longMs: hours * HOUR_MS });
    expect(alert?.shortMs).toBe(
      name.startsWith("ticket-1d") ? 2 * HOUR_MS : (hours * HOUR_MS) / 12,
    );
    expect(budgetUsedRatio(rate, hours * HOUR_MS)).toBeCloseTo(used, 12);
    expect(burnRateFor(used, hours * HOUR_MS)).toBeCloseTo(rate, 12);
  });

  it("count an outage of 22 s as 0.85 % of thirty days at 99.9 %", () => {
    expect(outageBudgetRatio(22_000, 0.001)).toBeCloseTo(0.0085, 4);
    expect(outageBudgetRatio(43.2 * MINUTE_MS, 0.001)).toBeCloseTo(1, 12);
    expect(BUDGET_PERIOD_MS).toBe(2_592_000_000);
  });

  it("refuse what is out of range", () => {
    expect(() => burnRate(1, 2, 0.001)).toThrow(LakeproofError);
    expect(() => burnRate(1, 0, 0)).toThrow(LakeproofError);
    expect(() => burnRateFor(0.02, 0)).toThrow(LakeproofError);
    expect(() => budgetUsedRatio(1, -1)).toThrow(LakeproofError);
  });
});

describe("burnRateHistory", () => {
  const page = BURN_RATE_ALERTS.slice(0, 1);

  it("raises nothing on a quiet day", () => {
    for (const { firings, burnRateMax } of burnRateHistory(
      minutes(1_440, () => 0),
      0.001,
    )) {
      expect(firings).toEqual([]);
      expect(burnRateMax).toBe(0);
    }
  });

  it("pages when the hour has burnt 2 %, and ends when five minutes are clean", () => {
    // Two quiet hours, then 2.88 % bad: 28.8 times the budget, so half an hour of it makes 14.4 over the hour.
    const slots = minutes(300, (minute) => (minute >= 120 && minute < 180 ? 28.8 : 0));
    const [history] = burnRateHistory(slots, 0.001, page);
    expect(history?.firings).toEqual([{ fromMs: 150 * MINUTE_MS, toMs: 183 * MINUTE_MS }]);
    expect(history?.burnRateMax).toBeCloseTo(28.8, 10);
  });

  it("does not page for a blip that the hour forgives", () => {
    const slots = minutes(240, (minute) => (minute >= 120 && minute < 122 ? 100 : 0));
    expect(burnRateHistory(slots, 0.001, page)[0]?.firings).toEqual([]);
  });

  it("treats silence as neither good nor bad", () => {
    const slots = minutes(240, (minute) => (minute < 120 ? 50 : 0)).map((slot) =>
      slot.fromMs >= 120 * MINUTE_MS ? { ...slot, n: 0, bad: 0 } : slot,
    );
    const [history] = burnRateHistory(slots, 0.001, page);
    expect(history?.firings).toEqual([{ fromMs: MINUTE_MS, toMs: 240 * MINUTE_MS }]);
    expect(burnRateHistory(slots.slice(150), 0.001, page)[0]).toMatchObject({
      firings: [],
      burnRateMax: undefined,
    });
  });

  it("slides as fast as it would be slow to add every window up anew", () => {
    const random = uniform(181);
    for (let round = 0; round < 20; round += 1) {
      const slots = minutes(200, () => (random() < 0.1 ? Math.floor(random() * 200) : 0));
      const [history] = burnRateHistory(slots, 0.001, page);
      const fired = (atMs: number): boolean =>
        history?.firings.some((one) => atMs >= one.fromMs && atMs < one.toMs) === true;
      const rateOver = (endMs: number, lengthMs: number): number => {
        const inside = slots.filter((slot) => slot.toMs <= endMs && slot.toMs > endMs - lengthMs);
        const bad = inside.reduce((sum, slot) => sum + slot.bad, 0);
        return bad / (inside.length * 1_000) / 0.001;
      };
      for (const { toMs } of slots.slice(0, -1)) {
        const both = Math.min(rateOver(toMs, HOUR_MS), rateOver(toMs, 5 * MINUTE_MS));
        expect(fired(toMs)).toBe(both >= 14.4 - 1e-9);
      }
    }
  });

  it("refuses slots out of order", () => {
    const slots = minutes(3, () => 0);
    expect(() => burnRateHistory([...slots].reverse(), 0.001)).toThrow(/slot from/);
    expect(() => burnRateHistory([{ fromMs: 0, toMs: 1, n: 1, bad: 2 }], 0.001)).toThrow(
      LakeproofError,
    );
  });
});
