import { describe, expect, it } from "vitest";
import { searchLengthMs } from "../../../../slo/capacity/search-length.ts";

const SEARCH = {
  ...{ startRatePerS: 200, ratePerSMin: 10, ratePerSMax: 1_000_000, growthRatio: 2 },
  ...{ toleranceRatio: 0.05, attemptCountMax: 3, stepCountMax: 40 },
};
const WINDOWS = { windowMs: 30_000, settleMs: 10_000, overheadMs: 8000 };

describe("the length of a search", () => {
  it("adds each window with its settling, rest and confirmation, by hand for one that ends at once", () => {
    const search = { ...SEARCH, ratePerSMax: 200 };
    // One window that holds at the highest rate, and its confirmation twice as long.
    expect(searchLengthMs(search, WINDOWS, 1e9)).toBe(2 * 18_000 + 3 * 30_000);
  });

  it("grows by one window with each doubling of the limit", () => {
    const near = searchLengthMs(SEARCH, WINDOWS, 1000);
    const far = searchLengthMs(SEARCH, WINDOWS, 2000);
    expect(far - near).toBe(48_000);
  });

  it("grows with the window", () => {
    const usual = searchLengthMs(SEARCH, WINDOWS, 1000);
    expect(searchLengthMs(SEARCH, { ...WINDOWS, windowMs: 60_000 }, 1000)).toBeGreaterThan(usual);
  });

  it("ends also where no rate holds", () => {
    expect(searchLengthMs(SEARCH, WINDOWS, 0)).toBeGreaterThan(0);
  });
});
