/**
 * What must be undone, on disk before anything is done. One line per step, each fsynced: "intent" before
 * a fault is applied, "undone" after its undo. An intent without an undone is work for `heal`.
 *
 * Every line carries a checksum of itself. The log is read up to the first line that is not what was written, and
 * nothing after it is believed; whoever appends next first sets that rest aside, so that new lines are readable.
 */
import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from "node:fs";
import { z } from "zod";
import type { Undo } from "../../core/contracts/fault.ts";
import { LakeproofError, reasonOf } from "../../core/errors.ts";

const Ids = z.array(z.string()).readonly();

const UndoShape = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("start-instances"), instanceIds: Ids }),
  z.object({ kind: z.literal("restart-instances"), instanceIds: Ids }),
  z.object({ kind: z.literal("resume-instances"), instanceIds: Ids }),
  z.object({
    kind: z.literal("remove-toxic"),
    apiAddress: z.string(),
    proxy: z.string(),
    toxic: z.string(),
  }),
  z.object({ kind: z.literal("clear-network"), tag: z.string() }),
  z.object({ kind: z.literal("power-on-nodes"), instanceIds: Ids }),
  z.object({ kind: z.literal("revive-instances"), instanceIds: Ids }),
  z.object({ kind: z.literal("repair-damage"), tag: z.string(), instanceIds: Ids }),
  z.object({
    kind: z.literal("renew-slot"),
    at: z.object({ postgres: z.string(), members: Ids, workers: Ids }),
    instanceIds: Ids,
    settings: Ids,
  }),
  z.object({ kind: z.literal("configure-service"), service: z.string() }),
  z.object({ kind: z.literal("nothing") }),
]);

const Line = z.discriminatedUnion("step", [
  z.object({ step: z.literal("intent"), id: z.string(), fault: z.string(), undo: UndoShape }),
  z.object({ step: z.literal("undone"), id: z.string() }),
]);
type Line = z.infer<typeof Line>;

const Sealed = z.object({ sum: z.string(), line: z.string() });

export interface OpenUndo {
  readonly id: string;
  readonly fault: string;
  readonly undo: Undo;
}

/** What of a log cannot be believed. */
export interface UndoLogDamage {
  /** Of the first line that is not what was written, from 1. */
  readonly lineNumber: number;
  /** From there to the end. */
  readonly byteCount: number;
  /**
   * True where only the end of the last line is missing: it was being written when the writer died, so what it was
   * about had not begun. False: something else changed the file, and what came after is not known.
   */
  readonly cutOff: boolean;
}

export interface UndoLogContent {
  /** Undos not yet done, newest first. */
  readonly open: readonly OpenUndo[];
  readonly damage?: UndoLogDamage;
}

export interface UndoLog extends Disposable {
  /** Found when it was opened, and set aside in the file named. */
  readonly setAside?: UndoLogDamage & { readonly path: string };
  /** Returns only once the line is on disk. */
  intend(entry: OpenUndo): void;
  undone(id: string): void;
}

/** Throws FAULT_FAILED when the log cannot be read: then nothing may be done that would need it. */
export function openUndoLog(path: string): UndoLog {
  const setAside = repair(path);
  const file = openSync(path, "a");
  const write = (line: Line): void => {
    writeSync(file, `${sealed(line)}\n`);
    fsyncSync(file);
  };
  return {
    ...(setAside === undefined ? {} : { setAside }),
    intend: (entry) => {
      write({ step: "intent", ...entry });
    },
    undone: (id) => {
      write({ step: "undone", id });
    },
    [Symbol.dispose]: () => {
      closeSync(file);
    },
  };
}

/** Throws FAULT_FAILED where there is a log that cannot be read at all; empty where there is none. */
export function readUndoLog(path: string): UndoLogContent {
  const { lines, damage } = readLines(path);
  const open = new Map<string, OpenUndo>();
  for (const line of lines) {
    if (line.step === "intent")
      open.set(line.id, { id: line.id, fault: line.fault, undo: line.undo });
    else open.delete(line.id);
  }
  return { open: [...open.values()].reverse(), ...(damage === undefined ? {} : { damage }) };
}

/** "undo log, line 3: cut off while it was written (12 bytes)" */
export function damageText({ lineNumber, byteCount, cutOff }: UndoLogDamage): string {
  const where = `undo log, line ${String(lineNumber)}`;
  return cutOff
    ? `${where}: cut off while it was written (${String(byteCount)} bytes)`
    : `${where} is not what was written: ${String(byteCount)} bytes from there on are not trusted`;
}

interface Content {
  readonly lines: readonly Line[];
  /** Length of what can be believed, without the line end of its last line where that is missing. */
  readonly soundByteCount: number;
  readonly lacksLineEnd: boolean;
  readonly damage?: UndoLogDamage;
  readonly bytes: Buffer;
}

function readLines(path: string): Content {
  const bytes = contentOf(path);
  const lines: Line[] = [];
  let from = 0;
  while (from < bytes.length) {
    const end = bytes.indexOf(10, from);
    const to = end < 0 ? bytes.length : end;
    const line = parseLine(bytes.subarray(from, to).toString("utf8"));
    if (line === undefined) {
      const byteCount = bytes.length - from;
      const damage = { lineNumber: lines.length + 1, byteCount, cutOff: end < 0 };
      return { lines, soundByteCount: from, lacksLineEnd: false, damage, bytes };
    }
    lines.push(line);
    from = end < 0 ? to : to + 1;
  }
  const lacksLineEnd = bytes.length > 0 && bytes.at(-1) !== 10;
  return { lines, soundByteCount: bytes.length, lacksLineEnd, bytes };
}

function contentOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT")
      return Buffer.alloc(0);
    throw new LakeproofError("FAULT_FAILED", `The undo log cannot be read: ${reasonOf(error)}.`, {
      hint: `Make ${path} readable, then run \`lakeproof heal\`.`,
      cause: error,
    });
  }
}

/** Makes the log end with a whole line. What could not be believed is kept beside it, on disk before it is cut off. */
function repair(path: string): UndoLog["setAside"] {
  const { soundByteCount, lacksLineEnd, damage, bytes } = readLines(path);
  if (lacksLineEnd) appendSynced(path, Buffer.from("\n"));
  if (damage === undefined) return undefined;
  const aside = `${path}.broken`;
  appendSynced(aside, Buffer.concat([bytes.subarray(soundByteCount), Buffer.from("\n")]));
  truncateSync(path, soundByteCount);
  return { ...damage, path: aside };
}

function appendSynced(path: string, bytes: Buffer): void {
  const file = openSync(path, "a");
  try {
    writeSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function sealed(line: Line): string {
  const text = JSON.stringify(line);
  return JSON.stringify({ sum: sumOf(text), line: text } satisfies z.infer<typeof Sealed>);
}

function sumOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

function parseLine(raw: string): Line | undefined {
  try {
    const { sum, line } = Sealed.parse(JSON.parse(raw));
    return sum === sumOf(line) ? Line.parse(JSON.parse(line)) : undefined;
  } catch {
    return undefined;
  }
}
