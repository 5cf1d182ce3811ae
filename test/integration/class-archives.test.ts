/** An archive of the classes of a real program: made from what its first run loaded, mapped by the second. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { defaultCacheDir } from "../../infra/artifacts/cache.ts";
import { runCommand } from "../../infra/artifacts/process.ts";
import { openStore } from "../../infra/artifacts/store.ts";
import { openClassArchives } from "../../infra/class-archives.ts";

const FETCH_MS_MAX = 600_000;
const dir = mkdtempSync(join(tmpdir(), "lakeproof-classes-"));
const signal = AbortSignal.timeout(FETCH_MS_MAX);

afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

it("the second run takes its classes from the archive", { timeout: FETCH_MS_MAX }, async () => {
  const store = openStore({ cacheDir: defaultCacheDir(), log: () => undefined });
  const { kafka, java17 } = await store.ensure(["kafka", "java17"], signal);
  const argv = [
    ...[join(java17, "bin", "java"), "-XX:+UseSerialGC", "-cp", join(kafka, "*")],
    ...["kafka.tools.StorageTool", "random-uuid"],
  ];
  const archives = openClassArchives(dir);
  const run = async (): Promise<{ readonly shared: number; readonly loaded: number }> => {
    const start = archives.optionsFor(argv);
    const [java = "", ...rest] = argv;
    const all = [java, ...start.options, "-Xlog:class+load", ...rest];
    const { exitCode, stdout } = await runCommand(all, { signal, timeoutMs: 60_000 });
    expect(exitCode).toBe(0);
    archives.recorded(start);
    const own = stdout.split("\n").filter((line) => / (org\.apache\.)?kafka\./.test(line));
    return {
      loaded: own.length,
      shared: own.filter((line) => line.includes("source: shared objects file")).length,
    };
  };
  const first = await run();
  expect(first.loaded).toBeGreaterThan(5);
  expect(first.shared).toBe(0);
  expect(await archives.make(signal, () => undefined)).toEqual(["kafka.tools.StorageTool"]);
  const second = await run();
  expect(second.shared).toBeGreaterThan(0.9 * first.loaded);
});
