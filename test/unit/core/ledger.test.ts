/** The ledger tells lost, doubled and reordered changes apart. */
import { describe, expect, it } from "vitest";
import { ChangeLedger, SequenceSet } from "../../../core/ledger.ts";

type Change = Parameters<ChangeLedger["record"]>[0];

function change(seq: number, more: Partial<Change> = {}): Change {
  return {
    lane: 1,
    seq,
    bucket: 7,
    fp: 100 + seq,
    partition: "users/0",
    position: "users/0@9",
    ...more,
  };
}

describe("ChangeLedger", () => {
  it("counts and sums per lane and bucket", () => {
    const ledger = new ChangeLedger();
    for (const seq of [1, 2, 3]) ledger.record(change(seq));
    ledger.record(change(4, { bucket: 8 }));
    expect(ledger.totals(7)).toEqual([
      { lane: 1, bucket: 7, eventCount: 3, distinctCount: 3, fingerprintSum: "306" },
    ]);
    expect(ledger.totals()).toHaveLength(2);
    expect([...ledger.sequencesOf(1, 7)]).toEqual([1, 2, 3]);
    expect(ledger.findings).toEqual([]);
  });

  it("expects no order of what a snapshot reads, and goes on with the order of what came before", () => {
    const ledger = new ChangeLedger();
    ledger.record(change(5));
    for (const seq of [9, 7, 2]) ledger.record(change(seq, { isOrdered: false }));
    ledger.record(change(6));
    expect(ledger.findings).toEqual([]);
    expect(ledger.totals(7)[0]).toMatchObject({ eventCount: 5, distinctCount: 5 });
    ledger.record(change(4));
    expect(ledger.findings).toMatchObject([{ anomaly: "reordered", seq: 4 }]);
  });

  it("counts a doubled change and keeps the distinct sum right", () => {
    const ledger = new ChangeLedger();
    for (const seq of [1, 2, 2]) ledger.record(change(seq));
    expect(ledger.duplicateCount).toBe(1);
    expect(ledger.findings).toEqual([]);
    expect(ledger.totals(7)[0]).toMatchObject({
      eventCount: 3,
      distinctCount: 2,
      fingerprintSum: "203",
    });
  });

  it("finds a change that comes after its successor in the same partition only", () => {
    const ledger = new ChangeLedger();
    ledger.record(change(1));
    ledger.record(change(3));
    ledger.record(change(2, { partition: "users/1" }));
    expect(ledger.findings).toEqual([]);
    ledger.record(change(4, { partition: "users/1" }));
    ledger.record(change(5));
    const late = new ChangeLedger();
    late.record(change(1));
    late.record(change(3));
    late.record(change(2));
    expect(late.findings).toMatchObject([{ anomaly: "reordered", seq: 2 }]);
  });

  it("leaves a gap where a change is lost", () => {
    const ledger = new ChangeLedger();
    for (const seq of [1, 2, 4]) ledger.record(change(seq));
    expect(ledger.has(1, 3)).toBe(false);
    expect([...ledger.sequencesOf(1, 7)]).toEqual([1, 2, 4]);
  });
});

describe("SequenceSet", () => {
  it("grows, keeps every bit apart and counts", () => {
    const set = new SequenceSet();
    const numbers = [1, 31, 32, 63, 64, 100_000, 1_000_003];
    for (const number of numbers) expect(set.add(number)).toBe(true);
    for (const number of numbers) expect(set.add(number)).toBe(false);
    expect(set.size).toBe(numbers.length);
    expect(set.has(1_000_003)).toBe(true);
    expect(set.has(1_000_002)).toBe(false);
    expect(set.has(5_000_000)).toBe(false);
  });
});
