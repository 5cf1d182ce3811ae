/** How fast something grows, told by a slope that single spikes do not move. */
import { requireThat } from "../maths/ranges.ts";

export interface Point {
  readonly atMs: number;
  readonly value: number;
}

/** Enough for a median to mean something, few enough that all pairs are cheap. */
const POINT_COUNT_MIN = 4;
const POINT_COUNT_MAX = 400;

/**
 * The lowest points of a saw-tooth, each just after what had piled up was taken away at once. The flanks between them
 * rise with the load however well it is carried.
 */
export function troughs(points: readonly Point[]): readonly Point[] {
  return points.filter((point, index) => {
    const before = points[index - 1];
    const after = points[index + 1];
    if (before === undefined || before.value <= point.value) return false;
    return after === undefined || after.value >= point.value;
  });
}

/** Every so many-th point of a long window, evenly, so that all pairs stay cheap. */
export function thinned(points: readonly Point[]): readonly Point[] {
  const every = Math.ceil(points.length / POINT_COUNT_MAX);
  return points.filter((_, index) => index % every === 0);
}

/**
 * Theil–Sen slope per second: the median of the slopes between all two points (Sen 1968). Undefined for fewer
 * than four points: two samples are no trend.
 */
export function slopePerS(points: readonly Point[]): number | undefined {
  requireThat(
    points.length <= POINT_COUNT_MAX,
    `${String(points.length)} points are too many for all their pairs.`,
    `Give at most ${String(POINT_COUNT_MAX)}.`,
  );
  if (points.length < POINT_COUNT_MIN) return undefined;
  const slopes: number[] = [];
  for (const [index, from] of points.entries()) {
    for (const to of points.slice(index + 1)) {
      if (to.atMs > from.atMs)
        slopes.push((to.value - from.value) / ((to.atMs - from.atMs) / 1000));
    }
  }
  slopes.sort((a, b) => a - b);
  const middle = slopes.length / 2;
  if (slopes.length === 0) return undefined;
  const upper = slopes[Math.floor(middle)] ?? 0;
  return slopes.length % 2 === 1 ? upper : (upper + (slopes[middle - 1] ?? 0)) / 2;
}
