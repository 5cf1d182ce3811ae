/**
 * A control group of our own below the one an instance is in: its processes move into it, and back. Works with
 * the hierarchies of version 1 and with version 2 where the controller was handed down to us.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { LakeproofError, reasonOf } from "../../../core/errors.ts";

export type Controller = "cpu" | "memory" | "io";

/** Version 1 calls the disk's controller blkio. */
const V1_NAMES: Readonly<Record<Controller, string>> = {
  cpu: "cpu",
  memory: "memory",
  io: "blkio",
};
const ROOT = "/sys/fs/cgroup";
const GROUP_PREFIX = "lakeproof-";
const EMPTY_TRIES_MAX = 20;

export interface GroupPlace {
  readonly version: 1 | 2;
  /** Directory of the group that the process is in. */
  readonly dir: string;
}

/** Where a process is for a controller. Undefined where there is no such hierarchy. */
export function placeOf(pid: number | "self", controller: Controller): GroupPlace | undefined {
  const lines = readFileSync(`/proc/${String(pid)}/cgroup`, "utf8")
    .trimEnd()
    .split("\n");
  for (const line of lines) {
    const [, names = "", path = "/"] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (!names.split(",").includes(V1_NAMES[controller])) continue;
    const dir = join(ROOT, V1_NAMES[controller], path);
    if (existsSync(dir)) return { version: 1, dir };
  }
  const path = lines.find((line) => line.startsWith("0::"))?.slice(3);
  if (path === undefined || !existsSync(join(ROOT, "cgroup.controllers"))) return undefined;
  return { version: 2, dir: join(ROOT, path) };
}

/** One limit as file name below the group → what is written there. */
export type Limits = Readonly<Record<string, string>>;

/** Path of the group that a damage gets: known before it is made, so that the way back can be written first. */
export function groupDir(place: GroupPlace, labId: string, tag: string): string {
  return join(place.dir, `${GROUP_PREFIX}${labId}-${tag}`);
}

/** Makes the group, sets its limits, then moves the processes in. */
export function enterGroup(dir: string, limits: Limits, pids: readonly number[]): void {
  try {
    if (!existsSync(dir)) mkdirSync(dir);
    for (const [file, text] of Object.entries(limits)) writeFileSync(join(dir, file), text);
    for (const pid of pids) move(dir, pid);
  } catch (error) {
    throw new LakeproofError("FAULT_FAILED", `${basename(dir)}: ${reasonOf(error)}.`, {
      hint: "The control groups of this machine do not take it; `lakeproof plan` says which do.",
      cause: error,
    });
  }
}

const UNLIMITED: Readonly<Record<string, string>> = {
  "cpu.cfs_quota_us": "-1",
  "cpu.max": "max 100000",
  "memory.limit_in_bytes": "-1",
  "memory.max": "max",
};

/** Everything in it goes back to where it came from. Idempotent; only ever a group with our own name. */
export function leaveGroup(dir: string, limits: Limits = {}): void {
  if (!basename(dir).startsWith(GROUP_PREFIX) || !existsSync(dir)) return;
  // First: who waits for a limit would wait on, wherever it is moved to.
  for (const [file, text] of Object.entries(limits)) {
    const [device = ""] = text.split(" ");
    const disk = file === "io.max" ? `${device} rbps=max wbps=max` : `${device} 0`;
    const lifted = UNLIMITED[file] ?? (/^(io|blkio)\./.test(file) ? disk : undefined);
    if (lifted !== undefined) writeFileSync(join(dir, file), lifted);
  }
  for (let attempt = 0; attempt < EMPTY_TRIES_MAX; attempt += 1) {
    const pids = pidsIn(dir);
    if (pids.length === 0) break;
    for (const pid of pids) move(dirname(dir), pid);
  }
  rmdirSync(dir);
}

function move(dir: string, pid: number): void {
  try {
    writeFileSync(join(dir, "cgroup.procs"), String(pid));
  } catch (error) {
    // It may have ended in between; one that is still there must be in the group.
    if (existsSync(`/proc/${String(pid)}`) && isNot(error, "ESRCH")) throw error;
  }
}

function isNot(error: unknown, code: string): boolean {
  return !(error instanceof Error && "code" in error && error.code === code);
}

function pidsIn(dir: string): readonly number[] {
  return readFileSync(join(dir, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
}

/** "nr_throttled 12" below a group as numbers by name; empty where there is no such file. */
export function countersOf(dir: string, file: string): Readonly<Record<string, number>> {
  try {
    const lines = readFileSync(join(dir, file), "utf8").trimEnd().split("\n");
    return Object.fromEntries(
      lines.map((line) => {
        const [name = "", value] = line.split(" ");
        return value === undefined ? ["", Number(name)] : [name, Number(value)];
      }),
    );
  } catch {
    return {};
  }
}

/** Groups of ours below the place where new processes start, for the residue check. */
export function groupsLeft(labId: string): readonly string[] {
  const places = (["cpu", "memory", "io"] as const).flatMap(
    (controller) => placeOf("self", controller)?.dir ?? [],
  );
  return [...new Set(places)].flatMap((dir) =>
    readdirSync(dir)
      .filter((name) => name.startsWith(`${GROUP_PREFIX}${labId}-`))
      .map((name) => join(dir, name)),
  );
}
