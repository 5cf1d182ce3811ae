/** A real Trino with two workers: one is told to leave, ends by itself, and no query fails because of it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { FAULTS } from "../../chaos/index.ts";
import { residueOf, takeDown } from "../../cli/heal.ts";
import { newLabState } from "../../cli/lab.ts";
import type { Fault, FaultContext } from "../../core/contracts/fault.ts";
import type { ServiceSpec } from "../../core/contracts/topology.ts";
import { defaultCacheDir } from "../../infra/artifacts/cache.ts";
import { openStore } from "../../infra/artifacts/store.ts";
import { openTrino } from "../../infra/clients/trino.ts";
import type { LabState } from "../../infra/drivers/lab.ts";
import { provision, type Lab } from "../../infra/provision.ts";
import { dev } from "../../infra/topologies/index.ts";

const { postgres, minio, trino } = dev.services;
const worker: ServiceSpec = {
  component: "trino-worker",
  zone: "processing",
  replicaCount: 2,
  memoryMiB: 560,
  dependsOn: ["trino", "postgres", "minio"],
};
const topology = {
  ...dev,
  services: { postgres, minio, trino, "trino-worker": worker } satisfies Record<
    string,
    ServiceSpec
  >,
};

let logsDir = "";
let state: LabState;
let lab: Lab;

beforeAll(async () => {
  logsDir = mkdtempSync(join(tmpdir(), "lakeproof-drain-logs-"));
  const store = openStore({ cacheDir: defaultCacheDir(), log: () => undefined });
  const signal = AbortSignal.timeout(1_500_000);
  const artifacts = await store.ensure(["postgres", "minio", "trino", "java25"], signal);
  state = newLabState({
    ...{ topology: "test", subnet: "127.77.16", isolation: "loopback", held: false, logsDir },
  });
  lab = await provision({ topology, state, artifacts, signal, onStep: () => undefined });
});

afterAll(async () => {
  try {
    await takeDown(state.id);
    expect(residueOf(state.id)).toEqual([]);
  } finally {
    rmSync(logsDir, { recursive: true, force: true });
  }
});

it("drains a worker under queries and takes it back", async () => {
  const fault: Fault = FAULTS["trino-drain"];
  const coordinator = openTrino(lab.endpoints.address("trino"), "lakeproof-probe");
  const facts: FaultContext<unknown> = {
    ...{ id: "f1", params: fault.params.parse({}), instanceIds: ["trino-worker-1"] },
    ...{ driver: lab.driver, endpoints: lab.endpoints, services: topology.services },
    leaseMs: 240_000,
    signal: AbortSignal.timeout(400_000),
    useTarget: (id, signal) => lab.probe(id, signal),
    query: (sql, signal) => coordinator.query(sql, signal),
    restart: async (id, signal) => {
      await lab.restart(id, signal);
    },
  };
  expect(await fault.evidence(facts)).toBeUndefined();
  try {
    await fault.inject(facts);
    expect(await fault.evidence(facts)).toBe("trino-worker-1 says SHUTTING_DOWN");
  } finally {
    await fault.recover(facts);
    await fault.recover(facts);
  }
  const after = await fault.evidenceAfter?.(facts);
  expect(after).toMatch(/trino-worker-1 ended by itself after \d+\.\d s/);
  expect(after).toMatch(/\d+ queries ended meanwhile, none failed because of it/);
  expect(after).toMatch(/process \d+ of trino-worker-1 was replaced by \d+/);
});
