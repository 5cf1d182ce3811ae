/**
 * Pairs of faults without trying all combinations: rows in which every two levels of every two factors meet at least
 * once. Greedy, so not always the fewest rows, but the same ones every time.
 */

/** `levelCounts`: how many levels each factor has. Returns rows with one level a factor, from 0. */
export function coveringRows(levelCounts: readonly number[]): readonly (readonly number[])[] {
  const open = new Set(allPairs(levelCounts));
  const rows: (readonly number[])[] = [];
  for (let first = next(open); first !== undefined; first = next(open)) {
    const row = rowAround(first, levelCounts, open);
    for (const pair of pairsOf(row)) open.delete(pair);
    rows.push(row);
  }
  return rows;
}

/** "factor.level factor.level", the lower factor first. */
function pairName(a: number, levelA: number, b: number, levelB: number): string {
  return `${String(a)}.${String(levelA)} ${String(b)}.${String(levelB)}`;
}

function allPairs(levelCounts: readonly number[]): readonly string[] {
  const pairs: string[] = [];
  for (const [a, countA] of levelCounts.entries()) {
    for (let b = a + 1; b < levelCounts.length; b += 1) {
      for (let levelA = 0; levelA < countA; levelA += 1) {
        for (let levelB = 0; levelB < (levelCounts[b] ?? 0); levelB += 1) {
          pairs.push(pairName(a, levelA, b, levelB));
        }
      }
    }
  }
  return pairs;
}

/** Those two levels, and of each other factor the level that meets most that has not met yet. */
function rowAround(
  pair: string,
  levelCounts: readonly number[],
  open: ReadonlySet<string>,
): readonly number[] {
  const [a = 0, levelA = 0, b = 0, levelB = 0] = pair.split(/[. ]/).map(Number);
  const row = new Map([
    [a, levelA],
    [b, levelB],
  ]);
  for (const [factor, count] of levelCounts.entries()) {
    if (row.has(factor)) continue;
    let best = { level: 0, gain: -1 };
    for (let level = 0; level < count; level += 1) {
      const gain = [...row].filter(([other, otherLevel]) =>
        open.has(nameOf(factor, level, other, otherLevel)),
      ).length;
      if (gain > best.gain) best = { level, gain };
    }
    row.set(factor, best.level);
  }
  return levelCounts.map((_, factor) => row.get(factor) ?? 0);
}

function nameOf(a: number, levelA: number, b: number, levelB: number): string {
  return a < b ? pairName(a, levelA, b, levelB) : pairName(b, levelB, a, levelA);
}

function pairsOf(row: readonly number[]): readonly string[] {
  return row.flatMap((levelA, a) =>
    row.slice(a + 1).map((levelB, at) => pairName(a, levelA, a + 1 + at, levelB)),
  );
}

function next(set: ReadonlySet<string>): string | undefined {
  for (const entry of set) return entry;
  return undefined;
}
