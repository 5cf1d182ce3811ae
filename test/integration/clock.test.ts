/**
 * A wrong clock on a real PostgreSQL, a real Redis cluster and a real JVM: one of them takes another time for the true
 * one, all others and every time-out go on as before, and it is right again after its undo, its lease, and `heal`.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FAULTS, openUndoLog } from "../../chaos/index.ts";
import { heal, residueOf, takeDown, UNDO_FILE } from "../../cli/heal.ts";
import { newLabState } from "../../cli/lab.ts";
import type { Fault, FaultContext } from "../../core/contracts/fault.ts";
import { defaultCacheDir } from "../../infra/artifacts/cache.ts";
import { openStore } from "../../infra/artifacts/store.ts";
import type { ArtifactName } from "../../infra/artifacts/table.ts";
import { withPostgres } from "../../infra/clients/postgres.ts";
import { readShift, writeShift } from "../../infra/clock/page.ts";
import { artifactsOf } from "../../infra/lab-plan.ts";
import { labDir, type LabState } from "../../infra/drivers/lab.ts";
import { provision, type Lab } from "../../infra/provision.ts";
import { dev, mini } from "../../infra/topologies/index.ts";

const PATIENCE = { timeout: 30_000, interval: 250 } as const;
const topology = {
  ...dev,
  services: {
    postgres: { ...dev.services.postgres, clock: "shiftable" },
    redis: { ...mini.services.redis, clock: "shiftable" },
  },
} as const;

let logsDir = "";
let state: LabState;
let lab: Lab;
let artifacts: Readonly<Record<string, string>>;
const stateDir = mkdtempSync(join(tmpdir(), "lakeproof-clock-state-"));
const before = process.env["LAKEPROOF_STATE_DIR"];

beforeAll(async () => {
  process.env["LAKEPROOF_STATE_DIR"] = stateDir;
  // PostgreSQL and Redis run as another user, who has to get in.
  spawnSync("chmod", ["755", stateDir]);
  logsDir = mkdtempSync(join(tmpdir(), "lakeproof-clock-logs-"));
  const store = openStore({ cacheDir: defaultCacheDir(), log: () => undefined });
  const signal = AbortSignal.timeout(1_500_000);
  const names = artifactsOf(topology.services) as readonly ArtifactName[];
  artifacts = await store.ensure([...names, "java17"], signal);
  state = newLabState({
    ...{ topology: "test", subnet: "127.77.16", isolation: "loopback", held: true, logsDir },
  });
  lab = await provision({ topology, state, artifacts, signal, onStep: () => undefined });
});

afterAll(async () => {
  try {
    await takeDown(state.id);
    expect(residueOf(state.id)).toEqual([]);
  } finally {
    if (before === undefined) delete process.env["LAKEPROOF_STATE_DIR"];
    else process.env["LAKEPROOF_STATE_DIR"] = before;
    for (const dir of [logsDir, stateDir]) rmSync(dir, { recursive: true, force: true });
  }
});

const fault: Fault = FAULTS["clock-offset"];

function factsFor(
  id: string,
  on: string,
  params: object,
  leaseMs = 240_000,
): FaultContext<unknown> {
  return {
    ...{ id, params: fault.params.parse(params), instanceIds: [on], leaseMs },
    ...{ driver: lab.driver, endpoints: lab.endpoints, services: topology.services },
    signal: AbortSignal.timeout(240_000),
    useTarget: (target, signal) => lab.probe(target, signal),
    readClock: (target, signal) => lab.readClock(target, signal),
    restart: async (target, signal) => {
      await lab.restart(target, signal);
    },
  };
}

async function aheadMs(instanceId: string): Promise<number> {
  const reading = await lab.readClock(instanceId, AbortSignal.timeout(10_000));
  return (reading?.epochMs ?? Number.NaN) - Date.now();
}

async function untilWorks(work: () => Promise<void>): Promise<void> {
  const outcome = (): Promise<string> => work().then(() => "works", String);
  await expect.poll(outcome, { ...PATIENCE, timeout: 90_000 }).toBe("works");
}

async function lifeOf(
  facts: FaultContext<unknown>,
  during: () => Promise<void>,
): Promise<{ readonly evidence: string; readonly after: string }> {
  expect(await fault.evidence(facts)).toBeUndefined();
  expect(await fault.evidenceAfter?.(facts)).toBeUndefined();
  let evidence: string | undefined;
  try {
    await fault.inject(facts);
    evidence = await fault.evidence(facts);
    expect(evidence).toEqual(expect.any(String));
    expect(residueOf(state.id)).not.toEqual([]);
    await during();
  } finally {
    await fault.recover(facts);
    await fault.recover(facts);
  }
  const after = await fault.evidenceAfter?.(facts);
  expect(after).toEqual(expect.any(String));
  expect(residueOf(state.id)).toEqual([]);
  return { evidence: evidence ?? "", after: after ?? "" };
}

describe("PostgreSQL", () => {
  it.for([-3_600_000, 86_400_000])("is %i ms ahead, sleeps as long as before", async (offsetMs) => {
    const { evidence, after } = await lifeOf(
      factsFor(`pg${String(offsetMs)}`, "postgres-0", { offsetMs }),
      async () => {
        expect(Math.abs((await aheadMs("postgres-0")) - offsetMs)).toBeLessThan(5000);
        expect(Math.abs(await aheadMs("redis-0"))).toBeLessThan(5000);
        const address = lab.endpoints.address("postgres");
        const signal = AbortSignal.timeout(30_000);
        await withPostgres(address, "postgres", signal, async (client) => {
          const startedMs = performance.now();
          await client.query("SELECT pg_sleep(1)");
          expect(performance.now() - startedMs).toBeGreaterThan(900);
          await client.query("SET statement_timeout = '500ms'");
          await expect(client.query("SELECT pg_sleep(20)")).rejects.toThrow(/statement timeout/);
        });
      },
    );
    expect(evidence).toMatch(/asked by SELECT clock_timestamp\(\), is \d+ ms (ahead of|behind) us/);
    expect(evidence).toMatch(/has a clock page mapped that says -?\d+ ms/);
    expect(after).toMatch(/all work/);
    expect(Math.abs(await aheadMs("postgres-0"))).toBeLessThan(5000);
  });
});

describe("Redis", () => {
  it("is ahead, and its cluster serves again with it", async () => {
    const facts = factsFor("redis", "redis-0", { offsetMs: 600_000 });
    const { evidence } = await lifeOf(facts, async () => {
      // It takes all others for gone at first, then hears from them and stays out for a node time-out.
      await untilWorks(() => lab.probe("redis-0", AbortSignal.timeout(10_000)));
      await untilWorks(() => lab.serving("redis", AbortSignal.timeout(10_000)));
    });
    expect(evidence).toMatch(/redis-0, asked by TIME, is \d+ ms ahead of us/);
    await untilWorks(() => lab.serving("redis", AbortSignal.timeout(10_000)));
  });

  it("runs away with a drift, and comes back", async () => {
    const facts = factsFor("drift", "redis-1", { offsetMs: 5000, driftMsPerS: 200 });
    await lifeOf(facts, async () => {
      await expect.poll(() => aheadMs("redis-1"), PATIENCE).toBeGreaterThan(6000);
    });
    expect(Math.abs(await aheadMs("redis-1"))).toBeLessThan(1000);
  });

  it("is right again when its lease has run out, with nobody there to undo it", async () => {
    const facts = factsFor("lease", "redis-2", { offsetMs: 60_000 }, 3000);
    try {
      await fault.inject(facts);
      await expect.poll(() => residueOf(state.id), PATIENCE).toEqual([]);
      expect(Math.abs(await aheadMs("redis-2"))).toBeLessThan(5000);
      expect(await fault.evidence(facts)).toBeUndefined();
    } finally {
      await fault.recover(facts);
    }
  });

  it("is still wrong after a restart, and healed from what is on disk alone", async () => {
    const facts = factsFor("heal", "redis-3", { offsetMs: 60_000 });
    {
      using log = openUndoLog(join(labDir(state.id), UNDO_FILE));
      log.intend({ id: facts.id, fault: fault.name, undo: fault.undo(facts) });
    }
    await fault.inject(facts);
    await lab.driver.act("redis-3", "kill");
    await lab.restart("redis-3", AbortSignal.timeout(60_000));
    expect(Math.abs((await aheadMs("redis-3")) - 60_000)).toBeLessThan(5000);
    expect(await heal({ json: true })).toBe(0);
    expect(await heal({ json: true })).toBe(0);
    expect(residueOf(state.id)).toEqual([]);
    expect(Math.abs(await aheadMs("redis-3"))).toBeLessThan(5000);
  });
});

/** Prints the wall clock, what was waited for in ways that count from now, and in one that is a moment. */
const JAVA = `
import java.util.concurrent.*;
import java.util.concurrent.locks.LockSupport;
public class Clock {
  public static void main(String[] args) throws Exception {
    for (;;) {
      long a = System.nanoTime();
      LockSupport.parkNanos(200_000_000L);
      long b = System.nanoTime();
      LockSupport.parkUntil(System.currentTimeMillis() + 200);
      long c = System.nanoTime();
      new CountDownLatch(1).await(200, TimeUnit.MILLISECONDS);
      long d = System.nanoTime();
      Thread.sleep(200);
      long e = System.nanoTime();
      System.out.println(System.currentTimeMillis() + " " + (b - a) / 1000000 + " " + (c - b) / 1000000 + " "
          + (d - c) / 1000000 + " " + (e - d) / 1000000);
    }
  }
}`;

it("a JVM follows with its wall clock, and parks, waits and sleeps as long as before", async (context) => {
  const java = join(artifacts["java17"] ?? "", "bin", "java");
  const modules = spawnSync(java, ["--list-modules"], { encoding: "utf8" }).stdout;
  context.skip(!modules.includes("jdk.compiler"), "this Java cannot compile");
  const { spec } = lab.driver.instance("postgres-0") ?? {};
  const library = spec?.command.env?.["LD_PRELOAD"] ?? "";
  const dir = mkdtempSync(join(tmpdir(), "lakeproof-clock-java-"));
  const page = join(dir, "page");
  writeFileSync(page, spec?.files["clock.page"] ?? "");
  writeFileSync(join(dir, "Clock.java"), JAVA);
  const env = { ...process.env, LD_PRELOAD: library, LAKEPROOF_CLOCK_PAGE: page };
  const child = spawn(java, [join(dir, "Clock.java")], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const next = async (): Promise<readonly number[]> =>
      String((await lines.next()).value)
        .split(" ")
        .map(Number);
    for (const offsetMs of [0, 3_600_000, -3_600_000, 0]) {
      writeShift(page, { offsetMs, driftMsPerS: 0 }, Date.now());
      expect(readShift(page).offsetMs).toBe(offsetMs);
      // The first may have been on its way when the clock jumped.
      await next();
      const [wallMs = 0, ...waitsMs] = await next();
      expect(Math.abs(wallMs - Date.now() - offsetMs)).toBeLessThan(10_000);
      for (const waitMs of waitsMs) expect(waitMs).toBeGreaterThanOrEqual(195);
      for (const waitMs of waitsMs) expect(waitMs).toBeLessThan(10_000);
    }
  } finally {
    child.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  }
});
