/**
 * A run cut into pieces of equal length in order of time. A figure can be taken of the whole run and of any
 * draw of its pieces, which is what resampling needs.
 */

export interface Pieces {
  readonly count: number;
  readonly pieceMs: number;
  /** The figure of the pieces with these numbers; a number may come more than once. */
  readonly valueOf: (picked: readonly number[]) => number;
}

/** More pieces would make every draw of a long run dear and its interval hardly better. */
const PIECE_COUNT_MAX = 400;

/** Neighbours are joined until few enough are left. The last piece may be shorter. */
export function joinNeighbours<T>(items: readonly T[]): readonly (readonly T[])[] {
  const size = Math.max(1, Math.ceil(items.length / PIECE_COUNT_MAX));
  const groups: (readonly T[])[] = [];
  for (let from = 0; from < items.length; from += size) groups.push(items.slice(from, from + size));
  return groups;
}

/** Usual time from one piece to the next; what a fault cut out between two of them does not count. */
export function spacingMs(startsMs: readonly number[]): number {
  const gaps = startsMs.slice(1).map((start, index) => start - (startsMs[index] ?? 0));
  gaps.sort((a, b) => a - b);
  return gaps[Math.floor(gaps.length / 2)] ?? 0;
}

/** Sample values with how often each came. */
export interface Counted {
  readonly value: number;
  readonly count: number;
}

/** Sample values of the pieces, sorted once, so that a draw only adds counts. */
export interface QuantileTable {
  readonly n: number;
  readonly quantileOf: (ratio: number, picked: readonly number[]) => number;
}

/** Nearest rank: the smallest value with at least that share of all samples at or below it. NaN without samples. */
export function quantileTable(pieces: readonly (readonly Counted[])[]): QuantileTable {
  const values = Float64Array.from(
    new Set(pieces.flatMap((piece) => piece.map((sample) => sample.value))),
  ).sort();
  const places = new Map<number, number>();
  for (const [place, value] of values.entries()) places.set(value, place);
  const placed = pieces.map((piece) => ({
    places: Int32Array.from(piece, (sample) => places.get(sample.value) ?? 0),
    counts: Float64Array.from(piece, (sample) => sample.count),
  }));
  const sums = new Float64Array(values.length);
  return {
    n: pieces.reduce((sum, piece) => sum + piece.reduce((all, { count }) => all + count, 0), 0),
    quantileOf: (ratio, picked) => {
      sums.fill(0);
      let n = 0;
      for (const number of picked) {
        const piece = placed[number];
        if (piece === undefined) continue;
        // Plain loops: this runs some hundred million times for one comparison.
        for (let index = 0; index < piece.places.length; index += 1) {
          const place = piece.places[index] ?? 0;
          const count = piece.counts[index] ?? 0;
          sums[place] = (sums[place] ?? 0) + count;
          n += count;
        }
      }
      if (n === 0) return Number.NaN;
      const rank = Math.max(1, Math.ceil(ratio * n - 1e-9));
      let place = 0;
      for (let reached = sums[0] ?? 0; reached < rank; reached += sums[place] ?? 0) place += 1;
      return values[place] ?? Number.NaN;
    },
  };
}

export function allOf(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}
