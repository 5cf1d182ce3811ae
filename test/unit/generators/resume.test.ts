/** A lane that goes on where another was killed ends as if nothing had happened. */
import { describe, expect, it } from "vitest";
import {
  buildDictionaries,
  openBankLane,
  type BankLane,
  type BankLaneOptions,
} from "../../../generators/bank.ts";
import { seqOf } from "../../../generators/bank-rows.ts";
import { resumeLane } from "../../../generators/resume.ts";

const seed = 71n;
const dictionaries = buildDictionaries(seed);

function newLane(more: Partial<BankLaneOptions> = {}): BankLane {
  const lane = openBankLane({
    ...{ seed, lane: 1, laneCount: 3, userCount: 60, dictionaries },
    ...more,
  });
  while (more.opening !== "implied" && lane.populate(0, 500) !== undefined);
  return lane;
}

/** What both make from now on. */
function expectSameFuture(one: BankLane, other: BankLane): void {
  expect(one.digest()).toEqual(other.digest());
  expect([...one.rows()]).toEqual([...other.rows()]);
  for (let count = 0; count < 50; count += 1) expect(one.next(9)).toEqual(other.next(9));
}

describe("a lane that is resumed", () => {
  it("makes the same operations from then on", () => {
    const killed = newLane();
    for (let count = 0; count < 200; count += 1) killed.next(count < 120 ? 0 : 1);
    const resumed = newLane();
    const steps = [
      { bucket: 0, txnCount: 120, outcome: "ok" },
      { bucket: 1, txnCount: 80, outcome: "ok" },
    ] as const;
    expect(resumeLane(resumed, steps, new Set())).toEqual([]);
    expectSameFuture(resumed, killed);
  });

  it("takes back what was refused, and leaves its sequence numbers used up", () => {
    const killed = newLane();
    for (let count = 0; count < 90; count += 1) {
      killed.next(0);
      if (count >= 30 && count < 40) killed.rollbackLast();
    }
    const resumed = newLane();
    const steps = [
      { bucket: 0, txnCount: 30, outcome: "ok" },
      { bucket: 0, txnCount: 10, outcome: "fail" },
      { bucket: 0, txnCount: 50, outcome: "ok" },
    ] as const;
    resumeLane(resumed, steps, new Set());
    expectSameFuture(resumed, killed);
  });

  it("names the changes that the target lacks, of what nobody knows alone", () => {
    const killed = newLane({ opening: "implied", beforeImages: true });
    const made = Array.from({ length: 40 }, () => killed.next(2));
    const tail = made.slice(30).flatMap(({ changes }) => changes);
    const present = new Set(tail.map(seqOf).filter((seq) => seq % 3 === 0));
    expect(present.size).toBeGreaterThan(0);
    const resumed = newLane({ opening: "implied", beforeImages: true });
    const steps = [
      { bucket: 2, txnCount: 30, outcome: "ok" },
      { bucket: 2, txnCount: 10, outcome: "unknown" },
    ] as const;
    const missing = resumeLane(resumed, steps, present).flatMap(({ changes }) => changes);
    expect(missing).toEqual(tail.filter((change) => !present.has(seqOf(change))));
    expectSameFuture(resumed, killed);
  });
});
