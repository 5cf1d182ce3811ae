/** The partitioner against the vectors of Kafka's own tests, and rows placed on purpose. */
import { describe, expect, it } from "vitest";
import { LakeproofError } from "../../../core/errors.ts";
import { CANARY_LANE, FENCE_LANE } from "../../../generators/bank-rows.ts";
import { canaryRow, canaryTxn, fenceRow, fenceTxn } from "../../../generators/control-rows.ts";
import { verifyFingerprint } from "../../../generators/envelope.ts";
import {
  connectKey,
  idForPartition,
  murmur2,
  partitionOf,
} from "../../../generators/kafka-partition.ts";

describe("murmur2", () => {
  it.each([
    ["21", -973_932_308],
    ["foobar", -790_332_482],
    ["a-little-bit-long-string", -985_981_536],
    ["a-little-bit-longer-string", -1_486_304_829],
    ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971],
    ["abc", 479_470_107],
  ])("of %s is what Kafka computes", (text, expected) => {
    expect(murmur2(new TextEncoder().encode(text))).toBe(expected);
  });

  it("reads a view into a larger buffer from its own start", () => {
    const bytes = new TextEncoder().encode("xxxfoobar");
    expect(murmur2(bytes.subarray(3))).toBe(-790_332_482);
  });
});

describe("partitionOf", () => {
  it("drops the sign bit instead of negating", () => {
    expect(partitionOf("21", 10)).toBe((-973_932_308 & 0x7fff_ffff) % 10);
    expect(partitionOf("abc", 10)).toBe(7);
  });
});

describe("idForPartition", () => {
  it("finds a negative id on every partition, odd for users and even for accounts", () => {
    for (const partitionCount of [1, 3, 10]) {
      for (let partition = 0; partition < partitionCount; partition += 1) {
        const userId = idForPartition("users", partition, partitionCount, -1);
        const accountId = idForPartition("accounts", partition, partitionCount, -1);
        expect(partitionOf(connectKey(userId), partitionCount)).toBe(partition);
        expect(partitionOf(connectKey(accountId), partitionCount)).toBe(partition);
        expect(userId).toBeLessThan(0);
        expect(Math.abs(userId % 2)).toBe(1);
        expect(accountId).toBeLessThan(0);
        expect(Math.abs(accountId % 2)).toBe(0);
      }
    }
  });

  it("starts at the id given", () => {
    expect(idForPartition("users", 0, 1, -501)).toBe(-501);
    expect(idForPartition("accounts", 0, 1, -501)).toBe(-502);
  });

  it("refuses a partition that does not exist", () => {
    expect(() => idForPartition("users", 3, 3, -1)).toThrow(LakeproofError);
  });
});

describe("control rows", () => {
  it("carry lane, sequence and a fingerprint that verifies, and keep their id per partition", () => {
    const first = fenceRow("accounts", { partition: 2, partitionCount: 3, bucket: 7 });
    const later = fenceRow("accounts", { partition: 2, partitionCount: 3, bucket: 8 });
    expect(first).toMatchObject({ lane: FENCE_LANE, seq: 7, bucket: 7, balance: 0 });
    expect(later.id).toBe(first.id);
    expect(later.fp).not.toBe(first.fp);
    const spec = { partition: 2, partitionCount: 3, bucket: 7, canary: 41 };
    const canary = canaryRow("users", spec);
    expect(canary).toMatchObject({ lane: CANARY_LANE, seq: 41, bucket: 7, name: "canary" });
    expect([first, later, canary].map(verifyFingerprint)).toEqual([true, true, true]);
    expect(canaryTxn("accounts", spec).changes[0]).toMatchObject({ table: "accounts", op: "u" });
  });

  it("make one fence a partition and table, with ids no canary has", () => {
    const { changes, seqMin, seqMax } = fenceTxn(9, 10);
    const ids = changes.map((change) => `${change.table}${String(change.row.id)}`);
    expect(ids).toHaveLength(20);
    expect(new Set(ids).size).toBe(20);
    expect([seqMin, seqMax]).toEqual([9, 9]);
    const canaryIds = Array.from({ length: 10 }, (_, partition) => {
      const spec = { partition, partitionCount: 10, bucket: 1, canary: 1 };
      return `users${String(canaryRow("users", spec).id)}`;
    });
    expect(canaryIds.filter((id) => ids.includes(id))).toEqual([]);
  });
});
