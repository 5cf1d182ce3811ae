/**
 * Faults of disks and files on a real MinIO with four drives and a real PostgreSQL on a volume of its own: MinIO reads
 * around what was lost or spoilt, byte for byte, and PostgreSQL says that its disk is full and goes on afterwards.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FAULTS, type FaultName } from "../../chaos/index.ts";
import { residueOf, takeDown } from "../../cli/heal.ts";
import { newLabState } from "../../cli/lab.ts";
import type { Fault, FaultContext } from "../../core/contracts/fault.ts";
import { defaultCacheDir } from "../../infra/artifacts/cache.ts";
import { openStore } from "../../infra/artifacts/store.ts";
import { openObjectStore, type ObjectStore } from "../../infra/clients/object-store.ts";
import { machineSupport } from "../../infra/drivers/machine/support.ts";
import type { LabState } from "../../infra/drivers/lab.ts";
import { provision, type Lab } from "../../infra/provision.ts";
import { dev } from "../../infra/topologies/index.ts";

const BUCKET = "iceberg-warehouse";
const OBJECT_COUNT = 12;
/** Larger than what MinIO keeps inside of the file that describes the object. */
const OBJECT_BYTES = 1_000_000;

const volumes = machineSupport().capabilities.includes("diskFull");
const topology = {
  ...dev,
  services: {
    minio: { ...dev.services.minio, config: { drivesPerNode: 4 } },
    postgres: { ...dev.services.postgres, ...(volumes ? { volumeMiB: 256 } : {}) },
  },
};

let logsDir = "";
let state: LabState;
let lab: Lab;
let store: ObjectStore;
const written = new Map<string, string>();

beforeAll(async () => {
  logsDir = mkdtempSync(join(tmpdir(), "lakeproof-machine-logs-"));
  const artifacts = await openStore({ cacheDir: defaultCacheDir(), log: () => undefined }).ensure(
    ["postgres", "minio"],
    AbortSignal.timeout(1_500_000),
  );
  state = newLabState({
    ...{ topology: "test", subnet: "127.77.15", isolation: "loopback", held: false, logsDir },
  });
  const signal = AbortSignal.timeout(180_000);
  lab = await provision({ topology, state, artifacts, signal, onStep: () => undefined });
  store = openObjectStore(lab.endpoints.addresses("minio")[0] ?? "", lab.secret);
  for (let at = 0; at < OBJECT_COUNT; at += 1) {
    const content = Buffer.alloc(OBJECT_BYTES, `object ${String(at)} `);
    const key = `data/day=${String(at)}/part-${String(at)}.parquet`;
    await store.put(BUCKET, key, content, signal);
    written.set(key, createHash("sha256").update(content).digest("hex"));
  }
});

afterAll(async () => {
  try {
    await takeDown(state.id);
    expect(residueOf(state.id)).toEqual([]);
  } finally {
    rmSync(logsDir, { recursive: true, force: true });
  }
});

function factsFor(id: string, name: FaultName, on: string, params: object): FaultContext<unknown> {
  const fault: Fault = FAULTS[name];
  return {
    ...{ id, params: fault.params.parse(params), instanceIds: [on], leaseMs: 240_000 },
    ...{ driver: lab.driver, endpoints: lab.endpoints, services: topology.services },
    signal: AbortSignal.timeout(240_000),
    useTarget: (target, signal) => lab.probe(target, signal),
    readObject: (_, { bucket, key }, signal) => store.sha256(bucket, key, signal),
    restart: async (target, signal) => {
      await lab.restart(target, signal);
    },
  };
}

async function allRead(): Promise<void> {
  for (const [key, sha256] of written) {
    expect(await store.sha256(BUCKET, key, AbortSignal.timeout(30_000))).toBe(sha256);
  }
}

async function lifeOf(
  name: FaultName,
  facts: FaultContext<unknown>,
  during: () => Promise<void>,
): Promise<{ readonly evidence: string; readonly after: string }> {
  const fault: Fault = FAULTS[name];
  expect(await fault.evidence(facts)).toBeUndefined();
  let evidence: string | undefined;
  try {
    await fault.inject(facts);
    evidence = await fault.evidence(facts);
    expect(evidence).toEqual(expect.any(String));
    await during();
  } finally {
    await fault.recover(facts);
    await fault.recover(facts);
  }
  const after = await fault.evidenceAfter?.(facts);
  expect(after).toEqual(expect.any(String));
  return { evidence: evidence ?? "", after: after ?? "" };
}

describe("a MinIO of four drives, two of them parity", () => {
  it.for(["object-bitrot", "object-truncate"] as const)("%s is read around", async (name) => {
    for (const file of ["part", "meta"]) {
      const facts = factsFor(`${name}-${file}`, name, "minio-0", { file, objectCount: 4 });
      const { evidence, after } = await lifeOf(name, facts, allRead);
      expect(evidence.match(/reads back byte for byte/g)).toHaveLength(4);
      expect(evidence).not.toMatch(/fails loudly/);
      expect(after.match(/reads back byte for byte/g)).toHaveLength(4);
      await allRead();
    }
  });

  it("a drive that is gone is done without, for reads and writes, and comes back", async () => {
    const facts = factsFor("drive", "drive-loss", "minio-0", { drive: 2 });
    const { evidence } = await lifeOf("drive-loss", facts, async () => {
      await allRead();
      const signal = AbortSignal.timeout(60_000);
      const content = Buffer.alloc(OBJECT_BYTES, "written with a drive gone ");
      await store.put(BUCKET, "data/late", content, signal);
      written.set("data/late", createHash("sha256").update(content).digest("hex"));
    });
    expect(evidence).toMatch(/drive2 is no directory any more; minio-0 still answers/);
    await allRead();
  });

  it("bits flipped on three of four drives are one too many: reads fail, and never lie", async () => {
    const { machine } = lab.driver;
    const dataDir = lab.driver.instance("minio-0")?.spec.dataDir ?? "";
    // All at once: MinIO heals what it reads, and would mend the first before the last is spoilt.
    const paths = [1, 2, 3]
      .flatMap((drive) => machine?.shardFiles(join(dataDir, `drive${String(drive)}`)) ?? [])
      .filter(({ path }) => path.endsWith("part.1"))
      .map(({ path }) => path);
    expect(paths.length).toBeGreaterThanOrEqual(3 * OBJECT_COUNT);
    const damage = { kind: "flip-bit", paths } as const;
    try {
      await machine?.inflict({ tag: "many", instanceIds: ["minio-0"], damage, leaseMs: 240_000 });
      const answers = await Promise.allSettled(
        [...written].map(async ([key, sha256]) => ({
          sha256,
          read: await store.sha256(BUCKET, key, AbortSignal.timeout(30_000)),
        })),
      );
      for (const answer of answers) {
        if (answer.status === "fulfilled") expect(answer.value.read).toBe(answer.value.sha256);
      }
      expect(answers.some(({ status }) => status === "rejected")).toBe(true);
    } finally {
      await machine?.repair("many");
    }
    await allRead();
  });
});

describe("PostgreSQL", () => {
  it("disk-full: says so, and writes again afterwards", async (context) => {
    context.skip(!volumes, machineSupport().notes["diskFull"]);
    const facts = factsFor("full", "disk-full", "postgres-0", {});
    const { evidence } = await lifeOf("disk-full", facts, () => Promise.resolve());
    expect(evidence).toMatch(/answered ENOSPC/);
    await lab.probe("postgres-0", AbortSignal.timeout(30_000));
  });

  it("disk-read-only: cannot write, and comes back with its data", async (context) => {
    const { capabilities, notes } = machineSupport();
    context.skip(!capabilities.includes("diskReadOnly"), notes["diskReadOnly"]);
    const facts = factsFor("ro", "disk-read-only", "postgres-0", {});
    const { evidence } = await lifeOf("disk-read-only", facts, () => Promise.resolve());
    expect(evidence).toMatch(/answered EPERM.*using postgres-0 fails/);
    await lab.probe("postgres-0", AbortSignal.timeout(30_000));
  });
});
