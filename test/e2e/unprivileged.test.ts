/** The same without any right on the machine: an ordinary user brings a lab up in namespaces, and it is taken down whole. */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { defaultCacheDir } from "../../infra/artifacts/cache.ts";
import { openStore } from "../../infra/artifacts/store.ts";
import { artifactsFor } from "../../cli/lab.ts";
import { labMark } from "../../infra/drivers/lab.ts";
import { markedProcesses } from "../../infra/drivers/processes.ts";
import { dev } from "../../infra/topologies/index.ts";

const TEST_MS_MAX = 12 * 60_000;
const FETCH_MS_MAX = 25 * 60_000;
const LAUNCHER = fileURLToPath(new URL("../../cli/lakeproof.js", import.meta.url));
const NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"];
/** Whoever is root here becomes nobody; whoever is not is ordinary enough. */
const AS_USER: readonly string[] = process.getuid?.() === 0 ? NOBODY : [];
const ABOVE_LABS = mkdtempSync(join(tmpdir(), "lakeproof-user-"));

afterAll(() => {
  rmSync(ABOVE_LABS, { recursive: true, force: true });
});

/** Why it cannot be tried on this machine; undefined where it can. */
function obstacle(): string | undefined {
  const can = (...argv: readonly string[]): boolean => {
    const [program = "", ...rest] = [...AS_USER, ...argv];
    return spawnSync(program, rest, { timeout: 10_000 }).status === 0;
  };
  if (!can("test", "-r", LAUNCHER)) return "the checkout is closed to other users";
  if (!can("test", "-r", defaultCacheDir())) return "the cache is closed to other users";
  if (can("unshare", "--user", "--map-root-user", "--net", "--mount", "true")) return undefined;
  return "user namespaces are not allowed here";
}

const Status = z.object({ labs: z.array(z.object({ id: z.string() })) });

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** With directories of that user's own, and the artifacts that are there: theirs to read, nobody's to write. */
function lakeproof(...args: readonly string[]): Promise<Ended> {
  const [program = "", ...rest] = [...AS_USER, process.execPath, LAUNCHER, ...args];
  const child = spawn(program, rest, {
    env: {
      ...process.env,
      HOME: ABOVE_LABS,
      LAKEPROOF_STATE_DIR: join(ABOVE_LABS, "state"),
      LAKEPROOF_CACHE_DIR: join(ABOVE_LABS, "cache"),
      // An archive would be made in a cache that goes with this test.
      LAKEPROOF_CLASS_ARCHIVES: "off",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].on("data", (chunk: Buffer) => {
      texts[name] += chunk.toString();
      process.stderr.write(chunk);
    });
  }
  return new Promise((resolve) => {
    child.on("exit", (code) => {
      resolve({ code, ...texts });
    });
  });
}

test("an ordinary user has zones too", { timeout: TEST_MS_MAX + FETCH_MS_MAX }, async (context) => {
  const reason = obstacle();
  context.skip(reason !== undefined, reason);
  const store = openStore({ cacheDir: defaultCacheDir(), log: () => undefined });
  await store.ensure(artifactsFor(dev.services, "namespaces"), AbortSignal.timeout(FETCH_MS_MAX));
  for (const name of ["state", "cache"]) {
    mkdirSync(join(ABOVE_LABS, name));
    chmodSync(join(ABOVE_LABS, name), 0o777);
  }
  chmodSync(ABOVE_LABS, 0o777);
  symlinkSync(join(defaultCacheDir(), "artifacts"), join(ABOVE_LABS, "cache", "artifacts"));
  let labId = "";
  const up = await lakeproof("up", "dev", "--isolation", "namespaces");
  try {
    expect(up.code).toBe(0);
    expect(up.stderr).not.toContain("Falling back to loopback");
    const zones = await lakeproof("check", "zones");
    expect(zones.stdout).toMatch(/ 0 not; \d+ were denied/);
    expect(zones.code).toBe(0);
    const status = await lakeproof("status", "--json");
    expect(status.code).toBe(0);
    labId = Status.parse(JSON.parse(status.stdout)).labs[0]?.id ?? "";
    expect(markedProcesses(labMark(labId)).length).toBeGreaterThan(8);
  } finally {
    expect((await lakeproof("down")).code).toBe(0);
  }
  const labs = readdirSync(join(ABOVE_LABS, "state", "labs"));
  expect(labs).toEqual([]);
  expect(markedProcesses(labMark(labId))).toEqual([]);
});
