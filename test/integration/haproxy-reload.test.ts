/** A real HAProxy before a real MinIO, reloaded under requests: nobody is refused, and the old worker ends. */
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
import { openObjectStore } from "../../infra/clients/object-store.ts";
import type { LabState } from "../../infra/drivers/lab.ts";
import { provision, type Lab } from "../../infra/provision.ts";
import { dev } from "../../infra/topologies/index.ts";

const services: Readonly<Record<string, ServiceSpec>> = {
  minio: { ...dev.services.minio, entry: "minio-endpoint" },
  "minio-endpoint": {
    ...{ component: "haproxy-minio", zone: "storage", replicaCount: 1, memoryMiB: 24 },
    dependsOn: ["minio"],
  },
};
const topology = { ...dev, services };
const TARGET = "minio-endpoint-0";

let logsDir = "";
let state: LabState;
let lab: Lab;

beforeAll(async () => {
  logsDir = mkdtempSync(join(tmpdir(), "lakeproof-reload-logs-"));
  const store = openStore({ cacheDir: defaultCacheDir(), log: () => undefined });
  const artifacts = await store.ensure(["minio", "haproxy"], AbortSignal.timeout(1_500_000));
  state = newLabState({
    ...{ topology: "test", subnet: "127.77.17", isolation: "loopback", held: false, logsDir },
  });
  const signal = AbortSignal.timeout(120_000);
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

it("hands its listeners to the next worker and keeps its own identity", async () => {
  const fault: Fault = FAULTS["haproxy-reload"];
  const signal = AbortSignal.timeout(180_000);
  const facts: FaultContext<unknown> = {
    ...{ id: "f1", params: fault.params.parse({}), instanceIds: [TARGET], leaseMs: 180_000 },
    ...{ driver: lab.driver, endpoints: lab.endpoints, services, signal },
    useTarget: (id, stop) => lab.probe(id, stop),
    restart: async (id, stop) => {
      await lab.restart(id, stop);
    },
  };
  const before = lab.driver.instance(TARGET);
  const pidsBefore = lab.driver.processIds(TARGET);
  const store = openObjectStore(lab.endpoints.address("minio"), lab.secret);
  const done = new AbortController();
  let roundTripCount = 0;
  const using = (async () => {
    while (!done.signal.aborted) {
      await store.roundTrip("probe", `during-${String(roundTripCount)}`, signal);
      roundTripCount += 1;
    }
  })();
  expect(await fault.evidence(facts)).toBeUndefined();
  try {
    await fault.inject(facts);
    expect(await fault.evidence(facts)).toMatch(
      /worker \d+ of minio-endpoint-0 ended .* took over; all \d+ connections opened meanwhile were answered/,
    );
  } finally {
    done.abort();
    await fault.recover(facts);
    await fault.recover(facts);
  }
  await using;
  expect(roundTripCount).toBeGreaterThan(0);
  expect(await fault.evidenceAfter?.(facts)).toBe(`${TARGET} answers`);
  const after = lab.driver.instance(TARGET);
  expect([after?.pid, after?.startTicks]).toEqual([before?.pid, before?.startTicks]);
  const pidsAfter = lab.driver.processIds(TARGET);
  expect(pidsAfter.filter((pid) => pidsBefore.includes(pid))).toEqual([before?.pid]);
});

it("ends with all its workers when it is killed, and comes back", async () => {
  const fault: Fault = FAULTS["process-kill"];
  const signal = AbortSignal.timeout(60_000);
  const facts: FaultContext<unknown> = {
    ...{ id: "f2", params: {}, instanceIds: [TARGET], leaseMs: 60_000 },
    ...{ driver: lab.driver, endpoints: lab.endpoints, services, signal },
    useTarget: (id, stop) => lab.probe(id, stop),
    restart: async (id, stop) => {
      await lab.restart(id, stop);
    },
  };
  await fault.inject(facts);
  expect(lab.driver.processIds(TARGET)).toEqual([]);
  await fault.recover(facts);
  expect(await fault.evidenceAfter?.(facts)).toMatch(/was replaced by/);
});
