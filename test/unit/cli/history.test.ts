/** `lakeproof history`: written once, found changed, and a regression that lasts fails until somebody says why. */
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import {
  historyAck,
  historyAdd,
  historyList,
  historyShow,
  type HistoryOptions,
} from "../../../cli/history.ts";
import type { HistoryEntry, SeriesHistory } from "../../../core/contracts/comparison.ts";
import { useRunDirs } from "../../fixtures/journals-on-disk.ts";
import { variedEvents } from "../../fixtures/varied-runs.ts";

const dirs = useRunDirs();
const store = (): string => join(dirs.root(), "history");

function options(more: Partial<HistoryOptions> = {}): HistoryOptions {
  return { history: store(), json: false, minEffect: "5%", ...more };
}

function filesOf(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => relative(directory, join(item.parentPath, item.name)))
    .sort();
}

/** Nights at one level and then at another, all through `history add`. */
async function nights(count: number, slowFrom: number): Promise<void> {
  const runs = Array.from({ length: count }, (_, night) =>
    dirs.run({
      runId: `night${String(night).padStart(2, "0")}`,
      seed: night + 1,
      startedAtEpochMs: night * 86_400_000,
      noiseRatio: 0.01,
      slowdownRatio: night < slowFrom ? 0 : 0.15,
    }),
  );
  await historyAdd(runs, options());
}

function shown(): SeriesHistory {
  const before = dirs.printed().length;
  historyShow(undefined, options({ json: true, metrics: "latency.medium.p50" }));
  return JSON.parse(dirs.printed().slice(before)) as SeriesHistory;
}

describe("add", () => {
  test("one file below suite, profile and testbed, named by its digest, for reading only", async () => {
    const run = dirs.run({ runId: "A", seed: 1 });
    expect(await historyAdd([run], options())).toBe(0);
    const [file = ""] = filesOf(store());
    expect(file).toMatch(
      /^runs\/synthetic\/dev-[0-9a-f]{8}\/2c-16g-[0-9a-f]{8}\/A\.[0-9a-f]{12}\.json$/,
    );
    expect(statSync(join(store(), file)).mode & 0o222).toBe(0);
    const entry = JSON.parse(readFileSync(join(store(), file), "utf8")) as HistoryEntry;
    expect(entry.journalSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(entry.metrics.length).toBeGreaterThan(10);
  });

  test("the same run again changes nothing and says so", async () => {
    const run = dirs.run({ runId: "A", seed: 1 });
    await historyAdd([run], options());
    const before = filesOf(store()).map((file) => [file, statSync(join(store(), file)).mtimeMs]);
    expect(await historyAdd([run], options())).toBe(0);
    expect(dirs.printed()).toContain("already there:");
    expect(filesOf(store()).map((file) => [file, statSync(join(store(), file)).mtimeMs])).toEqual(
      before,
    );
  });

  test("the same run with other figures, or in another suite, is refused: 2", async () => {
    await historyAdd([dirs.run({ runId: "A", seed: 1 })], options());
    const other = dirs.journal("other", variedEvents({ runId: "A", seed: 2 }));
    for (const more of [{}, { suite: "nightly" }]) {
      await expect(historyAdd([other], options(more))).rejects.toMatchObject({
        code: "HISTORY_INVALID",
        exitCode: 2,
      });
    }
    expect(filesOf(store())).toHaveLength(1);
  });

  test("a run that was cut short is no point of a history: 21, and nothing is written", async () => {
    const cut = dirs.journal("cut", variedEvents({ runId: "B", seed: 2 }).slice(0, 200));
    const whole = dirs.run({ runId: "A", seed: 1 });
    await expect(historyAdd([whole, cut], options())).rejects.toMatchObject({ exitCode: 21 });
    expect(() => filesOf(store())).toThrow("ENOENT");
  });

  test.each(["../evil", "a/b", ""])("a suite called %j is refused: 2", async (suite) => {
    const run = dirs.run({ runId: "A", seed: 1 });
    await expect(historyAdd([run], options({ suite }))).rejects.toMatchObject({ exitCode: 2 });
    expect(() => filesOf(store())).toThrow("ENOENT");
  });
});

describe("a store that is not as it was written", () => {
  test("a changed figure is found and nothing is concluded: 2", async () => {
    await historyAdd([dirs.run({ runId: "A", seed: 1 })], options());
    const [file = ""] = filesOf(store());
    const path = join(store(), file);
    const text = readFileSync(path, "utf8");
    chmodSync(path, 0o644);
    writeFileSync(path, text.replace('"value": 1000', '"value": 1001'));
    expect(readFileSync(path, "utf8")).not.toBe(text);
    expect(() => historyShow(undefined, options())).toThrow(
      expect.objectContaining({
        code: "HISTORY_INVALID",
        exitCode: 2,
        message: expect.stringContaining("A.") as string,
      }),
    );
  });

  test("an entry moved to another series, and one cut off, are found: 2", async () => {
    await historyAdd([dirs.run({ runId: "A", seed: 1 })], options());
    const [file = ""] = filesOf(store());
    const moved = join(store(), "runs/other/dev-0/2c", file.split("/").at(-1) ?? "");
    mkdirSync(dirname(moved), { recursive: true });
    renameSync(join(store(), file), moved);
    expect(() => historyList(options())).toThrow(expect.objectContaining({ exitCode: 2 }));
    writeFileSync(join(store(), file), '{"schema":');
    rmSync(moved);
    expect(() => historyList(options())).toThrow(expect.objectContaining({ exitCode: 2 }));
  });

  test("what a crash left behind, or a README, is no entry", async () => {
    await historyAdd([dirs.run({ runId: "A", seed: 1 })], options());
    writeFileSync(join(store(), "runs", "README.md"), "ours");
    writeFileSync(join(store(), "runs", "B.0.json.ab12.tmp"), "{");
    expect(historyList(options())).toBe(0);
    expect(dirs.printed()).toContain("1 runs, newest A");
  });
});

describe("show and ack", () => {
  test("a level that rose for good: 12 until it is acknowledged, then 0", async () => {
    await nights(24, 18);
    const before = shown();
    const [change] = before.metrics[0]?.changes ?? [];
    expect(change).toMatchObject({ direction: "worse", firstRunId: "night18", newest: true });
    const only = options({ metrics: "latency.medium.p50" });
    expect(historyShow("synthetic", only)).toBe(12);
    expect(historyAck([change?.id ?? ""], options({ reason: "TLS inside the cluster" }))).toBe(0);
    expect(historyShow("synthetic", only)).toBe(0);
    expect(dirs.printed()).toContain("TLS inside the cluster");
    expect(filesOf(store()).filter((file) => file.startsWith("acknowledgements/"))).toEqual([
      `acknowledgements/${change?.id ?? ""}.json`,
    ]);
    expect(() => historyAck([change?.id ?? ""], options({ reason: "again" }))).toThrow(
      expect.objectContaining({ code: "HISTORY_INVALID" }),
    );
  });

  test("the run with which it all began acknowledges every change of it", async () => {
    await nights(24, 18);
    expect(historyShow(undefined, options())).toBe(12);
    expect(historyAck(["night18"], options({ reason: "TLS inside the cluster", json: true }))).toBe(
      0,
    );
    expect(historyShow(undefined, options())).toBe(0);
    expect(filesOf(join(store(), "acknowledgements")).length).toBeGreaterThan(5);
    expect(() => historyAck(["night18"], options({ reason: " " }))).toThrow(
      expect.objectContaining({ message: "--reason is empty." }),
    );
  });

  test("one level: 0, with the runs counted", async () => {
    await nights(12, 99);
    expect(historyShow(undefined, options())).toBe(0);
    expect(dirs.printed()).toContain("12 runs");
    expect(dirs.printed()).toContain("no unacknowledged regression");
    historyList(options({ json: true }));
    const listed = dirs.printed().trim().split("\n").at(-1) ?? "";
    expect(JSON.parse(listed)).toMatchObject({
      schema: "lakeproof.history-list/1",
      series: [{ runCount: 12, newestRunId: "night11", openCount: 0 }],
    });
  });

  test("an unknown series, change or an empty reason: 2", async () => {
    await nights(3, 99);
    expect(() => historyShow("synthetc", options())).toThrow(
      expect.objectContaining({
        exitCode: 2,
        hint: expect.stringContaining("synthetic/") as string,
      }),
    );
    expect(() => historyAck(["cp-00000000"], options({ reason: "x" }))).toThrow(
      expect.objectContaining({ exitCode: 2 }),
    );
    expect(() => historyShow(undefined, options({ minEffect: "no" }))).toThrow(
      expect.objectContaining({ exitCode: 2 }),
    );
  });

  test("an empty store has no series and no verdict", () => {
    expect(historyList(options())).toBe(0);
    expect(historyShow(undefined, options())).toBe(0);
  });
});
