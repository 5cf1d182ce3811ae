/** What must be undone survives a crash at any byte, and what is damaged is never believed. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openUndoLog, readUndoLog, type OpenUndo } from "../../../chaos/safety/undo-log.ts";

const kill: OpenUndo = {
  id: "f1",
  fault: "process-kill",
  undo: { kind: "start-instances", instanceIds: ["kafka-0"] },
};
const pause: OpenUndo = {
  id: "f2",
  fault: "process-pause",
  undo: { kind: "resume-instances", instanceIds: ["minio-0"] },
};
const cut: OpenUndo = { id: "f3", fault: "partition", undo: { kind: "clear-network", tag: "f3" } };

function newPath(): string {
  const dir = mkdtempSync(join(tmpdir(), "lakeproof-undo-"));
  onTestFinished(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  return join(dir, "undo.ndjson");
}

/** Three whole lines: two intents, and the first of them undone. Returns the bytes. */
function writtenTo(path: string): Buffer {
  using log = openUndoLog(path);
  log.intend(kill);
  log.intend(pause);
  log.undone("f1");
  return readFileSync(path);
}

it("gives back what was intended and not undone, newest first", () => {
  const path = newPath();
  using log = openUndoLog(path);
  log.intend(kill);
  log.intend(pause);
  expect(readUndoLog(path)).toEqual({ open: [pause, kill] });
  log.undone("f1");
  expect(readUndoLog(path)).toEqual({ open: [pause] });
  log.undone("f2");
  expect(readUndoLog(path)).toEqual({ open: [] });
});

it("keeps every kind of undo as it was", () => {
  const path = newPath();
  using log = openUndoLog(path);
  const undos: readonly OpenUndo["undo"][] = [
    kill.undo,
    pause.undo,
    { kind: "remove-toxic", apiAddress: "127.77.0.9:8474", proxy: "p", toxic: "t" },
    { kind: "clear-network", tag: "f5" },
    { kind: "power-on-nodes", instanceIds: ["kafka-0", "kafka-1"] },
    { kind: "restart-instances", instanceIds: ["trino-worker-0"] },
    { kind: "revive-instances", instanceIds: ["kafka-0", "connect-0"] },
    { kind: "repair-damage", tag: "f6", instanceIds: ["minio-0"] },
    {
      kind: "renew-slot",
      at: { postgres: "127.0.0.1:1", members: ["127.0.0.1:1"], workers: ["127.0.0.2:8083"] },
      instanceIds: ["connect-0"],
      settings: ["max_slot_wal_keep_size"],
    },
    { kind: "configure-service", service: "lakehouse" },
    { kind: "nothing" },
  ];
  const all = undos.map((undo, at): OpenUndo => ({ id: `f${String(at + 1)}`, fault: "x", undo }));
  for (const entry of all) log.intend(entry);
  expect(readUndoLog(path)).toEqual({ open: [...all].reverse() });
});

it("is empty where there is no log, and says so where it cannot be read", () => {
  const path = newPath();
  expect(readUndoLog(path)).toEqual({ open: [] });
  // A directory in its place is not the same as no log.
  expect(() => readUndoLog(join(path, ".."))).toThrow(/undo log cannot be read/);
});

it("reads every cut of the file as far as it goes and never forgets a whole intent", () => {
  const path = newPath();
  const whole = writtenTo(path);
  const firstLineEnd = whole.indexOf(10) + 1;
  for (let length = 0; length <= whole.length; length += 1) {
    writeFileSync(path, whole.subarray(0, length));
    const open = readUndoLog(path).open.map(({ id }) => id);
    // A whole line counts even without its line end.
    expect(open.includes("f1")).toBe(length >= firstLineEnd - 1 && length < whole.length - 1);
  }
});

it("stays readable after appending to any cut of it, and keeps what was cut off", () => {
  const whole = writtenTo(newPath());
  for (let length = 0; length <= whole.length; length += 1) {
    const path = newPath();
    writeFileSync(path, whole.subarray(0, length));
    const before = readUndoLog(path);
    {
      using log = openUndoLog(path);
      expect(log.setAside?.byteCount).toBe(before.damage?.byteCount);
      log.intend(cut);
    }
    expect(readUndoLog(path)).toEqual({ open: [cut, ...before.open] });
    if (before.damage === undefined) continue;
    expect(before.damage.cutOff).toBe(true);
    const lost = whole.subarray(length - before.damage.byteCount, length);
    expect(readFileSync(`${path}.broken`)).toEqual(Buffer.concat([lost, Buffer.from("\n")]));
  }
});

describe("a line that was changed", () => {
  it("is never believed, nor is anything after it, whichever byte it is", () => {
    const path = newPath();
    const whole = writtenTo(path);
    const secondLine = whole.indexOf(10) + 1;
    const secondEnd = whole.indexOf(10, secondLine);
    for (let at = secondLine; at < secondEnd; at += 1) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 1;
      writeFileSync(path, changed);
      // The last line, which undoes f1, is whole; but it came after.
      expect(readUndoLog(path)).toEqual({
        open: [kill],
        damage: { lineNumber: 2, byteCount: whole.length - secondLine, cutOff: false },
      });
    }
  });

  it("with sense in it, but without the right checksum, is not believed either", () => {
    const path = newPath();
    writtenTo(path);
    appendFileSync(path, `${JSON.stringify({ step: "undone", id: "f2" })}\n`);
    expect(readUndoLog(path).open).toEqual([pause]);
    expect(readUndoLog(path).damage).toMatchObject({ lineNumber: 4, cutOff: false });
  });

  it("is set aside once, and said by whoever opens the log next", () => {
    const path = newPath();
    const whole = writtenTo(path);
    writeFileSync(path, Buffer.concat([Buffer.from("#"), whole]));
    {
      using log = openUndoLog(path);
      expect(log.setAside).toMatchObject({ lineNumber: 1, path: `${path}.broken` });
      log.intend(pause);
    }
    using again = openUndoLog(path);
    expect(again.setAside).toBeUndefined();
    expect(readUndoLog(path)).toEqual({ open: [pause] });
  });
});
