/** The ledger tells lost, doubled and reordered changes apart. */
import { describe, expect, it } from "vitest";
import {
  ChangeLedger,
  FINDINGS_PER_KIND_MAX,
  SequenceSet,
  UNORDERED,
} from "../../../core/ledger.ts";

interface Where {
  readonly bucket?: number;
  readonly partition?: string;
  readonly isOrdered?: boolean;
}

/** One change of lane 1, at offset 9. */
function observe(ledger: ChangeLedger, seq: number, where: Where = {}): boolean {
  const { bucket = 7, partition = "users/0", isOrdered = true } = where;
  const order = isOrdered ? ledger.partition(partition) : UNORDERED;
  return ledger.observe(1, seq, bucket, 100 + seq, order, 9);
}

describe("ChangeLedger", () => {
  it("counts and sums per lane and bucket", () => {
    const ledger = new ChangeLedger();
    for (const seq of [1, 2, 3]) observe(ledger, seq);
    observe(ledger, 4, { bucket: 8 });
    expect(ledger.totals(7)).toEqual([
      { lane: 1, bucket: 7, eventCount: 3, distinctCount: 3, fingerprintSum: "306" },
    ]);
    expect(ledger.totals()).toHaveLength(2);
    expect([...ledger.sequencesOf(1, 7)]).toEqual([1, 2, 3]);
    expect(ledger.findings).toEqual([]);
  });

  it("expects no order of what a snapshot reads, and goes on with the order of what came before", () => {
    const ledger = new ChangeLedger();
    observe(ledger, 5);
    for (const seq of [9, 7, 2]) observe(ledger, seq, { isOrdered: false });
    observe(ledger, 6);
    expect(ledger.findings).toEqual([]);
    expect(ledger.totals(7)[0]).toMatchObject({ eventCount: 5, distinctCount: 5 });
    observe(ledger, 4);
    expect(ledger.findings).toMatchObject([{ anomaly: "reordered", seq: 4 }]);
  });

  it("counts a doubled change and keeps the distinct sum right", () => {
    const ledger = new ChangeLedger();
    for (const seq of [1, 2, 2]) observe(ledger, seq);
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
    observe(ledger, 1);
    observe(ledger, 3);
    observe(ledger, 2, { partition: "users/1" });
    expect(ledger.findings).toEqual([]);
    observe(ledger, 4, { partition: "users/1" });
    observe(ledger, 5);
    const late = new ChangeLedger();
    observe(late, 1);
    observe(late, 3);
    observe(late, 2);
    expect(late.findings).toMatchObject([
      { anomaly: "reordered", seq: 2, detail: "at users/0@9 after sequence 3" },
    ]);
  });

  it("keeps the first findings of each kind and counts the rest", () => {
    const ledger = new ChangeLedger();
    observe(ledger, 5000);
    for (let seq = 1; seq <= 1000; seq += 1) observe(ledger, seq);
    ledger.note({ anomaly: "corrupted", lane: 1, seq: 5, bucket: 7, detail: "late" });
    expect(ledger.findingCount).toBe(1001);
    expect(ledger.findings).toHaveLength(FINDINGS_PER_KIND_MAX + 1);
    expect(ledger.findings.at(-1)).toMatchObject({ anomaly: "corrupted" });
  });

  it("keeps lanes apart that come by turns, across buckets, with sums that do not round", () => {
    const ledger = new ChangeLedger();
    const order = ledger.partition("users/0");
    const fp = 2 ** 48 - 1;
    for (let seq = 1; seq <= 10_000; seq += 1) {
      for (const lane of [0, 7, 5000]) {
        const bucket = Math.floor(seq / 4000);
        expect(ledger.observe(lane, seq, bucket, fp, order, seq)).toBe(true);
      }
    }
    expect(ledger.observe(7, 4096, 1, fp, order, 0)).toBe(false);
    expect(ledger.duplicateCount).toBe(1);
    expect(ledger.eventCount).toBe(30_001);
    expect(ledger.findings).toEqual([]);
    expect(ledger.totals(1).map(({ lane, eventCount }) => [lane, eventCount])).toEqual([
      [0, 4000],
      [7, 4001],
      [5000, 4000],
    ]);
    const sum = (4000n * BigInt(fp)).toString();
    expect(ledger.totals(1).map(({ fingerprintSum }) => fingerprintSum)).toEqual([sum, sum, sum]);
  });

  it("leaves a gap where a change is lost", () => {
    const ledger = new ChangeLedger();
    for (const seq of [1, 2, 4]) observe(ledger, seq);
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
