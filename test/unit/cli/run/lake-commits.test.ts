/** What a run writes down of checkpoints, snapshots and canaries in Kafka. */
import { describe, expect, test } from "vitest";
import { CanaryCaptures } from "../../../../cli/run/canary-captures.ts";
import { checkpointEvent, snapshotEvent } from "../../../../cli/run/lake-commits.ts";
import { runMsAt } from "../../../../cli/run/session.ts";
import { CANARY_LANE } from "../../../../core/bank-schema.ts";
import type { JournalBody, JournalWriter } from "../../../../core/contracts/journal.ts";
import { readEnvelope } from "../../../../generators/envelope.ts";
import { canaryRow } from "../../../../generators/control-rows.ts";
import { completedIn } from "../../../../infra/clients/flink.ts";

const toRunMs = (epochMs: number): number => epochMs - 1_000_000;

test("a checkpoint ends when its last task had acknowledged it; one under way or failed is none", () => {
  const one = { is_savepoint: false, trigger_timestamp: 1_008_000, end_to_end_duration: 850 };
  const answer = {
    history: [
      { id: 9, status: "IN_PROGRESS", ...one },
      { id: 8, status: "COMPLETED", ...one },
      { id: 7, status: "FAILED", ...one },
      { id: 6, status: "COMPLETED", ...one, is_savepoint: true },
    ],
  };
  expect(completedIn(answer).map((found) => checkpointEvent("j1", found, toRunMs))).toEqual(
    [6, 8].map((checkpointId) => ({
      kind: "checkpoint.completed",
      ...{ jobId: "j1", checkpointId, triggeredAtMs: 8000, completedAtMs: 8850 },
      isSavepoint: checkpointId === 6,
    })),
  );
});

describe("a snapshot", () => {
  const snapshot = {
    id: "77",
    operation: "append",
    addedRecords: 5,
    committedAtEpochMs: 1_009_000,
  };
  const told = {
    kind: "lake.committed",
    ...{ table: "users", snapshotId: "77", committedAtMs: 9000 },
    ...{ operation: "append", addedRecords: 5 },
  };

  test("of the streaming job names its job and its newest checkpoint", () => {
    const event = snapshotEvent("users", { ...snapshot, commit: "j1/op/12" }, toRunMs);
    expect(event).toEqual({ ...told, jobId: "j1", checkpointId: 12 });
  });

  test.each(["", "j1/op/", "j1/op/x"])("with the commit %o names none", (commit) => {
    expect(snapshotEvent("users", { ...snapshot, commit }, toRunMs)).toEqual(told);
  });
});

test("a moment of the wall clock in run time, to the microsecond", () => {
  const journal = { nowMs: (): number => 5000.25 };
  expect(runMsAt(journal, 999_000.1234, 1_000_000)).toBe(4000.373);
  // Set against the clock as it is now: what it was slewed by since the start is not in it.
  expect(runMsAt(journal, 1_000_000, 1_000_000)).toBe(5000.25);
});

describe("canaries in Kafka", () => {
  function captures(): { readonly told: JournalBody[]; readonly take: Take } {
    const told: JournalBody[] = [];
    const journal = {
      append: (body) => void told.push(body),
      nowMs: () => 1234.5,
    } as JournalWriter;
    const own = new CanaryCaptures({ journal, startedAtEpochMs: 1000.75 });
    const take: Take = (seq, op, source = {}, lane = CANARY_LANE) => {
      const row = {
        ...canaryRow("users", { partition: 0, partitionCount: 1, bucket: 3, canary: seq }),
        lane,
      };
      const json = {
        op,
        after: row,
        before: row,
        source: { schema: "bank", table: "users", ...source },
      };
      const event = readEnvelope(json);
      if (event !== undefined) own.take(event, json, { partition: 1, offset: 40 + seq });
    };
    return { told, take };
  }

  type Take = (seq: number, op: string, source?: object, lane?: number) => void;

  test("are told once, with their place and PostgreSQL's time", () => {
    const { told, take } = captures();
    take(1002, "u", { ts_ms: 5, ts_us: 5250 });
    take(1002, "u", { ts_ms: 5, ts_us: 5250 });
    expect(told).toEqual([
      {
        kind: "canary.captured",
        ...{ canary: 2, table: "users", partition: 1, offset: 1042, seenMs: 1234.5 },
        sourceMs: expect.any(Number) as number,
      },
    ]);
  });

  test("of an earlier run, fences and the load are passed over", () => {
    const { told, take } = captures();
    take(999, "u");
    take(1005, "u", {}, 3);
    expect(told).toEqual([]);
  });

  test("by a snapshot of the connector have no time of PostgreSQL", () => {
    const { told, take } = captures();
    take(1000, "r", { ts_ms: 5 });
    expect(told).toEqual([expect.not.objectContaining({ sourceMs: expect.anything() as number })]);
    expect(told).toMatchObject([{ canary: 0 }]);
  });
});
