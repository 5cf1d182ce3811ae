/** `lakeproof compare`: exit codes, refusals with the fields named, and the three designs. */
import { describe, expect, test } from "vitest";
import { join } from "node:path";
import { historyAdd } from "../../../cli/history.ts";
import { compare, type CompareVerbOptions } from "../../../cli/compare.ts";
import type { Calibration } from "../../../core/contracts/calibration.ts";
import type { Comparison } from "../../../core/contracts/comparison.ts";
import { LakeproofError } from "../../../core/errors.ts";
import { useRunDirs } from "../../fixtures/journals-on-disk.ts";
import { variedEvents, type Variation } from "../../fixtures/varied-runs.ts";

const dirs = useRunDirs();

const DEFAULTS: CompareVerbOptions = {
  json: false,
  markdown: false,
  pairs: false,
  base: [],
  head: [],
  calibrate: false,
  allowInvalid: false,
  minEffect: "5%",
  noise: "2%",
  seed: "1",
};

function verb(runs: readonly string[], options: Partial<CompareVerbOptions> = {}): Promise<number> {
  return compare(runs, { ...DEFAULTS, ...options });
}

async function refusalOf(outcome: Promise<number>): Promise<LakeproofError> {
  const thrown: unknown = await outcome.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(LakeproofError);
  return thrown as LakeproofError;
}

const two = (head: Partial<Variation> = {}): readonly string[] => [
  dirs.run({ runId: "A", seed: 1 }),
  dirs.run({ runId: "B", seed: 2, ...head }),
];

describe("two runs", () => {
  test("ten percent slower: 12", async () => {
    expect(await verb(two({ slowdownRatio: 0.1 }))).toBe(12);
    expect(dirs.printed()).toMatch(/✘ REGRESSED +simple query latency p50 +40\.03 ms → 44\.\d+ ms/);
    expect(dirs.printed()).toContain("two runs cannot show how much runs of the same thing differ");
  });

  test("the same again: 11, and 0 for what can be shown", async () => {
    const runs = two();
    expect(await verb(runs)).toBe(11);
    expect(dirs.printed()).not.toContain("REGRESSED");
    expect(await verb(runs, { metrics: "rate,errors" })).toBe(0);
  });

  test("--json is the comparison and nothing else", async () => {
    expect(await verb(two({ slowdownRatio: 0.1 }), { json: true })).toBe(12);
    const parsed = JSON.parse(dirs.printed()) as Comparison;
    expect(parsed).toMatchObject({
      schema: "lakeproof.comparison/1",
      design: "two-runs",
      status: "REGRESSED",
      exit: { code: 12 },
      base: [{ runId: "A" }],
      head: [{ runId: "B" }],
    });
  });

  test("--markdown is a table without a single open bar", async () => {
    expect(await verb(two({ slowdownRatio: 0.1 }), { markdown: true })).toBe(12);
    const rows = dirs
      .printed()
      .split("\n")
      .filter((line) => line.startsWith("|"));
    expect(rows.length).toBeGreaterThan(15);
    expect(new Set(rows.map((row) => row.replaceAll("\\|", "").split("|").length))).toEqual(
      new Set([8]),
    );
  });

  test("further runs are each compared with the first, and the gravest decides", async () => {
    const runs = [...two(), dirs.run({ runId: "C", seed: 3, slowdownRatio: 0.2 })];
    expect(await verb(runs, { json: true })).toBe(12);
    const lines = dirs.printed().trim().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as Comparison).head[0]?.runId)).toEqual([
      "B",
      "C",
    ]);
  });

  test("--base and --head with one run each are two runs", async () => {
    const [base = "", head = ""] = two({ slowdownRatio: 0.1 });
    expect(await verb([], { base: [base], head: [head] })).toBe(12);
  });

  test("a larger minimum effect lets ten percent pass", async () => {
    expect(await verb(two({ slowdownRatio: 0.1 }), { minEffect: "0.3" })).not.toBe(12);
  });
});

describe("runs that must not be compared", () => {
  test("another testbed: 2, with every differing field named", async () => {
    const runs = two({ environment: { cpuCount: 4, cpuModel: "Other CPU" } });
    const error = await refusalOf(verb(runs));
    expect(error).toMatchObject({ code: "RUNS_DIFFER", exitCode: 2 });
    expect(error.message).toContain("testbed environment.cpuCount: 2 → 4 (B)");
    expect(error.message).toContain("testbed environment.cpuModel: synthetic → Other CPU (B)");
    expect(error.hint).toContain("--allow-different testbed");
    expect(dirs.printed()).toBe("");
  });

  test("allowed, it is compared and said", async () => {
    const runs = two({ environment: { cpuCount: 4 }, slowdownRatio: 0.1 });
    expect(await verb(runs, { allowDifferent: "config, testbed" })).toBe(12);
    expect(dirs.printed()).toContain("deviation: testbed environment.cpuCount: 2 → 4 (B)");
  });

  test("what is allowed is not everything", async () => {
    const plan: Variation["plan"] = (made) => ({ bank: { ...made.bank, rateEventsPerS: 999 } });
    const runs = two({ environment: { versions: { trino: "477" } }, plan });
    const error = await refusalOf(verb(runs, { allowDifferent: "config" }));
    expect(error.message).toContain("plan plan.bank.rateEventsPerS: 1000 → 999 (B)");
    expect(error.message).not.toContain("trino");
    expect(error.hint).toContain("--allow-different plan");
  });

  test("with --json the differences are data", async () => {
    await refusalOf(verb(two({ environment: { cpuCount: 4 } }), { json: true }));
    expect(JSON.parse(dirs.printed())).toMatchObject({
      schema: "lakeproof.comparison-refused/1",
      differences: [
        { group: "testbed", field: "environment.cpuCount", baseValue: "2", value: "4" },
      ],
      exit: { code: 2 },
    });
  });

  test("a run that was cut short: 21, unless allowed", async () => {
    const events = variedEvents({ runId: "B", seed: 2 });
    const cut = dirs.journal("cut", events.slice(0, Math.floor(events.length * 0.8)));
    const runs = [dirs.run({ runId: "A", seed: 1 }), cut];
    const error = await refusalOf(verb(runs));
    expect(error).toMatchObject({ code: "RUN_UNUSABLE", exitCode: 21 });
    expect(error.message).toContain("run B: The journal is complete: INVALID");
    expect(await verb(runs, { allowInvalid: true })).toBe(11);
    expect(dirs.printed()).toContain("deviation: run B: The journal is complete: INVALID");
  });

  test("a generator without headroom measured itself: 21", async () => {
    const busy = variedEvents({ runId: "B", seed: 2 }).map((event) =>
      event.kind === "sample.taken" && event.probe === "generator.cpuRatio"
        ? { ...event, observed: { ...event.observed, value: 0.97 } }
        : event,
    );
    const runs = [dirs.run({ runId: "A", seed: 1 }), dirs.journal("busy", busy)];
    expect((await refusalOf(verb(runs))).message).toContain("The load generator had headroom");
  });
});

describe("pairs", () => {
  const abba = (pairCount: number, slowdownRatio: number): readonly string[] =>
    Array.from({ length: 2 * pairCount }, (_, place) => {
      const isBase = place % 4 === 0 || place % 4 === 3;
      return dirs.run({
        runId: `${isBase ? "A" : "B"}${String(place)}`,
        seed: place + 1,
        startedAtEpochMs: place * 600_000,
        noiseRatio: 0.02,
        slowdownRatio: isBase ? 0 : slowdownRatio,
      });
    });

  test("ABBA by position: a slowdown of ten percent is found, exit 12", async () => {
    expect(await verb(abba(7, 0.1), { pairs: true, json: true })).toBe(12);
    const parsed = JSON.parse(dirs.printed()) as Comparison;
    expect(parsed.base.map((run) => run.runId)).toEqual([
      "A0",
      "A3",
      "A4",
      "A7",
      "A8",
      "A11",
      "A12",
    ]);
    expect(parsed.head.map((run) => run.runId)).toEqual([
      "B1",
      "B2",
      "B5",
      "B6",
      "B9",
      "B10",
      "B13",
    ]);
    const simple = parsed.metrics.find((metric) => metric.id === "latency.simple.p50");
    expect(simple?.status).toBe("REGRESSED");
    expect(simple?.tests[0]?.pValue).toBeCloseTo(1 / 128, 12);
  });

  test("--base and --head by name say the same", async () => {
    const runs = abba(7, 0.1);
    const isBase = (_: string, place: number): boolean => place % 4 === 0 || place % 4 === 3;
    const base = runs.filter(isBase);
    const head = runs.filter((run, place) => !isBase(run, place));
    expect(await verb([], { base, head, metrics: "latency.simple" })).toBe(12);
    expect(dirs.printed()).toContain("head 7 runs: B1, B2, B5, B6, B9, B10, B13");
  });

  test("out of the order of time: 2, because the letters would be wrong", async () => {
    const [first = "", second = "", third = "", fourth = ""] = abba(2, 0);
    const error = await refusalOf(verb([first, second, fourth, third], { pairs: true }));
    expect(error).toMatchObject({ code: "USAGE", exitCode: 2 });
    expect(error.message).toContain("not the order of ABBA");
  });
});

describe("the noise of other runs", () => {
  const like = (count: number, noiseRatio: number): void => {
    for (let index = 0; index < count; index++) {
      dirs.run({ runId: `L${String(index)}`, seed: 20 + index, noiseRatio });
    }
  };

  test("a machine that differs by more than the change: open instead of 12", async () => {
    like(6, 0.15);
    const runs = two({ slowdownRatio: 0.1 });
    const only = { metrics: "latency.simple.p50" };
    expect(await verb(runs, only)).toBe(12);
    expect(await verb(runs, { ...only, noiseFrom: dirs.root() })).toBe(11);
    expect(dirs.printed().replace(/\s+/g, " ")).toContain(
      "measured for each metric over 6 other runs",
    );
  });

  test("a quiet one still tells it, and names the runs it was measured over", async () => {
    like(6, 0.005);
    const runs = two({ slowdownRatio: 0.1 });
    expect(await verb(runs, { noiseFrom: dirs.root(), json: true })).toBe(12);
    const parsed = JSON.parse(dirs.printed()) as Comparison;
    expect(parsed.noiseRuns?.map(({ runId }) => runId)).toEqual(
      [0, 1, 2, 3, 4, 5].map((n) => `L${String(n)}`),
    );
  });

  test("runs of another machine or too few of them measure nothing: 2", async () => {
    like(2, 0.01);
    dirs.run({ runId: "other", seed: 9, environment: { cpuCount: 64 } });
    const error = await refusalOf(verb(two(), { noiseFrom: dirs.root() }));
    expect(error).toMatchObject({ code: "USAGE", exitCode: 2 });
    expect(error.message).toContain("holds 2 other run(s) of what A is");
  });

  test.each([{ pairs: true }, { calibrate: true }])("not with %o: 2", async (option) => {
    const error = await refusalOf(verb(two(), { ...option, noiseFrom: dirs.root() }));
    expect(error).toMatchObject({ code: "USAGE", exitCode: 2 });
    expect(error.message).toContain("--noise-from");
  });
});

describe("calibration", () => {
  const same = (count: number): readonly string[] =>
    Array.from({ length: count }, (_, index) =>
      dirs.run({ runId: `A${String(index)}`, seed: index + 1, noiseRatio: 0.03 }),
    );

  test("prints noise, false alarms and misses, and passes no verdict: 0", async () => {
    expect(await verb(same(4), { calibrate: true, metrics: "latency.simple" })).toBe(0);
    expect(dirs.printed()).toContain("4 runs of the same thing");
    expect(dirs.printed()).toMatch(/\d+ of 12 comparisons raised a false alarm/);
    expect(dirs.printed()).toMatch(/two runs +[\d.]+ %/);
  });

  test("as JSON", async () => {
    const only = { calibrate: true, json: true, metrics: "latency.simple" } as const;
    expect(await verb(same(3), only)).toBe(0);
    const parsed = JSON.parse(dirs.printed()) as Calibration;
    expect(parsed).toMatchObject({ schema: "lakeproof.calibration/1", seed: "1" });
    expect(parsed.observed.comparisonCount).toBe(6);
  });

  test("finds the runs of the same thing in a folder, and leaves out what is another", async () => {
    same(3);
    dirs.run({ runId: "other", seed: 9, environment: { cpuCount: 64 } });
    dirs.journal("cut", variedEvents({ runId: "cut", seed: 8 }).slice(0, 200));
    expect(await verb([], { calibrate: true, json: true, runs: dirs.root() })).toBe(0);
    const parsed = JSON.parse(dirs.printed()) as Calibration;
    expect(parsed.source).toBe("journals");
    expect(parsed.runs).toHaveLength(3);
    expect(parsed.runs.map(({ runId }) => runId)).not.toContain("other");
  });

  test("and in a history store, where only the figures are left", async () => {
    const history = join(dirs.root(), "history");
    await historyAdd(same(4), { history, json: false, minEffect: "5%" });
    const before = dirs.printed().length;
    const options = { calibrate: true, json: true, history, only: "synthetic" };
    expect(await verb([], options)).toBe(0);
    const parsed = JSON.parse(dirs.printed().slice(before)) as Calibration;
    expect(parsed.source).toBe("history");
    expect(parsed.observed.comparisonCount).toBe(12);
    expect(parsed.observed.metrics.length).toBeGreaterThan(10);
  });

  test("two of the same thing are too few, wherever they are: 2", async () => {
    same(2);
    const error = await refusalOf(verb([], { calibrate: true, runs: dirs.root() }));
    expect(error.exitCode).toBe(2);
    expect(error.message).toContain("at most 2 run(s) of the same thing");
  });
});

describe("bad input ends with 2 and says what is allowed", () => {
  const cases: readonly (readonly [
    string,
    (runs: readonly string[]) => Promise<number>,
    string,
  ])[] = [
    ["no run", () => verb([]), "0 run(s) cannot be compared"],
    ["one run", ([run = ""]) => verb([run]), "1 run(s) cannot be compared"],
    ["no such run", ([run = ""]) => verb([run, "nowhere"]), "No journal at nowhere"],
    ["the same run twice", ([run = ""]) => verb([run, run]), "Run A is given twice"],
    ["half a pair", ([run = ""]) => verb([run], { pairs: true }), "do not make pairs"],
    ["a base without a head", ([run = ""]) => verb([], { base: [run] }), "1 base and 0 head runs"],
    ["two designs", (runs) => verb(runs, { pairs: true, calibrate: true }), "exclude each other"],
    ["runs beside --base", (runs) => verb(runs, { base: ["x"], head: ["y"] }), "is neither --base"],
    ["a calibration of two", (runs) => verb(runs, { calibrate: true }), "3 are the least"],
    ["a folder without --calibrate", (runs) => verb(runs, { runs: "." }), "belong to --calibrate"],
    [
      "runs and a folder of them",
      (runs) => verb(runs, { calibrate: true, runs: "." }),
      "exclude each other",
    ],
    ["a folder that is not", () => verb([], { calibrate: true, runs: "nowhere" }), "no folder"],
    ["a group unknown", (runs) => verb(runs, { allowDifferent: "tesbed" }), 'no "tesbed"'],
    ["a metric unknown", (runs) => verb(runs, { metrics: "latncy" }), 'no metric "latncy"'],
    ["an effect of nothing", (runs) => verb(runs, { minEffect: "0" }), '--min-effect is "0"'],
    ["a noise that is none", (runs) => verb(runs, { noise: "much" }), '--noise is "much"'],
    ["a seed that is none", (runs) => verb(runs, { seed: "-1" }), '--seed is "-1"'],
  ];

  test.each(cases)("%s", async (_, outcome, text) => {
    const error = await refusalOf(outcome(two()));
    expect(error.exitCode).toBe(2);
    expect(error.message).toContain(text);
    expect(error.hint).not.toBe("");
    expect(dirs.printed()).toBe("");
  });
});
