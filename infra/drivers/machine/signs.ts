/** Whether a damage can be felt, found out by doing what it is meant to prevent. */
import { spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { reasonOf } from "../../../core/errors.ts";
import { host } from "../../../core/host.ts";
import { readShift } from "../../clock/page.ts";
import { countersOf } from "./control-groups.ts";
import { immutableIn, isMovedAway, sha256Of, type Step } from "./steps.ts";

const TRIAL_BYTES = 256 * 1024;
const MIB = 1024 * 1024;
/** Above what the limit still leaves. */
const MEMORY_TRIAL_MIB = 8;
const TRIAL_FILE = ".lakeproof-trial";
const IO_TRIAL_MS_MAX = 8000;
const IO_BLOCK_BYTES = 64 * 1024;
/** What the limit lets through in this time is written. */
const IO_TRIAL_S = 2;
/** A limited disk may be as much faster than its limit in one short trial. */
const RATE_SLACK = 1.5;

export async function signOf(step: Step): Promise<string | undefined> {
  switch (step.kind) {
    case "filler":
      return fullSign(step.path, step.leaveKBytes);
    case "immutable":
      return immutableIn(step.dir) ? refusedSign(step.dir, "EPERM") : undefined;
    case "moved":
      return isMovedAway(step.path) && existsSync(step.aside)
        ? `${step.path} is no directory any more`
        : undefined;
    case "changed":
      return changedSign(step);
    case "group":
      return groupSign(step);
    case "clock":
      return clockSign(step);
  }
}

/** Said, and read by the process itself: without the library nobody maps the page. */
function clockSign({ page, offsetMs, driftMsPerS, pid }: ClockStep): string | undefined {
  const said = readShift(page);
  if (said.offsetMs !== offsetMs || said.driftMsPerS !== driftMsPerS) return undefined;
  const drift = driftMsPerS === 0 ? "" : ` and ${String(driftMsPerS)} ms more each second`;
  return mapsOf(pid).includes(page)
    ? `process ${String(pid)} has a clock page mapped that says ${String(offsetMs)} ms${drift}`
    : undefined;
}

type ClockStep = Extract<Step, { kind: "clock" }>;

/** Empty when it is gone. */
function mapsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${String(pid)}/maps`, "utf8");
  } catch {
    return "";
  }
}

function fullSign(path: string, leaveKBytes: number): string | undefined {
  return refusedSign(dirname(path), "ENOSPC", leaveKBytes * 1024);
}

/** What writing a file there is answered with. */
function refusedSign(dir: string, code: string, spareBytes = 0): string | undefined {
  const path = join(dir, TRIAL_FILE);
  try {
    const file = openSync(path, "w");
    try {
      const bytes = Buffer.alloc(TRIAL_BYTES + spareBytes, 1);
      // A short write is the last that fits; the next one gets the answer.
      for (let from = 0; from < bytes.length;) from += writeSync(file, bytes, from);
    } finally {
      closeSync(file);
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === code)) return undefined;
    return `writing to ${basename(dir)} is answered ${code} (${reasonOf(error).split(",")[0] ?? ""})`;
  } finally {
    rmSync(path, { force: true });
  }
}

function changedSign(step: Extract<Step, { kind: "changed" }>): string | undefined {
  if (!existsSync(step.copy)) return undefined;
  const before = readFileSync(step.copy);
  const what =
    step.change.how === "flip-bit"
      ? `bit 0 of byte ${String(step.change.at)} of ${String(before.length)} flipped`
      : `cut off after ${String(step.change.byteCount)} of ${String(before.length)} bytes`;
  if (!existsSync(step.path)) return `${what} in ${step.path}, which is gone since`;
  const now = readFileSync(step.path);
  if (sha256Of(now) === step.changedSha256) return `${what} in ${step.path}`;
  const since = now.equals(before) ? "healed" : "written anew";
  return `${what} in ${step.path}, ${since} since by its owner`;
}

type GroupStep = Extract<Step, { kind: "group" }>;

async function groupSign(step: GroupStep): Promise<string | undefined> {
  const files = Object.keys(step.limits);
  if (files.some((file) => file.startsWith("cpu."))) return throttledSign(step.dir);
  if (files.some((file) => file.startsWith("memory."))) return memorySign(step);
  return ioSign(step);
}

function throttledSign(dir: string): string | undefined {
  const count = countersOf(dir, "cpu.stat")["nr_throttled"] ?? 0;
  return count > 0 ? `the kernel made its processes wait in ${String(count)} period(s)` : undefined;
}

/**
 * An instance that does nothing takes no memory: then a process of ours takes from inside the group what the limit still
 * leaves and a little more. Should the kernel have to end somebody for it, that is the one that offers itself.
 */
async function memorySign({ dir, limits }: GroupStep): Promise<string | undefined> {
  const met = limitMet(dir);
  if (met !== undefined) return met;
  const limit = Number(Object.values(limits)[0]);
  const used = takenIn(dir);
  if (used === undefined || !Number.isFinite(limit)) return undefined;
  const takenMiB = Math.ceil(Math.max(0, limit - used) / MIB) + MEMORY_TRIAL_MIB;
  const script =
    'echo $$ > "$0/cgroup.procs" && echo 1000 > /proc/self/oom_score_adj && exec dd if=/dev/zero of=/dev/null bs="$1"M count=1';
  await endOf(["-c", script, dir, String(takenMiB)]);
  const metNow = limitMet(dir);
  return metNow === undefined
    ? undefined
    : `${metNow} when ${String(takenMiB)} MiB were taken from inside its control group`;
}

function takenIn(dir: string): number | undefined {
  for (const file of ["memory.usage_in_bytes", "memory.current"]) {
    const bytes = countersOf(dir, file)[""];
    if (bytes !== undefined) return bytes;
  }
  return undefined;
}

function limitMet(dir: string): string | undefined {
  const failures = countersOf(dir, "memory.failcnt")[""] ?? 0;
  const events = countersOf(dir, "memory.events")["max"] ?? 0;
  const count = failures + events;
  return count > 0 ? `${String(count)} allocation(s) met the limit` : undefined;
}

/** A write of our own from inside the group, past the page cache, timed; it shares the limit with the instance. */
async function ioSign(step: GroupStep): Promise<string | undefined> {
  const limit = Object.values(step.limits)[0] ?? "";
  const rate = Number(/(\d+)$/.exec(limit)?.[1] ?? 0);
  const blockCount = Math.max(1, Math.ceil((rate * IO_TRIAL_S) / IO_BLOCK_BYTES));
  const path = join(step.trialDir, TRIAL_FILE);
  writeFileSync(path, "");
  try {
    const script =
      'echo $$ > "$0/cgroup.procs" && exec dd if=/dev/zero of="$1" bs=64k count="$2" oflag=direct';
    const startedMs = host.monotonicMs();
    const ended = await endOf(["-c", script, step.dir, path, String(blockCount)]);
    const elapsedS = (host.monotonicMs() - startedMs) / 1000;
    const kBytes = (blockCount * IO_BLOCK_BYTES) / 1024;
    if (ended === "failed" || (kBytes * 1024) / elapsedS > rate * RATE_SLACK) return undefined;
    const how = ended === "done" ? "took" : "did not end within";
    return `${String(kBytes)} KiB from its control group ${how} ${elapsedS.toFixed(1)} s`;
  } finally {
    rmSync(path, { force: true });
  }
}

/** Resolves when it has ended or the time is over: what waits for the disk cannot even be killed before. */
function endOf(args: readonly string[]): Promise<"done" | "failed" | "late"> {
  return new Promise((resolve) => {
    const child = spawn("sh", args, { stdio: "ignore" });
    const late = (): void => {
      child.kill("SIGKILL");
      child.unref();
      resolve("late");
    };
    const deadline = host.deadline(IO_TRIAL_MS_MAX);
    deadline.addEventListener("abort", late, { once: true });
    const end = (code: number | null): void => {
      deadline.removeEventListener("abort", late);
      resolve(code === 0 ? "done" : "failed");
    };
    child.once("error", () => {
      end(null);
    });
    child.once("exit", end);
  });
}
