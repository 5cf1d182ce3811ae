/** What was done between two looks at the maintenance's metrics, and what the daily check makes of them. */
import { describe, expect, it } from "vitest";
import { judgeMaintenance } from "../../../../infra/health/checks/lake-maintenance.ts";
import { MaintenanceMetrics } from "../../../../infra/lake-maintenance/metrics.ts";
import { doneBetween, readMaintenance } from "../../../../infra/lake-maintenance/readings.ts";

const LOOK = { fileCount: 40, fileBytes: 4000, snapshotCount: 12, streamAgeS: 3 };
const optimize = { table: "users", operation: "optimize" } as const;
const NOW_EPOCH_MS = 1_000_000_000;

function counted(): MaintenanceMetrics {
  const metrics = new MaintenanceMetrics();
  metrics.answered();
  const look = { table: "users", operation: "look", outcome: "ok" } as const;
  metrics.done({ ...look, durationMs: 100, endedAtEpochMs: NOW_EPOCH_MS });
  return metrics;
}

function compacted(metrics: MaintenanceMetrics, atEpochMs = NOW_EPOCH_MS): void {
  metrics.saw("users", { ...LOOK, fileCount: 2 });
  metrics.compacted("users", LOOK, { ...LOOK, fileCount: 2 });
  metrics.done({ ...optimize, outcome: "ok", durationMs: 4000, endedAtEpochMs: atEpochMs });
}

function conflicted(metrics: MaintenanceMetrics): void {
  const conflict = { ...optimize, outcome: "conflict", durationMs: 2000 } as const;
  metrics.done({ ...conflict, endedAtEpochMs: NOW_EPOCH_MS });
}

describe("between two looks", () => {
  it("looks themselves are no work, and nothing new is nothing", () => {
    const before = readMaintenance(new MaintenanceMetrics().text());
    const now = readMaintenance(counted().text());
    expect(doneBetween(before, now, 0)).toEqual([]);
  });

  it("a compaction is told with its files, a conflict without", () => {
    const metrics = counted();
    const before = readMaintenance(metrics.text());
    compacted(metrics);
    const between = readMaintenance(metrics.text());
    conflicted(metrics);
    const now = readMaintenance(metrics.text());
    expect(doneBetween(before, between, NOW_EPOCH_MS - 60_000)).toEqual([
      {
        ...{ ...optimize, outcome: "ok", runCount: 1, durationMs: 4000 },
        ...{ startedAtMs: 56_000, endedAtMs: 60_000 },
        ...{ beforeFileCount: 40, afterFileCount: 2, snapshotCount: 12 },
      },
    ]);
    const times = { startedAtMs: NOW_EPOCH_MS - 2000, endedAtMs: NOW_EPOCH_MS };
    expect(doneBetween(between, now, 0)).toEqual([
      { ...optimize, outcome: "conflict", runCount: 1, durationMs: 2000, ...times },
    ]);
  });

  it("what counts from nothing again was started again", () => {
    const first = counted();
    compacted(first);
    compacted(first);
    const second = counted();
    compacted(second);
    const [done] = doneBetween(readMaintenance(first.text()), readMaintenance(second.text()), 0);
    expect(done).toMatchObject({ outcome: "ok", runCount: 1, durationMs: 4000 });
  });

  it("a statement that is under way is told, a look is not", () => {
    const metrics = counted();
    metrics.began("users", "look");
    expect(readMaintenance(metrics.text()).isWorking).toBe(false);
    metrics.began("users", "optimize");
    expect(readMaintenance(metrics.text()).isWorking).toBe(true);
    conflicted(metrics);
    expect(readMaintenance(metrics.text()).isWorking).toBe(false);
  });

  it("what was skipped took no time", () => {
    const metrics = counted();
    const before = readMaintenance(metrics.text());
    const expiry = { table: "users", operation: "expire_snapshots" } as const;
    metrics.done({ ...expiry, outcome: "skipped", durationMs: 0, endedAtEpochMs: 0 });
    expect(doneBetween(before, readMaintenance(metrics.text()), 0)).toEqual([
      { ...expiry, outcome: "skipped", runCount: 1, durationMs: 0, startedAtMs: 0, endedAtMs: 0 },
    ]);
  });
});

describe("the daily check", () => {
  const judged = (metrics: MaintenanceMetrics): readonly string[] =>
    judgeMaintenance("users", readMaintenance(metrics.text()), {
      intervalS: 300,
      nowEpochMs: NOW_EPOCH_MS,
    }).map(({ check, status }) => `${status} ${check}`);

  it("finds nothing wrong before the first round", () => {
    expect(judged(counted())).toEqual(["ok maintenance of users"]);
  });

  it.each([
    [0, "ok"],
    [15 * 60, "ok"],
    [16 * 60, "warn"],
    [3 * 3600, "bad"],
  ])("a last compaction %d s ago is %s", (ageS, status) => {
    const metrics = counted();
    compacted(metrics, NOW_EPOCH_MS - ageS * 1000);
    expect(judged(metrics)[0]).toBe(`${status} maintenance of users`);
  });

  it("says when none was ever done", () => {
    const metrics = counted();
    conflicted(metrics);
    expect(judged(metrics)[0]).toBe("bad maintenance of users");
  });

  it("warns where more than half of several attempts conflict", () => {
    const metrics = counted();
    compacted(metrics);
    conflicted(metrics);
    conflicted(metrics);
    expect(judged(metrics)[1]).toBe("ok conflicts on users");
    conflicted(metrics);
    expect(judged(metrics)[1]).toBe("warn conflicts on users");
  });
});
