/** Whose loss leaves copies behind: tried on placements as Kafka makes them. */
import { describe, expect, it } from "vitest";
import { chooseLoss } from "../../../chaos/copies.ts";
import type { ReplicaSet } from "../../../core/contracts/component.ts";

const VOTERS = ["kafka-0", "kafka-1", "kafka-2"];

function set(leaderId: string, followerIds: readonly string[], voterIds = VOTERS): ReplicaSet {
  return { name: `t/${leaderId}`, leaderId, followerIds, inSyncIds: followerIds, voterIds };
}

const onThree = set("kafka-0", ["kafka-1", "kafka-2"]);
const withFourth = set("kafka-1", ["kafka-2", "kafka-3"]);

describe("chooseLoss", () => {
  it("stops all followers and kills their leader", () => {
    const { stalledIds, killedIds } = chooseLoss([onThree], { stalledCount: 0, outOfSync: false });
    expect(stalledIds).toEqual(["kafka-1", "kafka-2"]);
    expect(killedIds).toEqual(["kafka-0"]);
  });

  it("takes a set for which a majority of the controllers is always there", () => {
    const loss = chooseLoss([onThree, withFourth], { stalledCount: 0, outOfSync: true });
    expect(loss.set).toBe(withFourth);
  });

  it("kills every copy in sync but the leader's controllers' majority", () => {
    const loss = chooseLoss([onThree, withFourth], { stalledCount: 1, outOfSync: true });
    expect(loss.stalledIds).toEqual(["kafka-2"]);
    expect(loss.killedIds).toEqual(["kafka-1", "kafka-3"]);
  });

  it("refuses a placement on three brokers where somebody has to decide", () => {
    const wanted = { stalledCount: 0, outOfSync: true };
    expect(() => chooseLoss([onThree], wanted)).toThrow("too few voters are left");
  });

  it("asks no quorum where others decide", () => {
    const patroni = set("postgres-2", ["postgres-0", "postgres-1"], []);
    const { killedIds } = chooseLoss([patroni], { stalledCount: 0, outOfSync: true });
    expect(killedIds).toEqual(["postgres-2"]);
  });

  it("refuses what has no followers, or fewer than are to stop", () => {
    const wanted = { stalledCount: 3, outOfSync: false };
    expect(() => chooseLoss([onThree], wanted)).toThrow("No set has enough followers");
    expect(() => chooseLoss([], wanted)).toThrow("there is none");
  });
});
