/** Fewer points, same extremes: a spike of one second must not vanish from a four-hour chart. */

export interface Point {
  /** Milliseconds since the run began. */
  readonly xMs: number;
  readonly y: number;
}

/** At most two points a bucket, its smallest and its largest, in the order they came. `points` is sorted by time. */
export function downsample(points: readonly Point[], bucketCount: number): readonly Point[] {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length <= bucketCount * 2) return points;
  const spanMs = last.xMs - first.xMs || 1;
  const buckets = Map.groupBy(points, ({ xMs }) =>
    Math.min(bucketCount - 1, Math.floor(((xMs - first.xMs) / spanMs) * bucketCount)),
  );
  return [...buckets.values()].flatMap(extremes);
}

function extremes(bucket: readonly Point[]): readonly Point[] {
  const head = bucket[0];
  if (head === undefined) return [];
  let low = head;
  let high = head;
  for (const point of bucket) {
    if (point.y < low.y) low = point;
    if (point.y > high.y) high = point;
  }
  if (low === high) return [low];
  return low.xMs <= high.xMs ? [low, high] : [high, low];
}

/** Splits where samples are missing, so that a line never bridges time nobody measured. */
export function segments(points: readonly Point[]): readonly (readonly Point[])[] {
  const gaps = points
    .slice(1)
    .map((point, index) => point.xMs - (points[index]?.xMs ?? point.xMs))
    // Points of one instant, as where a sawtooth falls, say nothing of how often was measured.
    .filter((gapMs) => gapMs > 0)
    .sort((one, other) => one - other);
  const usualMs = gaps[Math.floor(gaps.length / 2)] ?? 0;
  const limitMs = Math.max(usualMs * 4, 2500);
  const parts: Point[][] = [];
  let beforeMs = Number.NEGATIVE_INFINITY;
  for (const point of points) {
    if (point.xMs - beforeMs > limitMs) parts.push([]);
    parts.at(-1)?.push(point);
    beforeMs = point.xMs;
  }
  return parts;
}
