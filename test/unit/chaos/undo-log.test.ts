/** What must be undone survives a crash at any byte. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
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

function newPath(): string {
  const dir = mkdtempSync(join(tmpdir(), "lakeproof-undo-"));
  onTestFinished(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  return join(dir, "undo.ndjson");
}

it("gives back what was intended and not undone, newest first", () => {
  const path = newPath();
  using log = openUndoLog(path);
  log.intend(kill);
  log.intend(pause);
  expect(readUndoLog(path)).toEqual([pause, kill]);
  log.undone("f1");
  expect(readUndoLog(path)).toEqual([pause]);
  log.undone("f2");
  expect(readUndoLog(path)).toEqual([]);
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
  ];
  const all = undos.map((undo, at): OpenUndo => ({ id: `f${String(at + 1)}`, fault: "x", undo }));
  for (const entry of all) log.intend(entry);
  expect(readUndoLog(path)).toEqual([...all].reverse());
});

it("is empty where there is no log", () => {
  expect(readUndoLog(newPath())).toEqual([]);
});

it("reads every cut of the file as far as it goes and never forgets a whole intent", () => {
  const path = newPath();
  {
    using log = openUndoLog(path);
    log.intend(kill);
    log.intend(pause);
    log.undone("f1");
  }
  const whole = readFileSync(path);
  const firstLineEnd = whole.indexOf(10) + 1;
  for (let length = 0; length <= whole.length; length += 1) {
    writeFileSync(path, whole.subarray(0, length));
    const open = readUndoLog(path).map(({ id }) => id);
    // A whole line counts even without its line end.
    expect(open.includes("f1")).toBe(length >= firstLineEnd - 1 && length < whole.length - 1);
  }
});
