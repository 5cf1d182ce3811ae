/** The artifact store with the real clients: cold, warm, shared, damaged, aborted and killed. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import {
  appendFile,
  chmod,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { runCommand } from "../../infra/artifacts/process.ts";
import { programIn } from "../../infra/artifacts/programs.ts";
import { pythonCommand, pythonEnvironment } from "../../infra/artifacts/python.ts";
import { openStore, type ArtifactProgress, type Store } from "../../infra/artifacts/store.ts";
import { markedProcesses } from "../../infra/drivers/processes.ts";
import type { ArtifactName } from "../../infra/artifacts/table.ts";

const FIXTURE = join(import.meta.dirname, "..", "fixtures", "ensure-artifacts.ts");
const SMALL = ["debezium-postgres", "flink-s3"] as const satisfies readonly ArtifactName[];
const never = new AbortController().signal;
const cacheDirs: string[] = [];
const children: ChildProcess[] = [];
let log: string[] = [];
let progress: ArtifactProgress[] = [];

async function newCacheDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "lakeproof-cache-"));
  await chmod(dir, 0o755);
  cacheDirs.push(dir);
  return dir;
}

function store(cacheDir: string, verify = false): Store {
  const onProgress = (update: ArtifactProgress): void => void progress.push(update);
  return openStore({ cacheDir, verify, tools: false, log: (line) => log.push(line), onProgress });
}

/** Log lines of client commands. */
function commands(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => line.includes(": $ "));
}

interface Ran {
  readonly child: ChildProcess;
  readonly lines: string[];
  readonly exited: Promise<unknown>;
}

function ensureElsewhere(
  cacheDir: string,
  env: Record<string, string> = {},
  name: ArtifactName = "debezium-postgres",
): Ran {
  const child = spawn(process.execPath, [FIXTURE, cacheDir, name], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const lines: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    lines.push(...text.split("\n").filter((line) => line !== ""));
  });
  return { child, lines, exited: once(child, "close") };
}

/** Standard output of a command, run as somebody without any right where this process is root. */
async function outputOf(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
  const whole = process.getuid?.() === 0 ? [...nobody, ...argv] : argv;
  const options = { cwd: tmpdir(), env, signal: never, timeoutMs: 60_000 };
  const result = await runCommand(whole, options);
  expect(result.exitCode, result.tail.join("\n")).toBe(0);
  return result.stdout;
}

beforeEach(() => {
  log = [];
  progress = [];
});
afterEach(() => {
  for (const child of children) if (child.exitCode === null) child.kill("SIGKILL");
});
afterAll(async () => {
  for (const dir of cacheDirs) await rm(dir, { recursive: true, force: true });
});

describe("a cold and a warm cache", { timeout: 300_000 }, () => {
  let cacheDir: string;
  let first: Readonly<Record<(typeof SMALL)[number], string>>;

  it("is filled by the client", async () => {
    cacheDir = await newCacheDir();
    first = await store(cacheDir).ensure(SMALL, never);
    expect(commands(log).filter((line) => line.includes("mvn"))).toHaveLength(SMALL.length);
    expect(await readdir(first["flink-s3"])).toEqual(["flink-s3-fs-hadoop-2.1.1.jar"]);
    expect(await readdir(first["debezium-postgres"])).toContain(
      "debezium-connector-postgres-3.7.0.Final.jar",
    );
    expect(progress.filter(({ state }) => state === "verified")).toHaveLength(SMALL.length);
    expect(await readdir(join(cacheDir, "staging"))).toEqual([]);
    expect(await readdir(join(cacheDir, "locks"))).toEqual([]);
  });

  it("then calls no client, and none can be called", async () => {
    expect(await store(cacheDir).ensure(SMALL, never)).toEqual(first);
    expect(log).toEqual([]);
    expect(progress.map(({ state }) => state)).toEqual(["cached", "cached"]);
    const elsewhere = ensureElsewhere(cacheDir, { PATH: "/nonexistent" });
    expect(await elsewhere.exited).toEqual([0, null]);
    expect(elsewhere.lines).toEqual([
      JSON.stringify({ "debezium-postgres": first["debezium-postgres"] }),
    ]);
  });

  it("reports a file that was changed, at once by size and by digest when asked", async () => {
    const jar = join(first["flink-s3"], "flink-s3-fs-hadoop-2.1.1.jar");
    const bytes = await readFile(jar);
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(1000) ^ 1, 1000);
    await writeFile(jar, flipped);
    await expect(store(cacheDir).ensure(SMALL, never)).resolves.toEqual(first);
    await expect(store(cacheDir, true).ensure(SMALL, never)).rejects.toMatchObject({
      code: "ARTIFACT_DIGEST",
      message: expect.stringMatching(
        /flink-s3 .*hadoop-2\.1\.1\.jar should be sha256 8ddf87a5/,
      ) as string,
    });
    await writeFile(jar, bytes);
    await appendFile(jar, "!");
    await expect(store(cacheDir).ensure(SMALL, never)).rejects.toMatchObject({
      code: "ARTIFACT_DIGEST",
      hint: expect.stringContaining("rm -rf") as string,
    });
    expect(commands(log)).toEqual([]);
  });
});

describe("programs out of packages", { timeout: 300_000 }, () => {
  it("run with the libraries that came along, and every package is on record", async (context) => {
    context.skip(!existsSync("/usr/bin/apt-get"), "this machine has no apt");
    const cacheDir = await newCacheDir();
    const { redis } = await store(cacheDir).ensure(["redis"], never);
    expect(await readdir(join(redis, "bin"))).toEqual(["redis-cli", "redis-server"]);
    expect(await outputOf([programIn(redis, "redis-server"), "--version"])).toMatch(/v=7\.0\./);
    const { sources } = JSON.parse(await readFile(join(redis, "..", "manifest.json"), "utf8")) as {
      readonly sources: readonly unknown[];
    };
    for (const name of ["redis-server", "redis-tools"]) {
      expect(sources).toContainEqual({
        path: expect.stringMatching(new RegExp(`^${name}_.*7\\.0\\..*\\.deb$`)) as string,
        bytes: expect.any(Number) as number,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      });
    }
    log = [];
    expect(await store(cacheDir, true).ensure(["redis"], never)).toEqual({ redis });
    expect(log).toEqual([]);
  });
});

describe("a Python environment", { timeout: 600_000 }, () => {
  it("runs for everybody, and running it changes nothing in it", async () => {
    const cacheDir = await newCacheDir();
    const { patroni } = await store(cacheDir).ensure(["patroni"], never);
    const argv = [...pythonCommand(), "-m", "patroni", "--version"];
    expect(await outputOf(argv, pythonEnvironment(patroni))).toContain("4.1.5");
    const asOwner = { signal: never, timeoutMs: 60_000, env: { PYTHONPATH: patroni } };
    expect((await runCommand(argv, asOwner)).exitCode).toBe(0);
    expect(await store(cacheDir, true).ensure(["patroni"], never)).toEqual({ patroni });
  });
});

describe("two runs at once", { timeout: 300_000 }, () => {
  it("do the work once and see the same entry", async () => {
    const cacheDir = await newCacheDir();
    const runs = [ensureElsewhere(cacheDir), ensureElsewhere(cacheDir)] as const;
    expect(await Promise.all(runs.map((run) => run.exited))).toEqual([
      [0, null],
      [0, null],
    ]);
    const fetches = commands(runs.flatMap((run) => run.lines)).filter((line) =>
      line.includes("mvn"),
    );
    expect(fetches).toHaveLength(1);
    expect(runs[0].lines.at(-1)).toBe(runs[1].lines.at(-1));
    expect(await readdir(join(cacheDir, "artifacts"))).toHaveLength(1);
    expect(await readdir(join(cacheDir, "staging"))).toEqual([]);
  });
});

describe("an interrupted fetch", { timeout: 300_000 }, () => {
  it("leaves nothing when aborted, and starts over cleanly", async () => {
    const cacheDir = await newCacheDir();
    const stop = new AbortController();
    const aborting = openStore({
      cacheDir,
      tools: false,
      log: () => {
        stop.abort(new Error("operator"));
      },
    });
    await expect(aborting.ensure(SMALL, stop.signal)).rejects.toThrow("operator");
    expect(await readdir(join(cacheDir, "artifacts"))).toEqual([]);
    expect(await readdir(join(cacheDir, "staging"))).toEqual([]);
    expect(await readdir(join(cacheDir, "locks"))).toEqual([]);
    const paths = await store(cacheDir).ensure(["flink-s3"], never);
    expect((await stat(paths["flink-s3"])).mode & 0o777).toBe(0o755);
  });

  it.for(["debezium-postgres", "patroni", "haproxy"] as const)(
    "of %s whose process was killed is swept and its locks are taken over",
    async (name, context) => {
      context.skip(
        name === "haproxy" && !existsSync("/usr/bin/apt-get"),
        "this machine has no apt",
      );
      const cacheDir = await newCacheDir();
      const victim = ensureElsewhere(cacheDir, {}, name);
      while (commands(victim.lines).length === 0)
        await once(victim.child.stdout ?? victim.child, "data");
      const [left = ""] = await readdir(join(cacheDir, "staging"));
      expect(left).toMatch(new RegExp(`^${name}-\\d+-\\d+-`));
      const mark = `LAKEPROOF_FETCH=${left}`;
      const clients = (): unknown[] => markedProcesses(mark).filter(({ state }) => state !== "Z");
      await vi.waitFor(() => {
        expect(clients()).not.toEqual([]);
      }, 20_000);
      victim.child.kill("SIGKILL");
      await victim.exited;
      expect(await readdir(join(cacheDir, "locks"))).toContain(`${name}.lock`);
      const paths = await store(cacheDir).ensure([name], never);
      await vi.waitFor(() => {
        expect(clients()).toEqual([]);
      }, 20_000);
      expect(existsSync(paths[name])).toBe(true);
      expect(await readdir(join(cacheDir, "locks"))).toEqual([]);
    },
  );
});
