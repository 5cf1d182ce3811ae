/** Every two levels of every two factors meet, in far fewer rows than there are combinations. */
import { expect, it } from "vitest";
import { coveringRows } from "../../../chaos/covering.ts";

/** Counted without the code under test: the pairs that no row has. */
function missing(levelCounts: readonly number[], rows: readonly (readonly number[])[]): number {
  let count = 0;
  for (let a = 0; a < levelCounts.length; a += 1) {
    for (let b = a + 1; b < levelCounts.length; b += 1) {
      const met = new Set(rows.map((row) => `${String(row[a])},${String(row[b])}`));
      count += (levelCounts[a] ?? 0) * (levelCounts[b] ?? 0) - met.size;
    }
  }
  return count;
}

it.for([
  [[2, 2, 2, 2, 2, 2, 2]],
  [[3, 3, 3, 3]],
  [[5, 1, 4, 2]],
  [[7, 6, 5, 8, 3, 9]],
  [[4, 4]],
] as const)("%j is covered", ([levelCounts]) => {
  const rows = coveringRows(levelCounts);
  expect(missing(levelCounts, rows)).toBe(0);
  for (const row of rows) {
    for (const [at, level] of row.entries()) expect(level).toBeLessThan(levelCounts[at] ?? 0);
  }
  const [largest = 0, second = 0] = [...levelCounts].sort((a, b) => b - a);
  // No array can have fewer rows than its two largest factors have pairs.
  expect(rows.length).toBeGreaterThanOrEqual(largest * second);
  const combinations = levelCounts.reduce<number>((product, levels) => product * levels, 1);
  expect(rows.length).toBeLessThanOrEqual(combinations);
});

it("stays near the lower bound where there are many factors", () => {
  // Of 2^20 combinations; the fewest possible are 8, by Kleitman and Spencer.
  expect(coveringRows(Array.from({ length: 20 }, () => 2)).length).toBeLessThanOrEqual(24);
});

it("has nothing to cover with one factor or none, and repeats itself", () => {
  expect(coveringRows([])).toEqual([]);
  expect(coveringRows([5])).toEqual([]);
  expect(coveringRows([3, 4, 5])).toEqual(coveringRows([3, 4, 5]));
});

it("the counter of the test sees a pair that is missing", () => {
  expect(
    missing(
      [2, 2],
      [
        [0, 0],
        [0, 1],
        [1, 0],
      ],
    ),
  ).toBe(1);
});
