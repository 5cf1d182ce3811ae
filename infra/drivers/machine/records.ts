/** The way back of each damage, on disk and fsynced before the first step is taken: one directory a tag. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { LakeproofError, reasonOf } from "../../../core/errors.ts";
import { labDir } from "../lab.ts";
import { Step } from "./steps.ts";

const Guardian = z.object({ pid: z.number(), startTicks: z.string() });

const Record = z.object({
  tag: z.string(),
  instanceIds: z.array(z.string()).readonly(),
  steps: z.array(Step).readonly(),
  /** The process that takes it back when its lease ends. */
  guardian: Guardian.optional(),
});
export type DamageRecord = z.infer<typeof Record>;

const RECORD_FILE = "record.json";

function damageDir(labId: string): string {
  return join(labDir(labId), "damage");
}

export function recordDir(labId: string, tag: string): string {
  return join(damageDir(labId), tag);
}

export function tagsRecorded(labId: string): readonly string[] {
  try {
    return readdirSync(damageDir(labId)).sort();
  } catch {
    return [];
  }
}

export function writeSynced(path: string, bytes: Buffer | string): void {
  const file = openSync(path, "w");
  try {
    const whole = Buffer.from(bytes);
    writeSync(file, whole, 0, whole.length);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

export function writeRecord(labId: string, record: DamageRecord): void {
  const dir = recordDir(labId, record.tag);
  mkdirSync(dir, { recursive: true });
  const path = join(dir, RECORD_FILE);
  writeSynced(`${path}.new`, JSON.stringify(record));
  renameSync(`${path}.new`, path);
  for (const place of [dir, damageDir(labId)]) syncDirectory(place);
}

function syncDirectory(path: string): void {
  const directory = openSync(path, "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

/** Undefined where nothing was begun. Throws FAULT_FAILED for a record that cannot be read. */
export function readRecord(labId: string, tag: string): DamageRecord | undefined {
  const path = join(recordDir(labId, tag), RECORD_FILE);
  if (!existsSync(path)) return undefined;
  try {
    return Record.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    throw new LakeproofError("FAULT_FAILED", `The record of ${tag} cannot be read.`, {
      hint: `Look at ${path}: it says what was done to which files.`,
      cause: reasonOf(error),
    });
  }
}

export function forgetRecord(labId: string, tag: string): void {
  rmSync(recordDir(labId, tag), { recursive: true, force: true });
}
