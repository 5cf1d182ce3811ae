/** Paged state against plain arrays, by random steps. */
import { describe, expect, it } from "vitest";
import { emptyRow, OrdinalList, RowPages } from "../../../generators/paged.ts";
import type { RowState } from "../../../generators/paged.ts";
import { Random } from "../../../generators/random.ts";

function read(pages: RowPages, ordinal: number): RowState {
  const row = emptyRow();
  pages.read(ordinal, row);
  return row;
}

function inOrder({ seq, bucket, fp, balance, reason }: RowState): readonly number[] {
  return [seq, bucket, fp, balance, reason];
}

describe("RowPages", () => {
  const EXTREME: RowState = {
    seq: 0xffff_ffff,
    bucket: 0xffff_ffff,
    fp: 2 ** 48 - 1,
    balance: Number.MAX_SAFE_INTEGER,
    reason: 0xffff,
  };

  it("gives back what was written, to the last bit, and nothing where nothing was", () => {
    const pages = new RowPages(1_000);
    const rows = [EXTREME, { ...EXTREME, balance: Number.MIN_SAFE_INTEGER }, emptyRow()];
    const small = { ...emptyRow(), seq: 1, balance: -1 };
    for (const [index, row] of [...rows, small].entries()) {
      pages.write(index * 64, row);
      expect(read(pages, index * 64)).toEqual(row);
      expect(read(pages, index * 64 + 1)).toEqual(emptyRow());
    }
    expect(read(pages, 999_999)).toEqual(emptyRow());
  });

  it("agrees with a map over 100,000 random writes, far beyond the announced size too", () => {
    const random = new Random(1n);
    const pages = new RowPages(10_000);
    const model = new Map<number, RowState>();
    for (let step = 0; step < 100_000; step += 1) {
      const ordinal = random.below(200_000);
      const row = {
        seq: random.uint32(),
        bucket: random.uint32(),
        fp: random.below(2 ** 48),
        balance: random.between(-(2 ** 45), 2 ** 45),
        reason: random.below(6),
      };
      pages.write(ordinal, row);
      model.set(ordinal, row);
    }
    // One assertion for all: each by itself would take most of the time.
    const wrong = [...model].filter(
      ([ordinal, row]) =>
        JSON.stringify(inOrder(read(pages, ordinal))) !== JSON.stringify(inOrder(row)),
    );
    expect(model.size).toBeGreaterThan(70_000);
    expect(wrong).toEqual([]);
  });

  it("costs 12 MB for 20,000 rows in clusters of 64 out of 20 million, not 480 MB", () => {
    const before = process.memoryUsage().arrayBuffers;
    const pages = new RowPages(20_000_000);
    const row = { ...emptyRow(), seq: 1 };
    for (let cluster = 0; cluster < 20_000; cluster += 64) {
      for (let index = 0; index < 64; index += 1) pages.write(cluster * 900 + index, row);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(12.5e6);
    expect(read(pages, 900 * 64 + 63).seq).toBe(1);
  });
});

describe("OrdinalList", () => {
  it("agrees with an array over 50,000 random removals, additions and restorations", () => {
    const random = new Random(2n);
    const list = new OrdinalList(1_000);
    const model = Array.from({ length: 1_000 }, (_, index) => index);
    let next = 1_000;
    const wrong: string[] = [];
    for (let step = 0; step < 50_000; step += 1) {
      const index = random.below(model.length);
      const removed = model[index] ?? -1;
      if (list.at(index) !== removed) wrong.push(`step ${String(step)}: value`);
      if (random.unit() < 0.5 && model.length > 10) {
        list.removeAt(index);
        const last = model.pop() ?? -1;
        if (index < model.length) model[index] = last;
        if (random.unit() < 0.3) {
          list.restoreAt(index, removed);
          if (index < model.length) model.push(model[index] ?? -1);
          model[index] = removed;
        }
      } else {
        list.push(next);
        model.push(next);
        next += 1;
      }
      if (list.length !== model.length) wrong.push(`step ${String(step)}: length`);
    }
    expect(wrong).toEqual([]);
    expect(Array.from({ length: list.length }, (_, index) => list.at(index))).toEqual(model);
  });

  it("takes back an addition", () => {
    const list = new OrdinalList(3);
    list.push(9);
    list.pop();
    list.push(7);
    expect([0, 1, 2, 3].map((index) => list.at(index))).toEqual([0, 1, 2, 7]);
  });
});
