/** The query mix without k6: schedule, intended starts, statements and what a right answer is. */
import { describe, expect, it } from "vitest";
import {
  chooser,
  intendedStartMs,
  QUERY_CLASSES,
  readConfig,
  rowCountFits,
  scheduleOf,
  statementOf,
} from "../../../../generators/k6/mix.ts";

const bank = { laneCount: 8, userCountPerLane: 500 };
const config = {
  trinoUrl: "http://127.0.0.9:8080",
  seed: "42",
  durationS: 60,
  classes: [{ name: "simple", ratePerS: 2 }],
  maxVUsPerClass: 20,
  ...bank,
};

describe("readConfig", () => {
  it("takes a complete configuration", () => {
    expect(readConfig(JSON.stringify(config))).toEqual(config);
  });

  it("lists every problem at once", () => {
    const bad = {
      ...config,
      trinoUrl: "x",
      durationS: 0,
      classes: [{ name: "simpel", ratePerS: 0 }],
    };
    expect(() => readConfig(JSON.stringify(bad))).toThrow(
      /trinoUrl.*durationS.*"simpel" is none of simple.*ratePerS of class "simpel"/,
    );
  });

  it.each([undefined, "", "{"])("says what is wanted when it gets %j", (json) => {
    expect(() => readConfig(json)).toThrow("must hold the JSON configuration");
  });
});

describe("scheduleOf", () => {
  it.each([
    [20, { rate: 20, timeUnit: "1s", periodMs: 50 }],
    [1, { rate: 1, timeUnit: "1s", periodMs: 1_000 }],
    [0.5, { rate: 500, timeUnit: "1000s", periodMs: 2_000 }],
    [2.5, { rate: 2_500, timeUnit: "1000s", periodMs: 400 }],
  ])("of %d per second", (ratePerS, expected) => {
    expect(scheduleOf(ratePerS)).toEqual(expected);
  });
});

describe("intendedStartMs", () => {
  it.each([
    [1_000, 1_000],
    [1_003, 1_000],
    [1_498, 1_000],
    [1_500, 1_500],
    // The clocks are cut to milliseconds: a start just before a tick is that tick's.
    [1_499, 1_500],
    [2_730, 2_500],
  ])("of an iteration begun at %d is the tick at %d", (started, intended) => {
    expect(intendedStartMs(1_000, started, 500)).toBe(intended);
  });
});

describe("statements", () => {
  const of = (name: (typeof QUERY_CLASSES)[number], iteration: number, seed = "42"): string =>
    statementOf(name, chooser(seed, name, iteration), bank);

  it("repeat for a seed and differ by iteration and seed", () => {
    expect(of("simple", 1)).toBe(of("simple", 1));
    const statements = Array.from({ length: 50 }, (_, iteration) => of("simple", iteration));
    expect(new Set(statements).size).toBeGreaterThan(45);
    expect(of("simple", 1, "43")).not.toBe(of("simple", 1));
  });

  it("ask for users that exist, from every lane", () => {
    const ids = Array.from({ length: 2_000 }, (_, iteration) =>
      Number(/WHERE id = (\d+) /.exec(of("simple", iteration))?.[1]),
    );
    expect(Math.min(...ids)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...ids)).toBeLessThanOrEqual(8 * 500);
    expect(new Set(ids.map((id) => (id - 1) % 8)).size).toBe(8);
  });

  it("stay within the rows their class is for", () => {
    expect(QUERY_CLASSES.map((name) => rowCountFits(name, 0))).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(of("simple", 0)).toContain("LIMIT 5");
    expect([rowCountFits("simple", 5), rowCountFits("simple", 10)]).toEqual([true, false]);
    expect(of("medium", 0)).toContain("LIMIT 200");
    expect([rowCountFits("medium", 200), rowCountFits("medium", 9)]).toEqual([true, false]);
    expect(of("complex", 0)).toContain("JOIN newest_users");
    expect([rowCountFits("complex", 9), rowCountFits("complex", 101)]).toEqual([true, false]);
    expect(of("large", 0)).toContain("LIMIT 12000");
    expect([rowCountFits("large", 12_000), rowCountFits("large", 10_000)]).toEqual([true, false]);
  });
});
