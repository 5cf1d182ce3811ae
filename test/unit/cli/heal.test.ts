/** What `heal` does with an undo log that is not whole: as far as it goes, said, and safe to run twice. */
import { appendFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openUndoLog } from "../../../chaos/index.ts";
import { heal, residueOf, UNDO_FILE } from "../../../cli/heal.ts";
import { labDir, readLab, writeLab, type LabState } from "../../../infra/drivers/lab.ts";
import { processFacts } from "../../../infra/drivers/processes.ts";

const LAB = "dev-heal";
let stateDir = "";

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "lakeproof-heal-"));
  vi.stubEnv("LAKEPROOF_STATE_DIR", stateDir);
  const startTicks = processFacts(process.pid)?.startTicks ?? "0";
  const lab: LabState = {
    ...{ schema: "lakeproof.lab/1", id: LAB, topology: "dev", subnet: "127.77.99" },
    ...{ isolation: "loopback", state: "up", held: true, owner: { pid: process.pid, startTicks } },
    ...{ createdAtEpochMs: 0, logsDir: join(stateDir, "logs"), secret: "s" },
    ...{ instances: {}, endpoints: {} },
  };
  writeLab(lab);
  using log = openUndoLog(undoPath());
  log.intend({
    ...{ id: "f1", fault: "process-pause" },
    undo: { kind: "resume-instances", instanceIds: ["kafka-0"] },
  });
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(stateDir, { recursive: true, force: true });
});

const undoPath = (): string => join(labDir(LAB), UNDO_FILE);

it("undoes what a whole log says", async () => {
  expect(residueOf(LAB)).toEqual(["process-pause was not undone"]);
  expect(await heal({ json: true })).toBe(0);
  expect(residueOf(LAB)).toEqual([]);
});

it("takes a line that was cut off for one that had not begun", async () => {
  appendFileSync(undoPath(), '{"sum":"0123');
  expect(residueOf(LAB)).toEqual(["process-pause was not undone"]);
  expect(await heal({ json: true })).toBe(0);
  expect(residueOf(LAB)).toEqual([]);
  expect(existsSync(`${undoPath()}.broken`)).toBe(true);
});

it("says that something else changed the log, and that it may hide more", async () => {
  appendFileSync(undoPath(), "something else\n");
  expect(residueOf(LAB)).toEqual([
    "process-pause was not undone",
    expect.stringMatching(/line 2 is not what/),
  ]);
  // What is readable is undone all the same.
  expect(await heal({ json: true })).toBe(22);
  expect(residueOf(LAB)).toEqual([]);
  expect(await heal({ json: true })).toBe(0);
});

it("leaves the slot of a lab that goes with its run alone, and mends that of one that stays", async () => {
  {
    using log = openUndoLog(undoPath());
    log.undone("f1");
    log.intend({
      ...{ id: "f2", fault: "slot-drop" },
      undo: {
        kind: "renew-slot",
        // Nobody listens there: that it is tried is what shows.
        at: { postgres: "127.77.99.1:1", members: ["127.77.99.1:1"], workers: [] },
        ...{ instanceIds: [], settings: ["max_slot_wal_keep_size"] },
      },
    });
  }
  expect(await heal({ json: true })).toBe(22);
  expect(residueOf(LAB)).toEqual(["slot-drop was not undone"]);
  const lab = readLab(LAB);
  if (lab === undefined) throw new Error("the lab is gone");
  writeLab({ ...lab, held: false, owner: { pid: 1, startTicks: "no such process" } });
  expect(await heal({ json: true })).toBe(0);
  expect(existsSync(labDir(LAB))).toBe(false);
});
