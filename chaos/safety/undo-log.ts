/**
 * What must be undone, on disk before anything is done. One line per step, each fsynced: "intent" before
 * a fault is applied, "undone" after its undo. An intent without an undone is work for `heal`.
 */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { z } from "zod";
import type { Undo } from "../../core/contracts/fault.ts";

const UndoShape = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("start-instances"), instanceIds: z.array(z.string()).readonly() }),
  z.object({ kind: z.literal("resume-instances"), instanceIds: z.array(z.string()).readonly() }),
  z.object({
    kind: z.literal("remove-toxic"),
    apiAddress: z.string(),
    proxy: z.string(),
    toxic: z.string(),
  }),
  z.object({ kind: z.literal("clear-network"), tag: z.string() }),
  z.object({ kind: z.literal("power-on-nodes"), instanceIds: z.array(z.string()).readonly() }),
]);

const Line = z.discriminatedUnion("step", [
  z.object({ step: z.literal("intent"), id: z.string(), fault: z.string(), undo: UndoShape }),
  z.object({ step: z.literal("undone"), id: z.string() }),
]);
type Line = z.infer<typeof Line>;

export interface OpenUndo {
  readonly id: string;
  readonly fault: string;
  readonly undo: Undo;
}

export interface UndoLog extends Disposable {
  /** Returns only once the line is on disk. */
  intend(entry: OpenUndo): void;
  undone(id: string): void;
}

export function openUndoLog(path: string): UndoLog {
  const file = openSync(path, "a");
  const write = (line: Line): void => {
    writeSync(file, `${JSON.stringify(line)}\n`);
    fsyncSync(file);
  };
  return {
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

/** Undos not yet done, newest first. A line cut off by a crash ends what can be trusted. */
export function readUndoLog(path: string): readonly OpenUndo[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return [];
  }
  const open = new Map<string, OpenUndo>();
  for (const raw of text.split("\n")) {
    const line = parseLine(raw);
    if (line === undefined) break;
    if (line.step === "intent")
      open.set(line.id, { id: line.id, fault: line.fault, undo: line.undo });
    else open.delete(line.id);
  }
  return [...open.values()].reverse();
}

function parseLine(raw: string): Line | undefined {
  try {
    return Line.parse(JSON.parse(raw));
  } catch {
    return undefined;
  }
}
