/** The seed's bill, added up and divided by hand. */
import { describe, expect, it } from "vitest";
import {
  COST_STATED,
  costSumUsd,
  unitCosts,
  usdPerMillionEvents,
  usdPerThousandQueries,
} from "../../../core/seed-costs.ts";
import { costTable, sizingTable } from "../../../reports/costs.ts";
import { abortedJournal, smokeJournal } from "../../fixtures/journals.ts";

describe("the seed's costs", () => {
  it("add up to $14,500, not to the $15,700 that are stated", () => {
    expect(costSumUsd()).toBe(14_500);
    expect(COST_STATED.monthlyUsd).toBe(15_700);
    expect(costSumUsd([])).toBe(0);
  });

  it("are cents a million events at the target rate", () => {
    // 100 000/s for 30 days are 259 200 million events; 10 000 queries an hour are 7 200 thousand.
    const { millionEventsUsd, thousandQueriesUsd, userMonthlyUsd } = unitCosts(14_500);
    expect(millionEventsUsd).toBeCloseTo(14_500 / 259_200, 12);
    expect(thousandQueriesUsd).toBeCloseTo(14_500 / 7_200, 12);
    expect(userMonthlyUsd).toBe(14.5);
  });

  it("have no price each where nothing is carried", () => {
    expect(usdPerMillionEvents(14_500, 0)).toBeUndefined();
    expect(usdPerThousandQueries(14_500, 0)).toBeUndefined();
  });
});

describe("the cost table", () => {
  it("shows both totals, and the run's own rate only where there is one", () => {
    const rows = new Map(costTable(smokeJournal()).rows.map(([name, ...cells]) => [name, cells]));
    expect(rows.get("A month")).toEqual(["$14,500", "$15,700"]);
    expect(rows.get("A user and month")).toEqual(["$14.50", "~$16.00"]);
    expect(rows.get("A million events, at 100,000 events/s")).toEqual(["$0.056", "$0.061"]);
    expect([...rows.keys()].some((name) => name?.includes("of this run"))).toBe(true);
    const none = costTable(abortedJournal()).rows.map(([name]) => name);
    expect(none.some((name) => name?.includes("of this run"))).toBe(false);
  });

  it("sets the peak of each service against what it was planned with", () => {
    const rows = sizingTable(smokeJournal())?.rows ?? [];
    expect(rows.length).toBeGreaterThan(0);
    for (const [, instances, , , share] of rows) {
      expect(instances).toBe("1");
      expect(share).toMatch(/^[\d.]+ %$/);
    }
    expect(sizingTable(abortedJournal())).toBeUndefined();
  });
});
