/** The streaming job is submitted with where it goes on from, and one that is about to end is not taken for running. */
import { describe, expect, it } from "vitest";
import { isStopping, lakeStatements } from "../../../../infra/components/lakehouse.ts";
import { contextOf } from "./bi-context.ts";

const SAVEPOINT = "s3://flink-checkpoints/savepoints/savepoint-1a-22";

describe("the statements of the lake", () => {
  const context = contextOf("lakehouse", 1);

  it("differ by the savepoint alone, named before the job", () => {
    const restored = lakeStatements(context, SAVEPOINT);
    const named = `SET 'execution.state-recovery.path' = '${SAVEPOINT}'`;
    expect(restored.filter((statement) => statement !== named)).toEqual(lakeStatements(context));
    expect(restored.indexOf(named)).toBe(restored.length - 2);
    expect(restored.at(-1)).toMatch(/^EXECUTE STATEMENT SET/);
  });
});

describe("a job that stops", () => {
  const idle = { latest: {}, history: [{ status: "IN_PROGRESS", is_savepoint: false }] };

  it("is taking a savepoint, or has taken it", () => {
    const taking = { ...idle, history: [{ status: "IN_PROGRESS", is_savepoint: true }] };
    expect(isStopping(taking)).toBe(true);
    expect(isStopping({ ...idle, latest: { savepoint: { external_path: SAVEPOINT } } })).toBe(true);
  });

  it("is not one that only checkpoints, or whose savepoint failed", () => {
    expect(isStopping(idle)).toBe(false);
    expect(isStopping({ ...idle, latest: { savepoint: null } })).toBe(false);
    const failed = { ...idle, history: [{ status: "FAILED", is_savepoint: true }] };
    expect(isStopping(failed)).toBe(false);
  });
});
