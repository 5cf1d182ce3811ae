/** What a run's snapshots add up to, with compactions and expiry beside the stream. */
import { describe, expect, it } from "vitest";
import {
  auditSnapshots,
  baselineOf,
  snapshotsOf,
  type SnapshotSeen,
} from "../../../../slo/probes/snapshots.ts";

const NOTHING = baselineOf([]);

/** Each step follows the one before it, and the totals follow from what it adds and removes. */
function history(...steps: readonly Partial<SnapshotSeen>[]): readonly SnapshotSeen[] {
  const snapshots: SnapshotSeen[] = [];
  for (const [index, step] of steps.entries()) {
    const parent = snapshots.at(-1);
    const facts = { addedRecords: 0, removedRecords: 0, deletedPositions: 0, ...step };
    snapshots.push({
      id: `s${String(index)}`,
      parentId: parent?.id ?? "",
      operation: "append",
      totalRecords: (parent?.totalRecords ?? 0) + facts.addedRecords - facts.removedRecords,
      commit: "",
      queryId: "",
      ...facts,
    });
  }
  return snapshots;
}

let checkpoint = 0;
function streamed(addedRecords: number): Partial<SnapshotSeen> {
  checkpoint += 1;
  return { addedRecords, commit: `job/sink/${String(checkpoint)}` };
}

function compacted(removedRecords: number, addedRecords: number): Partial<SnapshotSeen> {
  return { operation: "replace", queryId: "q1", addedRecords, removedRecords };
}

describe("a run's snapshots", () => {
  it("add what the stream wrote, and a compaction adds nothing", () => {
    const { facts, recordsRemoved } = auditSnapshots(
      history(streamed(100), streamed(50), compacted(150, 150), streamed(25)),
      NOTHING,
    );
    expect(facts).toEqual({
      snapshotCount: 4,
      addedRecords: 175,
      expiredRecordCount: 0,
      compactionCount: 1,
      unequalCompactions: [],
      foreignSnapshots: [],
      repeatedCommits: [],
    });
    expect(recordsRemoved).toBe(false);
  });

  it("name a compaction that lost one row", () => {
    const lossy = history(streamed(100), compacted(100, 99), streamed(5));
    const { facts, recordsRemoved } = auditSnapshots(lossy, NOTHING);
    expect(facts.unequalCompactions).toEqual(["s1 replace +99 -100, 100 before and 99 after it"]);
    expect(facts).toMatchObject({ addedRecords: 105, compactionCount: 1, foreignSnapshots: [] });
    expect(recordsRemoved).toBe(true);
  });

  it("name a compaction whose own figures hide what the totals show", () => {
    const hidden = history(streamed(100), { ...compacted(100, 100), totalRecords: 99 });
    expect(auditSnapshots(hidden, NOTHING).facts.unequalCompactions).toEqual([
      "s1 replace +100 -100, 100 before and 99 after it",
    ]);
  });

  it.each([
    ["an append", { operation: "append", addedRecords: 1 }, "s1 append +1 -0"],
    ["an append by Trino", { addedRecords: 1, queryId: "q2" }, "s1 append +1 -0"],
    [
      "a delete by Trino",
      { operation: "delete", removedRecords: 1, queryId: "q2" },
      "s1 delete +0 -1",
    ],
    [
      "hidden rows",
      { operation: "overwrite", deletedPositions: 1, queryId: "q2" },
      "s1 overwrite +0 -1",
    ],
    ["a rewrite by a stranger", { operation: "replace" }, "s1 replace +0 -0"],
  ])("name %s as foreign", (_, step, text) => {
    const { facts, recordsRemoved } = auditSnapshots(history(streamed(10), step), NOTHING);
    expect(facts).toMatchObject({ foreignSnapshots: [text], compactionCount: 0 });
    expect(recordsRemoved).toBe(text.endsWith("-1"));
  });

  it("name a checkpoint that was committed twice", () => {
    const twice = { addedRecords: 7, commit: "job/sink/again" };
    expect(auditSnapshots(history(twice, twice), NOTHING).facts.repeatedCommits).toEqual([
      "job/sink/again",
    ]);
  });
});

describe("snapshots that have expired", () => {
  const all = history(
    streamed(1000),
    compacted(1000, 1000),
    streamed(100),
    streamed(50),
    compacted(1150, 1150),
    streamed(25),
  );
  const baseline = baselineOf(all.slice(0, 2));

  it.each([0, 1, 2])("before the run or at its edge change nothing: %i gone", (goneCount) => {
    const { facts } = auditSnapshots(all.slice(goneCount), baseline);
    expect(facts).toMatchObject({ addedRecords: 175, expiredRecordCount: 0, compactionCount: 1 });
  });

  it.each([
    [3, 100, 1],
    [4, 150, 1],
    [5, 150, 0],
  ])(
    "of the run are known from totals: %i gone",
    (goneCount, expiredRecordCount, compactionCount) => {
      const { facts } = auditSnapshots(all.slice(goneCount), baseline);
      expect(facts).toMatchObject({ addedRecords: 175, expiredRecordCount, compactionCount });
      expect(facts.unequalCompactions).toEqual([]);
    },
  );

  it("still show a loss by a compaction that has expired itself", () => {
    const lossy = history(streamed(100), compacted(100, 99), streamed(5));
    expect(auditSnapshots(lossy.slice(2), NOTHING).facts.addedRecords).toBe(104);
  });

  it("leave a baseline that starts in the middle of a history", () => {
    expect(baselineOf(all.slice(3)).totalRecords).toBe(1175);
  });
});

it("reads Trino's rows as they come", async () => {
  const trino = {
    query: () =>
      Promise.resolve([
        ["1", "", "append", "5", "", "", "5", "job", "sink", "3", ""],
        ["2", "1", "replace", "5", "5", "", "5", "", "", "", "20261122_000001_00001_abcde"],
      ]),
  };
  const seen = await snapshotsOf(trino, "users", AbortSignal.timeout(1000));
  expect(seen[0]).toMatchObject({ parentId: "", removedRecords: 0, commit: "job/sink/3" });
  expect(auditSnapshots(seen, NOTHING).facts).toMatchObject({
    addedRecords: 5,
    compactionCount: 1,
    foreignSnapshots: [],
    unequalCompactions: [],
  });
});
