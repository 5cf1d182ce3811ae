/** What is read back of a load that was killed, one process after the other. */
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  LaneJournal,
  readLaneJournals,
  type LaneJournalHead,
} from "../../../../cli/load/lane-journal.ts";

let dir = "";

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "lakeproof-lanes-"));
});

afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

function head(part: number, lanes: readonly number[]): LaneJournalHead {
  return { part, seed: "5", userCountPerLane: 100, laneCount: 4, lanes };
}

it("knows what was begun, and what became of it", () => {
  using journal = new LaneJournal(dir, head(0, [0, 2]));
  const first = journal.begin(1000, [
    [0, 7, 3],
    [2, 7, 1],
  ]);
  const second = journal.begin(1100, [[0, 7, 2]]);
  const third = journal.begin(1200, [[0, 8, 1]]);
  journal.settled(first, "ok");
  journal.settled(second, "unknown");
  journal.settled(third, "fail");
  const history = readLaneJournals(dir);
  expect(history).toMatchObject({ seed: "5", userCountPerLane: 100, laneCount: 4, partCount: 1 });
  expect(history.unclearSinceEpochMs).toBe(1100);
  expect(history.steps.get(0)).toEqual([
    { bucket: 7, txnCount: 3, outcome: "ok" },
    { bucket: 7, txnCount: 2, outcome: "unknown" },
    { bucket: 8, txnCount: 1, outcome: "fail" },
  ]);
  expect(history.steps.get(2)).toEqual([{ bucket: 7, txnCount: 1, outcome: "ok" }]);
});

it("takes a line that was cut off for one that was not written", () => {
  {
    using journal = new LaneJournal(dir, head(0, [0]));
    journal.settled(journal.begin(1000, [[0, 1, 1]]), "ok");
  }
  const path = join(dir, readdirSync(dir)[0] ?? "");
  appendFileSync(path, '{"kind":"begun","group":2,"atEpo');
  const history = readLaneJournals(dir);
  expect(history.steps.get(0)).toEqual([{ bucket: 1, txnCount: 1, outcome: "ok" }]);
  expect(history).not.toHaveProperty("unclearSinceEpochMs");
});

it("goes on with other writers, whose word about what was unclear holds for their own lanes", () => {
  {
    using journal = new LaneJournal(dir, head(0, [0, 1]));
    journal.begin(1000, [
      [0, 1, 2],
      [1, 1, 5],
    ]);
  }
  using zero = new LaneJournal(dir, head(1, [0]));
  using one = new LaneJournal(dir, head(1, [1]));
  expect(readLaneJournals(dir).unclearSinceEpochMs).toBe(1000);
  zero.resumed("fail");
  zero.settled(zero.begin(2000, [[0, 3, 1]]), "ok");
  const history = readLaneJournals(dir);
  expect(history.partCount).toBe(2);
  expect(history.unclearSinceEpochMs).toBe(1000);
  expect(history.steps.get(0)).toEqual([
    { bucket: 1, txnCount: 2, outcome: "fail" },
    { bucket: 3, txnCount: 1, outcome: "ok" },
  ]);
  one.resumed("ok");
  expect(readLaneJournals(dir)).not.toHaveProperty("unclearSinceEpochMs");
});

it("counts a process that was killed before its first line was whole", () => {
  {
    using journal = new LaneJournal(dir, head(0, [0]));
    journal.settled(journal.begin(1000, [[0, 1, 1]]), "ok");
  }
  appendFileSync(join(dir, "lanes-001-000.ndjson"), '{"kind":"open');
  expect(readLaneJournals(dir).partCount).toBe(2);
});

it("is none where there is none, and refuses those of different loads", () => {
  expect(() => readLaneJournals(dir)).toThrow(/has no lanes of a load/);
  expect(() => readLaneJournals(join(dir, "nowhere"))).toThrow(/has no lanes of a load/);
  {
    using _one = new LaneJournal(dir, head(0, [0]));
    using _two = new LaneJournal(dir, { ...head(0, [1]), seed: "6" });
  }
  expect(() => readLaneJournals(dir)).toThrow(/lanes of different loads/);
});

it("names the line that is not what was written, and trusts nothing from there on", () => {
  {
    using journal = new LaneJournal(dir, head(0, [0]));
    journal.settled(journal.begin(1000, [[0, 1, 1]]), "ok");
  }
  appendFileSync(join(dir, "lanes-000-000.ndjson"), '{"kind":"beg\0n"}\n{"kind":"resumed"}\n');
  expect(() => readLaneJournals(dir)).toThrow(
    /lanes-000-000\.ndjson, line 4 is not what was written: 2 line\(s\) from there on are not trusted/,
  );
});
