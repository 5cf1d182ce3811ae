/** Sums over rows against the slow way, with repeats whose copies differ and rows that belong nowhere. */
import { describe, expect, it } from "vitest";
import { CANARY_LANE } from "../../../../../core/bank-schema.ts";
import { ChangeSums, StateSums, type BankRows } from "../../../../../slo/probes/lake-files/sums.ts";
import { seededRandom } from "../../../../fixtures/seeded-random.ts";

interface Row {
  readonly lane: number;
  readonly bucket: number;
  readonly seq: number;
  readonly fp: number;
  readonly id: number;
  readonly op: string;
  readonly balance: number;
}

function columnsOf(rows: readonly Row[], hidden: ReadonlySet<number> = new Set()): BankRows {
  const column = (name: Exclude<keyof Row, "op">): Float64Array =>
    Float64Array.from(rows, (row) => row[name]);
  return {
    rowCount: rows.length,
    hidden,
    lane: column("lane"),
    bucket: column("bucket"),
    seq: column("seq"),
    fp: column("fp"),
    id: column("id"),
    balance: column("balance"),
    op: Float64Array.from(rows, ({ op }) => op.charCodeAt(0)),
  };
}

function randomRows(seed: number): readonly Row[] {
  const random = seededRandom(seed);
  const lanes = [0, 1, CANARY_LANE, Number.NaN];
  return Array.from({ length: 400 }, () => ({
    lane: lanes[Math.floor(random() * lanes.length)] ?? 0,
    bucket: Math.floor(random() * 4),
    seq: 1 + Math.floor(random() * 90),
    fp: Math.floor(random() * 2 ** 48),
    id: Math.floor(random() * 20),
    op: random() < 0.2 ? "d" : "u",
    balance: Math.floor(random() * 1e9) - 5e8,
  }));
}

describe("the sums of changes", () => {
  it.each([1, 2, 3, 4])("take the least fingerprint of a repeated row (seed %i)", (seed) => {
    // A sequence number belongs to one bucket, as in a bank.
    const rows = randomRows(seed).map((row) => ({ ...row, bucket: row.seq % 4 }));
    const sums = new ChangeSums({ bucketMin: 1, bucketMax: 2 });
    const parts = [columnsOf(rows.slice(0, 150), new Set([3, 4])), columnsOf(rows.slice(150))];
    for (const part of parts) sums.add(part);
    expect(sums.hasRepeats).toBe(true);
    for (const part of parts) sums.addAgain(part);
    const counted = rows.filter(
      ({ lane, bucket }, index) =>
        lane < CANARY_LANE - 1 && bucket >= 1 && bucket <= 2 && index !== 3 && index !== 4,
    );
    const expected = [
      ...Map.groupBy(counted, ({ lane, bucket }) => `${String(lane)}/${String(bucket)}`),
    ].map(([key, cell]) => {
      const least = new Map<number, number>();
      for (const { seq, fp } of cell) least.set(seq, Math.min(fp, least.get(seq) ?? Infinity));
      const sum = [...least.values()].reduce((total, fp) => total + BigInt(fp), 0n);
      return [key, cell.length, least.size, String(sum)];
    });
    const found = sums
      .totals()
      .map((one) => [
        `${String(one.lane)}/${String(one.bucket)}`,
        one.eventCount,
        one.distinctCount,
        one.fingerprintSum,
      ]);
    expect(found.sort()).toEqual(expected.sort());
  });
});

describe("the states", () => {
  it.each([5, 6])("are the newest versions of the rows that live (seed %i)", (seed) => {
    const rows = randomRows(seed).map((row, index) => ({ ...row, seq: (index * 7919) % 4001 }));
    const sums = new StateSums(1);
    sums.add("users", columnsOf(rows));
    const newest = new Map<string, Row>();
    for (const row of rows.filter(({ lane, bucket }) => lane < 2 && bucket >= 1)) {
      const key = `${String(row.lane)}/${String(row.id)}`;
      if ((newest.get(key)?.seq ?? -1) < row.seq) newest.set(key, row);
    }
    const alive = [...newest.values()].filter(({ op }) => op !== "d");
    const expected = [0, 1].map((lane) => {
      const own = alive.filter((row) => row.lane === lane);
      const sum = (name: "fp" | "balance"): string =>
        String(own.reduce((total, row) => total + BigInt(row[name]), 0n));
      return { lane, rowCount: own.length, fingerprintSum: sum("fp"), balanceSum: sum("balance") };
    });
    expect([...sums.states()].sort((a, b) => a.lane - b.lane)).toEqual(expected);
  });
});
