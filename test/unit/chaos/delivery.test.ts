/** Faults of delivery: what they accept as a target, and what they take for proof. */
import { describe, expect, it } from "vitest";
import { batchText } from "../../../chaos/connector-mid-batch.ts";
import { committerAmong } from "../../../chaos/flink-rest.ts";
import { FAULTS } from "../../../chaos/index.ts";
import type { Fault, FaultReach } from "../../../core/contracts/fault.ts";
import { toleranceOf } from "../../../infra/tolerance.ts";
import { TOPOLOGIES } from "../../../infra/topologies/index.ts";

function reachOf(
  name: keyof typeof FAULTS,
  topology: "dev" | "mini",
  service: string,
  count: number,
): FaultReach | undefined {
  const fault: Fault = FAULTS[name];
  const { services } = TOPOLOGIES[topology];
  return fault.reach?.({ params: fault.params.parse({}), service, count, services, toleranceOf });
}

describe("commit-ack-loss", () => {
  it("is at the boundary where a spare TaskManager is there, and beyond the design where none is", () => {
    expect(reachOf("commit-ack-loss", "mini", "flink-taskmanager", 2)).toEqual({
      faultClass: "B",
      takesOver: false,
      services: ["flink-taskmanager"],
    });
    expect(reachOf("commit-ack-loss", "dev", "flink-taskmanager", 1)?.faultClass).toBe("X");
  });

  it("refuses what commits nothing, and one of several", () => {
    expect(reachOf("commit-ack-loss", "mini", "kafka", 3)?.problem).toMatch(
      /kafka commits nothing/,
    );
    expect(reachOf("commit-ack-loss", "mini", "flink-taskmanager", 1)?.problem).toMatch(
      /count is all/,
    );
  });

  it("takes the task that commits the table, not the one that writes it", () => {
    const vertices = [
      { name: "Source: accounts_changes[1] -> Calc[2]" },
      { name: "IcebergStreamWriter" },
      { name: "IcebergFilesCommitter -> Sink: IcebergSink iceberg.raw_data.users" },
      { name: "IcebergFilesCommitter -> Sink: IcebergSink iceberg.raw_data.accounts" },
    ];
    expect(committerAmong(vertices, "accounts")).toBe(vertices[3]);
    expect(committerAmong(vertices.slice(0, 3), "accounts")).toBeUndefined();
    const other = [{ name: "IcebergFilesCommitter -> Sink: IcebergSink raw_data.old_accounts" }];
    expect(committerAmong(other, "accounts")).toBeUndefined();
  });
});

describe("connector-mid-batch", () => {
  it("is about workers of Connect", () => {
    expect(reachOf("connector-mid-batch", "mini", "connect", 1)).toMatchObject({ faultClass: "W" });
    expect(reachOf("connector-mid-batch", "mini", "kafka", 1)?.problem).toMatch(/about connect/);
  });

  it("believes neither a batch that had not begun nor one that was whole", () => {
    const batch = { fromCount: 100, toCount: 500 };
    expect(batchText({ ...batch, reachedCount: 100 })).toBeUndefined();
    expect(batchText({ ...batch, reachedCount: 500 })).toBeUndefined();
    expect(batchText({ ...batch, reachedCount: 650 })).toBeUndefined();
    expect(batchText({ ...batch, reachedCount: 220 })).toBe(
      "killed with 120 of the 400 changes of its backlog in Kafka",
    );
  });
});

it("link-jam is about a link, and may make Connect start again", () => {
  expect(reachOf("link-jam", "dev", "pg-link", 1)).toMatchObject({
    faultClass: "B",
    services: ["pg-link", "connect"],
  });
  expect(reachOf("link-jam", "dev", "kafka", 1)?.problem).toMatch(/kafka is no link/);
});
