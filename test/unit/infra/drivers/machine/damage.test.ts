/** Damage to real files and directories: felt while it lasts, taken back from its record alone, as often as one likes. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Instance } from "../../../../../core/contracts/component.ts";
import type { Damage, Machine } from "../../../../../core/contracts/machine.ts";
import { labDir } from "../../../../../infra/drivers/lab.ts";
import { openMachine, repairDamage } from "../../../../../infra/drivers/machine/local-machine.ts";
import { tagsRecorded } from "../../../../../infra/drivers/machine/records.ts";
import { machineSupport } from "../../../../../infra/drivers/machine/support.ts";

const LAB = "dev-test";
let stateDir = "";
let dataDir = "";
let machine: Machine;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "lakeproof-damage-"));
  vi.stubEnv("LAKEPROOF_STATE_DIR", stateDir);
  dataDir = join(labDir(LAB), "data", "minio-0");
  mkdirSync(join(dataDir, "drive1", "bucket", "a=1", "object", "uuid"), { recursive: true });
  writeFileSync(part(), Buffer.from(Array.from({ length: 1001 }, (_, at) => at % 251)));
  writeFileSync(join(dataDir, "drive1", "bucket", "a=1", "object", "xl.meta"), "meta");
  const spec: Instance["spec"] = {
    ...{ id: "minio-0", service: "minio", component: "minio", ordinal: 0 },
    ...{ host: "127.0.0.1", ports: {}, command: { argv: [] }, prepare: [], files: {} },
    ...{ dataDir, readyMsMax: 1, zone: "storage" },
  };
  const instance: Instance = {
    ...{ spec, pid: process.pid, startTicks: "0", startedAtEpochMs: 0, readyMs: 0, logPath: "" },
  };
  machine = openMachine({
    labId: LAB,
    instance: (id) => (id === "minio-0" ? instance : undefined),
    pids: () => [],
  });
});

afterEach(() => {
  for (const tag of tagsRecorded(LAB)) repairDamage(LAB, tag);
  vi.unstubAllEnvs();
  rmSync(stateDir, { recursive: true, force: true });
});

const part = (): string => join(dataDir, "drive1", "bucket", "a=1", "object", "uuid", "part.1");

const inflict = (damage: Damage): Promise<void> =>
  machine.inflict({ tag: "f1", instanceIds: ["minio-0"], damage, leaseMs: 60_000 });

/** Number of bits in which two equally long buffers differ. */
function differingBits(a: Buffer, b: Buffer): number {
  let count = 0;
  for (const [at, byte] of a.entries()) {
    for (let rest = byte ^ (b[at] ?? 0); rest > 0; rest >>= 1) count += rest & 1;
  }
  return count;
}

describe("a flipped bit", () => {
  it("is one bit, is felt, and is flipped back once", async () => {
    const before = readFileSync(part());
    expect(await machine.signs("f1")).toBeUndefined();
    await inflict({ kind: "flip-bit", paths: [part()] });
    const after = readFileSync(part());
    expect(after.length).toBe(before.length);
    expect(differingBits(before, after)).toBe(1);
    expect(await machine.signs("f1")).toEqual([expect.stringMatching(/flipped in .*part\.1$/)]);
    expect(await machine.repair("f1")).toEqual([]);
    expect(readFileSync(part())).toEqual(before);
    expect(await machine.repair("f1")).toEqual([]);
    expect(readFileSync(part())).toEqual(before);
    expect(tagsRecorded(LAB)).toEqual([]);
  });

  it("is left alone when the owner has healed or replaced the file", async () => {
    const before = readFileSync(part());
    await inflict({ kind: "flip-bit", paths: [part()] });
    writeFileSync(part(), before);
    expect(await machine.signs("f1")).toEqual([expect.stringMatching(/healed since/)]);
    expect(await machine.repair("f1")).toEqual([expect.stringMatching(/had been healed/)]);
    await inflict({ kind: "flip-bit", paths: [part()] });
    writeFileSync(part(), "something new");
    expect(await machine.signs("f1")).toEqual([expect.stringMatching(/written anew since/)]);
    expect(await machine.repair("f1")).toEqual([expect.stringMatching(/written anew/)]);
    expect(readFileSync(part(), "utf8")).toBe("something new");
  });

  it("of a file outside of the instance's directory is refused", async () => {
    const stranger = join(stateDir, "stranger");
    writeFileSync(stranger, "x");
    await expect(inflict({ kind: "flip-bit", paths: [stranger] })).rejects.toThrow(/nothing to/);
    expect(readFileSync(stranger, "utf8")).toBe("x");
  });
});

it("a cut-off file gets its end back", async () => {
  const before = readFileSync(part());
  await inflict({ kind: "cut-off", paths: [part()], keepRatio: 0.25 });
  expect(readFileSync(part())).toEqual(before.subarray(0, 250));
  expect(await machine.signs("f1")).toEqual([expect.stringMatching(/cut off after 250 of 1001/)]);
  await machine.repair("f1");
  expect(readFileSync(part())).toEqual(before);
});

it("a lost drive comes back whole, and its owner cannot make another one meanwhile", async () => {
  const drive = join(dataDir, "drive1");
  await inflict({ kind: "lose-drives", paths: [drive] });
  expect(() => mkdirSync(join(drive, "new"), { recursive: true })).toThrow(/ENOTDIR|EEXIST/);
  expect(await machine.signs("f1")).toEqual([expect.stringMatching(/no directory any more/)]);
  await machine.repair("f1");
  expect(existsSync(part())).toBe(true);
  expect(readdirSync(dataDir)).toEqual(["drive1"]);
  await machine.repair("f1");
  expect(existsSync(part())).toBe(true);
});

it("a step that cannot be taken back keeps no other from it, and is not forgotten", async () => {
  const drive = join(dataDir, "drive1");
  mkdirSync(join(dataDir, "drive2"));
  await inflict({ kind: "lose-drives", paths: [drive, join(dataDir, "drive2")] });
  // Somebody puts a drive of their own in place of the second, which is brought back first.
  rmSync(join(dataDir, "drive2"));
  mkdirSync(join(dataDir, "drive2"));
  await expect(machine.repair("f1")).rejects.toThrow(/drive2 is there again, beside/);
  expect(existsSync(part())).toBe(true);
  expect(tagsRecorded(LAB)).toEqual(["f1"]);
  rmSync(join(dataDir, "drive2"), { recursive: true });
  await machine.repair("f1");
  expect(readdirSync(dataDir).sort()).toEqual(["drive1", "drive2"]);
  expect(tagsRecorded(LAB)).toEqual([]);
});

it("every step that was only written down, and never taken, is taken back to nothing", async () => {
  const before = readFileSync(part());
  await inflict({ kind: "flip-bit", paths: [part()] });
  // As if the harness had died between the record and the change.
  writeFileSync(part(), before);
  expect(repairDamage(LAB, "f1")).toHaveLength(1);
  expect(readFileSync(part())).toEqual(before);
});

it("a read-only disk refuses writes, and is written again afterwards", async (context) => {
  const { capabilities, notes } = machineSupport();
  context.skip(!capabilities.includes("diskReadOnly"), notes["diskReadOnly"]);
  await inflict({ kind: "read-only" });
  expect(await machine.signs("f1")).toEqual([expect.stringMatching(/answered EPERM/)]);
  expect(() => {
    writeFileSync(part(), "x");
  }).toThrow(/EPERM/);
  await machine.repair("f1");
  await machine.repair("f1");
  writeFileSync(part(), "x");
  expect(readFileSync(part(), "utf8")).toBe("x");
});

it("a disk that is the machine's is never filled", async (context) => {
  const { capabilities, notes } = machineSupport();
  context.skip(!capabilities.includes("diskFull"), notes["diskFull"]);
  await expect(inflict({ kind: "fill", leaveKBytes: 0 })).rejects.toThrow(/no volume of its own/);
  expect(readdirSync(dataDir)).toEqual(["drive1"]);
});

it("finds the pieces of objects, and nothing of the store's own", () => {
  mkdirSync(join(dataDir, "drive1", ".minio.sys"), { recursive: true });
  writeFileSync(join(dataDir, "drive1", ".minio.sys", "xl.meta"), "x");
  writeFileSync(join(dataDir, "drive1", "bucket", "stray"), "x");
  const found = machine.shardFiles(join(dataDir, "drive1"));
  expect(found.map(({ bucket, key, byteCount }) => ({ bucket, key, byteCount }))).toEqual([
    { bucket: "bucket", key: "a=1/object", byteCount: 1001 },
    { bucket: "bucket", key: "a=1/object", byteCount: 4 },
  ]);
});
