/**
 * What a damage is made of, as data: each step can be taken, and taken back from its record alone, by any process,
 * any number of times, whether it was ever taken or not.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { z } from "zod";
import { LakeproofError, reasonOf } from "../../../core/errors.ts";
import { host } from "../../../core/host.ts";
import { writeStill } from "../../clock/page.ts";
import { leaveGroup } from "./control-groups.ts";

const RUN_MS_MAX = 60_000;
/** What stands where a drive was: a file, so that its owner cannot make a new drive of it. */
const GONE_TEXT = "lakeproof took this drive away\n";

export const Step = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("filler"), path: z.string(), leaveKBytes: z.number() }),
  z.object({ kind: z.literal("immutable"), dir: z.string() }),
  z.object({ kind: z.literal("moved"), path: z.string(), aside: z.string() }),
  z.object({
    kind: z.literal("changed"),
    path: z.string(),
    /** What it was, byte for byte. */
    copy: z.string(),
    changedSha256: z.string(),
    change: z.discriminatedUnion("how", [
      z.object({ how: z.literal("flip-bit"), at: z.number() }),
      z.object({ how: z.literal("cut-off"), byteCount: z.number() }),
    ]),
  }),
  z.object({
    kind: z.literal("group"),
    dir: z.string(),
    limits: z.record(z.string(), z.string()).readonly(),
    /** Where a write meets the limited disk. */
    trialDir: z.string(),
  }),
  z.object({
    kind: z.literal("clock"),
    /** What the instance's processes add to their wall clock. */
    page: z.string(),
    offsetMs: z.number(),
    driftMsPerS: z.number(),
    /** The process that has it mapped. */
    pid: z.number(),
  }),
]);
export type Step = z.infer<typeof Step>;
export type Change = Extract<Step, { kind: "changed" }>["change"];

export function sha256Of(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function changedBytes(bytes: Buffer, change: Change): Buffer {
  if (change.how === "cut-off") return bytes.subarray(0, change.byteCount);
  const changed = Buffer.from(bytes);
  changed[change.at] = (changed[change.at] ?? 0) ^ 1;
  return changed;
}

/** In place: the owner may have the file open. */
export function changeFile(path: string, change: Change): void {
  const file = openSync(path, "r+");
  try {
    if (change.how === "cut-off") ftruncateSync(file, change.byteCount);
    else {
      const byte = readFileSync(path)[change.at] ?? 0;
      writeSync(file, Buffer.from([byte ^ 1]), 0, 1, change.at);
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

export function moveAway(path: string, aside: string): void {
  renameSync(path, aside);
  writeFileSync(path, GONE_TEXT);
}

export function isMovedAway(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

export function run([program = "", ...args]: readonly string[], what: string): void {
  const env = { PATH: `${host.env["PATH"] ?? ""}:/usr/sbin:/sbin` };
  const ended = spawnSync(program, args, { encoding: "utf8", timeout: RUN_MS_MAX, env });
  if (ended.status === 0) return;
  const said = ended.error?.message ?? ended.stderr.trim().split("\n").at(-1) ?? "";
  throw new LakeproofError("FAULT_FAILED", `${what}: ${program} failed: ${said}`, {
    hint: "`lakeproof plan` says what this machine can do.",
  });
}

/** Idempotent. Returns a sentence where it found something else than it had left. */
export function takeBack(step: Step): string | undefined {
  switch (step.kind) {
    case "filler":
      rmSync(step.path, { force: true });
      return undefined;
    case "immutable":
      // Recursive chattr reports files that go while it looks; what counts is that none is immutable afterwards.
      if (existsSync(step.dir)) mutableAgain(step.dir);
      return undefined;
    case "moved":
      return bringBack(step.path, step.aside);
    case "changed":
      return restoreFile(step);
    case "group":
      leaveGroup(step.dir, step.limits);
      return undefined;
    case "clock":
      writeStill(step.page);
      return undefined;
  }
}

function mutableAgain(dir: string): void {
  try {
    run(["chattr", "-R", "-f", "-i", dir], dir);
  } catch (error) {
    if (immutableIn(dir)) throw error;
  }
}

/** True when the directory itself still is: it is what the attribute is put on first and taken from last. */
export function immutableIn(dir: string): boolean {
  const shown = spawnSync("lsattr", ["-d", dir], { encoding: "utf8", timeout: RUN_MS_MAX });
  return /^[^ ]*i/.test(shown.stdout);
}

function bringBack(path: string, aside: string): string | undefined {
  if (!existsSync(aside)) return undefined;
  if (existsSync(path)) {
    if (!isMovedAway(path) || readFileSync(path, "utf8") !== GONE_TEXT) {
      throw new LakeproofError("FAULT_FAILED", `${path} is there again, beside ${aside}.`, {
        hint: "Somebody else made it: decide which of the two is the drive.",
      });
    }
    rmSync(path);
  }
  renameSync(aside, path);
  return undefined;
}

/** Only what is still as it was left: a file that its owner has healed or replaced is the owner's. */
function restoreFile(step: Extract<Step, { kind: "changed" }>): string | undefined {
  if (!existsSync(step.copy)) return undefined;
  let now: Buffer;
  try {
    now = readFileSync(step.path);
  } catch (error) {
    return `${step.path} is gone (${reasonOf(error)})`;
  }
  const before = readFileSync(step.copy);
  if (sha256Of(now) === step.changedSha256) {
    const file = openSync(step.path, "r+");
    try {
      ftruncateSync(file, before.length);
      writeSync(file, before, 0, before.length, 0);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return undefined;
  }
  return now.equals(before)
    ? `${step.path} had been healed meanwhile`
    : `${step.path} had been written anew meanwhile`;
}
