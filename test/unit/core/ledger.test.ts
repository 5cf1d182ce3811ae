/** The ledger tells lost, doubled and reordered changes apart. */
import { describe, expect, it } from "vitest";
import { ChangeLedger, FINDINGS_PER_KIND_MAX, SequenceSet } from "../../../core/ledger.ts";

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

  it("keeps the first findings of each kind and counts the rest", () => {
    const ledger = new ChangeLedger();
    ledger.record(change(5000));
    for (let seq = 1; seq <= 1000; seq += 1) ledger.record(change(seq));
    ledger.note({ anomaly: "corrupted", lane: 1, seq: 5, bucket: 7, detail: "late" });
    expect(ledger.findingCount).toBe(1001);
    expect(ledger.findings).toHaveLength(FINDINGS_PER_KIND_MAX + 1);
    expect(ledger.findings.at(-1)).toMatchObject({ anomaly: "corrupted" });
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

  it("keeps nothing of what is whole, whichever order it came in", () => {
    const set = new SequenceSet();
    for (let seq = 1; seq <= 400_000; seq += 2) set.add(seq);
    expect(set.openPageCount).toBe(98);
    for (let seq = 400_000; seq >= 2; seq -= 2) set.add(seq);
    expect(set.openPageCount).toBe(1);
    expect(set.size).toBe(400_000);
    expect(set.has(400_000)).toBe(true);
    expect(set.has(400_001)).toBe(false);
    expect(set.add(4096)).toBe(false);
  });

  it("keeps the page of each gap, and fills it later", () => {
    const set = new SequenceSet();
    const gaps = [5, 50_000, 120_001];
    for (let seq = 1; seq <= 40 * 4096; seq += 1) if (!gaps.includes(seq)) set.add(seq);
    expect(set.openPageCount).toBe(gaps.length);
    for (const seq of gaps) expect(set.has(seq)).toBe(false);
    for (const seq of [4, 6, 49_999, 50_001, 120_000, 120_002]) expect(set.has(seq)).toBe(true);
    for (const seq of gaps.toReversed()) expect(set.add(seq)).toBe(true);
    expect(set.openPageCount).toBe(0);
    for (const seq of gaps) expect(set.add(seq)).toBe(false);
  });
});
