/**
 * Damage to disks, files and control groups of the instances of a lab on this machine. Nothing outside of the
 * instances' own directories and of control groups with the lab's name is ever touched.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statfsSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import type { Instance } from "../../../core/contracts/component.ts";
import type { Damage, DamageOrder, Machine } from "../../../core/contracts/machine.ts";
import type { Capability } from "../../../core/contracts/values.ts";
import { LakeproofError, reasonOf } from "../../../core/errors.ts";
import { host } from "../../../core/host.ts";
import { OWNER_VARIABLE, ownerMark } from "../lab.ts";
import { writeShift } from "../../clock/page.ts";
import { isAlive, processFacts, signalProcess } from "../processes.ts";
import { enterGroup, groupDir, placeOf, type Controller, type Limits } from "./control-groups.ts";
import { forgetRecord, readRecord, recordDir, writeRecord, writeSynced } from "./records.ts";
import { shardFilesOf } from "./shards.ts";
import { signOf } from "./signs.ts";
import {
  changedBytes,
  changeFile,
  moveAway,
  run,
  sha256Of,
  takeBack,
  type Change,
  type Step,
} from "./steps.ts";
import { machineSupport } from "./support.ts";
import { volumeAt } from "./volume.ts";

const FILLER = ".lakeproof-filler";
const KIB = 1024;
const MIB = 1024 * KIB;

export interface LabOnMachine {
  readonly labId: string;
  instance(instanceId: string): Instance | undefined;
  /** Every process of the instance. */
  pids(instanceId: string): readonly number[];
}

const NEEDS: Readonly<Record<Damage["kind"], Capability>> = {
  fill: "diskFull",
  "read-only": "diskReadOnly",
  "slow-disk": "diskSlow",
  "lose-drives": "diskFiles",
  "flip-bit": "diskFiles",
  "cut-off": "diskFiles",
  "limit-cpu": "cpuLimit",
  "limit-memory": "memoryLimit",
  "shift-clock": "clockShift",
};

export function openMachine(lab: LabOnMachine): Machine {
  return {
    mechanismOf: (kind) => machineSupport().notes[NEEDS[kind]] ?? "",
    inflict: async (order) => {
      await Promise.resolve();
      inflict(lab, order);
    },
    repair: (tag) => Promise.resolve().then(() => repairDamage(lab.labId, tag)),
    isInflicted: (tag) => readRecord(lab.labId, tag) !== undefined,
    signs: async (tag) => {
      const record = readRecord(lab.labId, tag);
      if (record === undefined) return undefined;
      const signs = await Promise.all(record.steps.map((step) => signOf(step)));
      const felt = signs.filter((sign) => sign !== undefined);
      return felt.length < signs.length || felt.length === 0 ? undefined : felt;
    },
    shardFiles: (drivePath) => shardFilesOf(drivePath),
  };
}

function inflict(lab: LabOnMachine, order: DamageOrder): void {
  const { damage, tag, instanceIds } = order;
  const capability = NEEDS[damage.kind];
  if (!machineSupport().capabilities.includes(capability)) {
    throw failure(`${damage.kind} is ${machineSupport().notes[capability] ?? "not possible"}`);
  }
  mkdirSync(recordDir(lab.labId, tag), { recursive: true });
  const steps = instanceIds.flatMap((id) => stepsFor(lab, order, instanceOf(lab, id)));
  if (steps.length === 0) throw failure(`${damage.kind} finds nothing to damage`);
  writeRecord(lab.labId, { tag, instanceIds, steps });
  const guardian = startGuardian(lab.labId, order);
  if (guardian !== undefined) writeRecord(lab.labId, { tag, instanceIds, steps, guardian });
  for (const step of steps) take(lab, instanceIds, step);
}

function failure(what: string): LakeproofError {
  return new LakeproofError("FAULT_FAILED", `${what}.`, {
    hint: "`lakeproof plan` says what this machine can do.",
  });
}

function instanceOf(lab: LabOnMachine, id: string): Instance {
  const instance = lab.instance(id);
  if (instance !== undefined) return instance;
  throw failure(`There is no instance ${id} on this machine`);
}

/**
 * Idempotent; also what `heal` and the guardian call. A step that cannot be taken back keeps no other from it; the
 * record stays until all of them are.
 */
export function repairDamage(labId: string, tag: string): readonly string[] {
  const record = readRecord(labId, tag);
  const found: string[] = [];
  const failed: string[] = [];
  for (const step of [...(record?.steps ?? [])].reverse()) {
    try {
      found.push(...[takeBack(step) ?? []].flat());
    } catch (error) {
      failed.push(reasonOf(error));
    }
  }
  if (failed.length > 0) throw failure(`${tag} is not repaired: ${failed.join("; ")}`);
  const { guardian } = record ?? {};
  forgetRecord(labId, tag);
  if (guardian !== undefined && guardian.pid !== host.pid) {
    if (isAlive(guardian.pid, guardian.startTicks)) signalProcess(guardian.pid, "SIGTERM");
  }
  return found;
}

/** Sleeps for the lease, then repairs what is still there: not even a harness that hangs makes a fault last longer. */
function startGuardian(
  labId: string,
  { tag, leaseMs }: DamageOrder,
): { readonly pid: number; readonly startTicks: string } | undefined {
  const argv = [host.launcherPath, "repair", labId, tag, String(Math.ceil(leaseMs))];
  // Found by its marks, should we be killed before its pid is on disk.
  const env = { ...host.env, LAKEPROOF_LAB: labId, [OWNER_VARIABLE]: ownerMark() };
  const child = spawn(host.nodePath, argv, { stdio: "ignore", detached: true, env });
  child.on("error", () => undefined);
  child.unref();
  if (child.pid === undefined) return undefined;
  return { pid: child.pid, startTicks: processFacts(child.pid)?.startTicks ?? "0" };
}

/** Looks, and keeps copies, but changes nothing yet. */
function stepsFor(lab: LabOnMachine, order: DamageOrder, instance: Instance): readonly Step[] {
  const { damage, tag } = order;
  const { dataDir, id, clockPage } = instance.spec;
  switch (damage.kind) {
    case "fill":
      if (!volumeAt(dataDir)) throw failure(`${id} has no volume of its own that could be full`);
      return [{ kind: "filler", path: join(dataDir, FILLER), leaveKBytes: damage.leaveKBytes }];
    case "read-only":
      return [{ kind: "immutable", dir: dataDir }];
    case "lose-drives":
      return damage.paths
        .filter((path) => isBelow(dataDir, path))
        .map((path) => ({ kind: "moved", path, aside: `${path}.lost-${tag}` }));
    case "flip-bit":
    case "cut-off":
      return damage.paths
        .filter((path) => isBelow(dataDir, path))
        .map((path) => changeOf(lab.labId, tag, path, damage));
    case "slow-disk": {
      const rate = String(damage.rateKBytesPerS * KIB);
      return groupStep(lab, tag, instance, "io", ioLimits(dataDir, rate));
    }
    case "limit-cpu": {
      const quotaUs = String(Math.max(1000, Math.round(damage.coreRatio * 100_000)));
      return groupStep(lab, tag, instance, "cpu", {
        1: { "cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": quotaUs },
        2: { "cpu.max": `${quotaUs} 100000` },
      });
    }
    case "limit-memory": {
      const bytes = String(damage.headroomMiB * MIB);
      return groupStep(lab, tag, instance, "memory", {
        1: { "memory.limit_in_bytes": bytes },
        2: { "memory.max": bytes },
      });
    }
    case "shift-clock": {
      if (clockPage === undefined) throw failure(`${id} has no clock of its own to be shifted`);
      const { offsetMs, driftMsPerS } = damage;
      return [{ kind: "clock", page: clockPage, offsetMs, driftMsPerS, pid: instance.pid }];
    }
  }
}

function isBelow(directory: string, path: string): boolean {
  return path.startsWith(`${directory}${sep}`);
}

function ioLimits(dataDir: string, rate: string): Readonly<Record<1 | 2, Limits>> {
  const device = diskOf(dataDir);
  return {
    1: {
      "blkio.throttle.read_bps_device": `${device} ${rate}`,
      "blkio.throttle.write_bps_device": `${device} ${rate}`,
    },
    2: { "io.max": `${device} rbps=${rate} wbps=${rate}` },
  };
}

/** "8:0": limits are kept for whole disks, and a partition's number is not known to them. */
function diskOf(dataDir: string): string {
  const { dev } = statSync(dataDir);
  const number = `${String(Math.floor(dev / 256))}:${String(dev % 256)}`;
  const node = `/sys/dev/block/${number}`;
  if (!existsSync(node)) throw failure(`${dataDir} is not on a disk whose rate can be limited`);
  if (!existsSync(join(node, "partition"))) return number;
  return readFileSync(join(node, "..", "dev"), "utf8").trim();
}

function groupStep(
  lab: LabOnMachine,
  tag: string,
  { pid, spec }: Instance,
  controller: Controller,
  limits: Readonly<Record<1 | 2, Limits>>,
): readonly Step[] {
  const place = placeOf(pid, controller);
  if (place === undefined) throw failure(`${spec.id} is in no control group for ${controller}`);
  const dir = groupDir(place, lab.labId, `${tag}-${spec.id}`);
  return [{ kind: "group", dir, limits: limits[place.version], trialDir: spec.dataDir }];
}

function changeOf(
  labId: string,
  tag: string,
  path: string,
  damage: Extract<Damage, { readonly kind: "flip-bit" | "cut-off" }>,
): Step {
  const before = readFileSync(path);
  const change: Change =
    damage.kind === "flip-bit"
      ? { how: "flip-bit", at: Math.floor(before.length / 2) }
      : { how: "cut-off", byteCount: Math.floor(before.length * damage.keepRatio) };
  const copy = join(recordDir(labId, tag), `${sha256Of(Buffer.from(path)).slice(0, 16)}.copy`);
  writeSynced(copy, before);
  return {
    kind: "changed",
    path,
    copy,
    changedSha256: sha256Of(changedBytes(before, change)),
    change,
  };
}

function take(lab: LabOnMachine, instanceIds: readonly string[], step: Step): void {
  switch (step.kind) {
    case "filler": {
      const { bavail, bsize } = statfsSync(join(step.path, ".."));
      const byteCount = bavail * bsize - step.leaveKBytes * KIB;
      if (byteCount > 0) fillWith(step.path, byteCount);
      return;
    }
    case "immutable":
      // Should we be killed meanwhile, it must not go on behind whoever takes it back.
      run(["setpriv", "--pdeathsig", "KILL", "chattr", "-R", "-f", "+i", step.dir], step.dir);
      return;
    case "moved":
      moveAway(step.path, step.aside);
      return;
    case "changed":
      // Its owner may have written it anew since it was looked at: then it is not the file that can be restored.
      if (!readFileSync(step.path).equals(readFileSync(step.copy))) {
        throw failure(`${step.path} was written anew just now`);
      }
      changeFile(step.path, step.change);
      return;
    case "clock":
      writeShift(step.page, step, host.epochMs());
      return;
    case "group": {
      const owner = instanceIds.find((id) => step.dir.endsWith(`-${id}`)) ?? "";
      enterGroup(step.dir, step.limits, lab.pids(owner));
      return;
    }
  }
}

/** The file system's own needs grow with the file: a little less is tried until it fits. */
function fillWith(path: string, byteCount: number): void {
  for (const shareMissing of [0, 0.002, 0.01, 0.03]) {
    try {
      const size = String(Math.floor(byteCount * (1 - shareMissing)));
      run(["fallocate", "--length", size, path], path);
      break;
    } catch (error) {
      if (shareMissing === 0.03) throw error;
    }
  }
}
