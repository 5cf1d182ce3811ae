/** The load on the BI tier without k6: configuration, pauses, choices, what a right answer is, and the ramp. */
import { describe, expect, it } from "vitest";
import { mixedArm, MIXED_TURNS } from "../../../../core/bi-load.ts";
import {
  callOf,
  chartProblem,
  firstThinkMs,
  readBiConfig,
  refreshOf,
  thinkMs,
  userActionOf,
} from "../../../../generators/k6/bi-mix.ts";
import {
  arrivalScenario,
  chooser,
  rampedStartMs,
  sourceOf,
} from "../../../../generators/k6/mix.ts";

const boards = [
  { id: 3, charts: [{ path: "/api/v1/chart/data?dashboard_id=3", body: { a: 1 } }] },
  { id: 5, charts: [{ path: "/api/v1/chart/data?dashboard_id=5", body: { b: 2 } }] },
];
const config = {
  biUrl: "http://127.0.0.9:3001",
  user: "admin",
  password: "x",
  seed: "42",
  durationS: 60,
  boards,
  dashboards: { ratePerS: 8, rampMs: 0, maxVUs: 80, forceRatio: 0.1 },
};

describe("readBiConfig", () => {
  it("takes a complete configuration", () => {
    expect(readBiConfig(JSON.stringify(config))).toEqual(config);
  });

  it("lists every problem at once", () => {
    const bad = {
      ...config,
      biUrl: "no",
      boards: [{ id: 1, charts: [] }],
      apiCalls: { ratePerS: 0, rampMs: -1, maxVUs: 0 },
      users: { count: 0, thinkMsMean: 1, rampMs: 0 },
    };
    expect(() => readBiConfig(JSON.stringify(bad))).toThrow(
      /biUrl.*boards.*apiCalls\.ratePerS.*apiCalls\.maxVUs.*apiCalls\.rampMs.*users\.count/,
    );
  });

  it.each([undefined, "{"])("says what is wanted when it gets %j", (json) => {
    expect(() => readBiConfig(json)).toThrow("must hold the JSON configuration");
  });
});

describe("pauses", () => {
  const pauses = Array.from({ length: 20_000 }, (_, index) =>
    thinkMs(chooser("7", "user 1", index), 1_000),
  );

  it("have the mean that was asked for, within 3 %", () => {
    const mean = pauses.reduce((sum, pause) => sum + pause, 0) / pauses.length;
    expect(Math.abs(mean - 1_000)).toBeLessThan(30);
  });

  it("are exponential: the share above the mean is 1/e, within a hundredth", () => {
    const share = pauses.filter((pause) => pause > 1_000).length / pauses.length;
    expect(Math.abs(share - Math.exp(-1))).toBeLessThan(0.01);
  });

  it("end at ten times the mean, and never begin below nothing", () => {
    const least = thinkMs(() => 0, 1_000);
    expect(least).toBe(10_000);
    expect(thinkMs((_, limit) => limit - 1, 1_000)).toBeCloseTo(0);
  });

  it("let a thousand people come evenly in the first mean pause", () => {
    const first = Array.from({ length: 1_000 }, (_, user) =>
      firstThinkMs(chooser("7", `user ${String(user)}`, 0), 60_000),
    );
    const perTenth = Array.from(
      { length: 10 },
      (_, tenth) => first.filter((ms) => Math.floor(ms / 6_000) === tenth).length,
    );
    for (const count of perTenth) expect(Math.abs(count - 100)).toBeLessThan(50);
  });
});

describe("choices", () => {
  it("follow from the seed alone", () => {
    const run = (seed: string): unknown =>
      Array.from({ length: 50 }, (_, index) =>
        userActionOf(chooser(seed, "user 9", index), boards),
      );
    expect(run("1")).toEqual(run("1"));
    expect(run("1")).not.toEqual(run("2"));
  });

  it("pass by the cache in the share that was asked for", () => {
    const forced = Array.from({ length: 10_000 }, (_, index) =>
      refreshOf(chooser("3", "dashboards", index), boards, 0.1),
    ).filter((action) => action.kind === "refresh" && action.force).length;
    expect(Math.abs(forced - 1_000)).toBeLessThan(120);
    const never = Array.from({ length: 100 }, (_, index) =>
      refreshOf(chooser("3", "dashboards", index), boards, 0),
    );
    expect(never.some((action) => action.kind === "refresh" && action.force)).toBe(false);
  });

  it("reach every call and every dashboard", () => {
    const paths = new Set(
      Array.from({ length: 500 }, (_, index) => {
        const action = callOf(chooser("3", "api-calls", index), boards);
        return action.kind === "call" ? action.path : "";
      }),
    );
    expect(paths.size).toBe(3 + 2 * boards.length);
  });
});

describe("chartProblem", () => {
  it.each([
    ['{"result":[{"rowcount":3,"error":null}]}', undefined],
    ['{"result":[{"rowcount":0}]}', "no rows"],
    ['{"result":[]}', "no result"],
    ['{"result":[{"rowcount":3,"error":"line 1:8"}]}', "line 1:8"],
    ["<html>", "no JSON"],
    [null, "no JSON"],
  ])("of %s is %s", (body, expected) => {
    expect(chartProblem(body)).toBe(expected);
  });
});

describe("a rate that grows from nothing", () => {
  it("is told to k6 in two stages, a constant one in none", () => {
    expect(arrivalScenario(8, 0, 60)).toEqual({
      executor: "constant-arrival-rate",
      ...{ rate: 8, timeUnit: "1s", duration: "60s" },
    });
    expect(arrivalScenario(8, 2_000, 60)).toMatchObject({
      executor: "ramping-arrival-rate",
      startRate: 0,
      stages: [
        { target: 8, duration: "2000ms" },
        { target: 8, duration: "60s" },
      ],
    });
  });

  it("has its n-th start where the area under the rate is n", () => {
    // Seen with k6 2.2 at 5/s after 2 s: starts of iterations in ms since the scenario began.
    const seen = [897, 1266, 1551, 1790, 2001, 2201, 2401, 2600, 2801];
    const intended = seen.map((startedMs) => rampedStartMs(0, startedMs, 5, 2_000));
    const area = (ms: number): number =>
      ms <= 2_000 ? (5 * ms * ms) / 4_000_000 : 5 + (5 * (ms - 2_000)) / 1_000;
    intended.forEach((ms, index) => {
      expect(area(ms)).toBeCloseTo(index + 1, 6);
      expect((seen[index] ?? 0) - ms).toBeLessThan(5);
    });
  });

  it("counts a late start from the tick it was meant for", () => {
    expect(rampedStartMs(1_000, 3_150, 5, 2_000)).toBeCloseTo(3_000);
    expect(rampedStartMs(0, 130, 10, 0)).toBe(100);
  });
});

describe("turns of the mixed experiment", () => {
  it("are the same for the load generator and for the report", () => {
    const mixed = { blockMs: 30_000, turns: MIXED_TURNS };
    for (let epochMs = 1_700_000_000_000; epochMs < 1_700_000_400_000; epochMs += 1_000) {
      const { arm } = mixedArm(mixed, epochMs);
      const expected = arm === "open" ? "lakeproof-open-large" : "lakeproof-large";
      expect(sourceOf("large", mixed, epochMs)).toBe(expected);
    }
  });

  it("fall evenly on both arms, and leave out the first fifth of each", () => {
    const seconds = Array.from({ length: 240 }, (_, second) =>
      mixedArm({ blockMs: 30_000 }, second * 1_000),
    );
    expect(seconds.filter(({ arm }) => arm === "open")).toHaveLength(120);
    expect(seconds.filter(({ settled }) => !settled)).toHaveLength(8 * 6);
  });
});
