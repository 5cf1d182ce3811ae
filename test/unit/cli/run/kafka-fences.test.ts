import { expect, it } from "vitest";
import { differenceText } from "../../../../cli/run/kafka-fences.ts";
import type { BucketTotals } from "../../../../core/ledger.ts";

function cell(lane: number, distinctCount: number, fingerprintSum = "9"): BucketTotals {
  return { lane, bucket: 4, eventCount: distinctCount, distinctCount, fingerprintSum };
}

it("says nothing where both hold the same changes, repeated or not", () => {
  const repeated = { ...cell(1, 10), eventCount: 14 };
  expect(differenceText([cell(0, 5), cell(1, 10)], [cell(0, 5), repeated])).toBeUndefined();
});

it("names the lane and by how much it differs", () => {
  expect(differenceText([cell(0, 5), cell(1, 10)], [cell(0, 5), cell(1, 8)])).toBe(
    "lane 1 lacks 2 acknowledged change(s)",
  );
  expect(differenceText([cell(3, 5)], [])).toBe("lane 3 lacks 5 acknowledged change(s)");
  expect(differenceText([cell(0, 5)], [cell(0, 6)])).toBe("lane 0 has 1 nobody acknowledged");
  expect(differenceText([cell(0, 5)], [cell(0, 5, "8")])).toBe(
    "lane 0 holds other changes than were acknowledged",
  );
});
