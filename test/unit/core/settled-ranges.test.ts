/** Ranges grow while they are contiguous and of one outcome, and no sequence number is in two of them. */
import { expect, it } from "vitest";
import { SettledRanges, type SettledRange } from "../../../core/settled-ranges.ts";

it("closes a range when the outcome changes or a number is missing", () => {
  const closed: SettledRange[] = [];
  const ranges = new SettledRanges((range) => closed.push(range));
  ranges.settle(0, 1, 3, "ok");
  ranges.settle(0, 4, 4, "ok");
  ranges.settle(1, 1, 2, "ok");
  ranges.settle(0, 5, 6, "fail");
  ranges.settle(0, 9, 9, "fail");
  ranges.flush(0);
  ranges.flush(1);
  ranges.flush(1);
  expect(closed).toEqual([
    { lane: 0, seqMin: 1, seqMax: 4, outcome: "ok" },
    { lane: 0, seqMin: 5, seqMax: 6, outcome: "fail" },
    { lane: 0, seqMin: 9, seqMax: 9, outcome: "fail" },
    { lane: 1, seqMin: 1, seqMax: 2, outcome: "ok" },
  ]);
});
