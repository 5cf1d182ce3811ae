/** Real PostgreSQL, MinIO and Toxiproxy under the local driver: started, killed, paused, slowed, taken down. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FAULTS } from "../../chaos/index.ts";
import type { Fault, FaultContext } from "../../core/contracts/fault.ts";
import { LakeproofError } from "../../core/errors.ts";
import { residueOf, takeDown } from "../../cli/heal.ts";
import { newLabState } from "../../cli/lab.ts";
import { defaultCacheDir } from "../../infra/artifacts/cache.ts";
import { openStore } from "../../infra/artifacts/store.ts";
import type { LabState } from "../../infra/drivers/lab.ts";
import { provision, type Lab } from "../../infra/provision.ts";
import { dev } from "../../infra/topologies/index.ts";

const { postgres, minio } = dev.services;
const topology = {
  ...dev,
  services: { postgres, minio, "pg-link": dev.services["pg-link"] },
};

/** Removed with everything in it once all tests are over. */
const made: string[] = [];

function newDir(name: string): string {
  const dir = mkdtempSync(join(tmpdir(), `lakeproof-${name}-`));
  made.push(dir);
  return dir;
}

let state: LabState;
let lab: Lab;
let artifacts: Readonly<Record<string, string>>;

beforeAll(async () => {
  const store = openStore({ cacheDir: defaultCacheDir(), log: () => undefined });
  artifacts = await store.ensure(
    ["postgres", "minio", "toxiproxy"],
    AbortSignal.timeout(1_500_000),
  );
  state = newLabState({
    topology: "test",
    subnet: "127.77.8",
    isolation: "loopback",
    held: false,
    logsDir: newDir("logs"),
  });
  lab = await provision({
    topology,
    state,
    artifacts,
    signal: AbortSignal.timeout(120_000),
    onStep: () => undefined,
  });
});

afterAll(async () => {
  try {
    await takeDown(state.id);
    expect(residueOf(state.id)).toEqual([]);
  } finally {
    for (const dir of made) rmSync(dir, { recursive: true, force: true });
  }
});

function context(instanceId: string, params: unknown): FaultContext<unknown> {
  return {
    id: "f1",
    params,
    instanceIds: [instanceId],
    driver: lab.driver,
    endpoints: lab.endpoints,
    services: topology.services,
    leaseMs: 60_000,
    signal: AbortSignal.timeout(60_000),
    useTarget: (id, signal) => lab.probe(id, signal),
    restart: async (id, signal) => {
      await lab.restart(id, signal);
    },
  };
}

async function lifeOf(fault: Fault, facts: FaultContext<unknown>): Promise<void> {
  expect(await fault.evidence(facts)).toBeUndefined();
  await fault.inject(facts);
  try {
    expect(await fault.evidence(facts)).toEqual(expect.any(String));
  } finally {
    await fault.recover(facts);
    await fault.recover(facts);
  }
  expect(await fault.evidenceAfter?.(facts)).toEqual(expect.any(String));
  await lab.probe(facts.instanceIds[0] ?? "", AbortSignal.timeout(10_000));
}

describe("faults on real components", () => {
  it("kills PostgreSQL with every backend and starts it again on its data", async () => {
    const before = lab.driver.instance("postgres-0");
    const facts = context("postgres-0", {});
    const fault: Fault = FAULTS["process-kill"];
    await fault.inject(facts);
    expect(lab.driver.processStates("postgres-0")).toEqual([]);
    expect(await fault.evidence(facts)).toMatch(/is gone and using it fails/);
    await fault.recover(facts);
    expect(await fault.evidenceAfter?.(facts)).toMatch(/was replaced by/);
    expect(lab.driver.instance("postgres-0")?.startTicks).not.toBe(before?.startTicks);
  });

  it("pauses MinIO and resumes it", async () => {
    await lifeOf(FAULTS["process-pause"], context("minio-0", {}));
  });

  it("slows the link to PostgreSQL down", async () => {
    await lifeOf(FAULTS["link-latency"], context("pg-link-0", { latencyMs: 200, jitterMs: 0 }));
  });
});

describe("the driver", () => {
  it("refuses a second lab on the same addresses", () => {
    const same = {
      topology: "test",
      subnet: "127.77.8",
      isolation: "loopback",
      held: false,
    } as const;
    expect(() => newLabState(same)).toThrow(/127\.77\.8\.x is taken by lab/);
  });

  it("shows the log of an instance that dies while starting", async () => {
    const spec = lab.specs.find(({ id }) => id === "postgres-0");
    if (spec === undefined) throw new Error("no postgres-0");
    const broken = {
      ...spec,
      id: "broken-0",
      prepare: [],
      dataDir: newDir("broken"),
    };
    const started = lab.driver.start(broken, () => Promise.resolve(), AbortSignal.timeout(10_000));
    // Ready at once by its probe, so the death must be seen by the next one.
    await started.catch(() => undefined);
    const failing = lab.driver.start(
      { ...broken, command: { argv: ["sh", "-c", "echo the reason; exit 3"] } },
      () => Promise.reject(new LakeproofError("CLIENT_FAILED", "not yet", { hint: "-" })),
      AbortSignal.timeout(10_000),
    );
    await expect(failing).rejects.toThrow(/died while starting[\s\S]*the reason/);
  });
});
