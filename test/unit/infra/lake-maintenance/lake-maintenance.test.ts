/** What the lake's maintenance says to Trino, how it takes the answers, and what it counts. */
import { describe, expect, it } from "vitest";
import {
  maintenanceConfig,
  parseMaintenanceConfig,
} from "../../../../infra/lake-maintenance/config.ts";
import { MaintenanceMetrics } from "../../../../infra/lake-maintenance/metrics.ts";
import {
  expireSnapshotsSql,
  lookOf,
  mayExpire,
  optimizeSql,
  outcomeOf,
} from "../../../../infra/lake-maintenance/statements.ts";
import { RESOURCE_GROUPS } from "../../../../infra/components/trino-groups.ts";
import { lakeMaintenance } from "../../../../infra/components/lake-maintenance.ts";
import { contextOf, hostOf } from "../components/bi-context.ts";

const PLACE = { trino: "127.1.5.1:8080", listen: { host: "127.1.0.1", port: 9464 } };
const CONFIG = maintenanceConfig("lake-maintenance", {}, PLACE);

describe("statements", () => {
  it("compact the small files of today and yesterday, in UTC", () => {
    const justAfterMidnight = Date.parse("2026-11-22T00:00:01Z");
    expect(optimizeSql("users", CONFIG, justAfterMidnight)).toBe(
      "ALTER TABLE iceberg.raw_data.users EXECUTE optimize(file_size_threshold => '16MB') " +
        "WHERE partition_date >= DATE '2026-11-21'",
    );
  });

  it("expire with the retention of the configuration", () => {
    expect(expireSnapshotsSql("accounts", { ...CONFIG, retentionS: 300 })).toBe(
      "ALTER TABLE iceberg.raw_data.accounts EXECUTE expire_snapshots(retention_threshold => '300s')",
    );
  });

  it.each([
    [[[12, 34_567, 5, 3]], 3],
    [[[12, 34_567, 5, null]], undefined],
  ])("read a look at the metadata: %j", (rows, streamAgeS) => {
    const look = lookOf(rows);
    expect(look).toEqual({ fileCount: 12, fileBytes: 34_567, snapshotCount: 5, streamAgeS });
  });

  it.each([
    [10, true],
    [1799, true],
    [1800, false],
    [undefined, false],
  ])("leave the stream its memory of what it committed: %s s old", (streamAgeS, may) => {
    const look = { fileCount: 1, fileBytes: 1, snapshotCount: 9, streamAgeS };
    expect(mayExpire(look, CONFIG)).toBe(may);
  });

  it.each([
    [
      "Trino refused the query: Failed to commit during optimize: Missing required files to delete (ICEBERG_COMMIT_ERROR)",
      "conflict",
    ],
    [
      "Trino refused the query: Cannot commit changes based on stale table metadata (GENERIC_INTERNAL_ERROR)",
      "conflict",
    ],
    [
      "Trino refused the query: Retention specified (60.00s) is shorter (INVALID_ARGUMENTS)",
      "refused",
    ],
    ["connect ECONNREFUSED 127.1.5.1:8080", "unreachable"],
    ["No answer within 120000 ms", "unreachable"],
  ])("take %j for what it is", (reason, outcome) => {
    expect(outcomeOf(reason)).toBe(outcome);
  });
});

describe("the configuration", () => {
  it("comes back from its file as it was", () => {
    expect(parseMaintenanceConfig(JSON.stringify(CONFIG))).toEqual(CONFIG);
  });

  it.each([{ retentionS: 119 }, { intervalS: 0 }, { intervalMs: 5 }])("refuses %j", (tuning) => {
    expect(() => maintenanceConfig("lake-maintenance", tuning, PLACE)).toThrow(
      "lake-maintenance: ",
    );
  });

  it.each(["", "{}"])("refuses a file that holds %j", (text) => {
    expect(() => parseMaintenanceConfig(text)).toThrow();
  });
});

describe("the component", () => {
  const [spec, ...more] = lakeMaintenance.instances(
    contextOf("lake-maintenance", 1, { intervalS: 30 }),
  );

  it("is one process of ours that is told where Trino is", () => {
    expect(more).toEqual([]);
    expect(spec?.command.argv.slice(-3)).toEqual([
      expect.stringMatching(/\/cli\/lakeproof\.js$/),
      "maintain",
      "/lab/data/lake-maintenance-0/maintenance.json",
    ]);
    const config = parseMaintenanceConfig(spec?.files["maintenance.json"] ?? "");
    expect(config).toMatchObject({ intervalS: 30, trino: `${hostOf("trino", 0)}:8080` });
    expect(config.listen).toEqual({ host: spec?.host, port: spec?.ports["metrics"] });
  });

  it("refuses a second one, which the first would only conflict with", () => {
    expect(() => lakeMaintenance.instances(contextOf("lake-maintenance", 2))).toThrow(
      "more than one instance",
    );
  });

  it("has a place of its own in Trino that takes none from others", () => {
    const [global] = RESOURCE_GROUPS.rootGroups;
    const limits = global.subGroups.map((group) => group.hardConcurrencyLimit);
    expect(global.hardConcurrencyLimit).toBe(limits.reduce<number>((sum, limit) => sum + limit, 0));
    expect(global.subGroups.at(-1)).toMatchObject({ name: "maintenance", hardConcurrencyLimit: 1 });
  });
});

describe("the metrics", () => {
  it("count by table, operation and outcome", () => {
    const metrics = new MaintenanceMetrics();
    expect(metrics.text()).toMatch(/^lakeproof_maintenance_up 0$/m);
    metrics.answered();
    const facts = { table: "users", operation: "optimize", endedAtEpochMs: 5_500 } as const;
    metrics.done({ ...facts, outcome: "conflict", durationMs: 250 });
    metrics.done({ ...facts, outcome: "ok", durationMs: 500 });
    metrics.done({ ...facts, operation: "expire_snapshots", outcome: "skipped", durationMs: 0 });
    const look = { fileCount: 9, fileBytes: 90, snapshotCount: 4, streamAgeS: 1 };
    metrics.saw("users", look);
    metrics.compacted("users", look, { ...look, fileCount: 1 });
    const lines = metrics.text().split("\n");
    expect(lines).toEqual(
      expect.arrayContaining([
        "# TYPE lakeproof_maintenance_runs_total counter",
        "lakeproof_maintenance_up 1",
        'lakeproof_maintenance_runs_total{table="users",operation="optimize",outcome="conflict"} 1',
        'lakeproof_maintenance_runs_total{table="users",operation="optimize",outcome="ok"} 1',
        'lakeproof_maintenance_runs_total{table="users",operation="expire_snapshots",outcome="skipped"} 1',
        'lakeproof_maintenance_duration_seconds_sum{table="users",operation="optimize"} 0.75',
        'lakeproof_maintenance_duration_seconds_count{table="users",operation="optimize"} 2',
        'lakeproof_maintenance_last_success_timestamp_seconds{table="users",operation="optimize"} 5.5',
        'lakeproof_maintenance_files{table="users"} 9',
        'lakeproof_maintenance_compacted_files{table="users",when="before"} 9',
        'lakeproof_maintenance_compacted_files{table="users",when="after"} 1',
      ]),
    );
    const times = ["last_start_timestamp_seconds", "last_end_timestamp_seconds"];
    const ended = lines.filter((line) => times.some((name) => line.includes(`_${name}{`)));
    expect(ended).toHaveLength(times.length * 3);
    expect(ended[1]).toMatch(/_last_start_.*outcome="ok"\} 5$/);
    const idle = lines.filter((line) => line.includes("_running{"));
    expect(idle.map((line) => line.slice(-2))).toEqual([" 0", " 0"]);
    const all = lines.filter((line) => line.startsWith("lakeproof_"));
    expect(all).toHaveLength(12 + ended.length + idle.length);
  });
});
