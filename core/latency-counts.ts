/**
 * Latencies of very many operations, a few nanoseconds each: counts in exactly the buckets of the histograms in
 * core/histogram.ts (three significant digits), so that one turns into the other without loss.
 */
import { newHistogram } from "./histogram.ts";
import type { Histogram } from "./histogram.ts";

/** As in core/histogram.ts: one hour. */
const HIGHEST_US = 3_600_000_000;
/** Values below are counted each by itself; each doubling above has half as many buckets. */
const SUB_BUCKETS = 2048;
const HALF = SUB_BUCKETS / 2;
const LEADING_ZEROS = Math.clz32(SUB_BUCKETS - 1);
const BUCKET_COUNT = (LEADING_ZEROS + 2) * HALF;

export class LatencyCounts {
  count = 0;
  readonly #counts = new Float64Array(BUCKET_COUNT);

  /** Never below 1 µs, never above one hour. */
  recordMs(latencyMs: number): void {
    const us = Math.min(HIGHEST_US, Math.max(1, Math.round(latencyMs * 1000)));
    const shift = LEADING_ZEROS - Math.clz32(us | (SUB_BUCKETS - 1));
    const index = shift * HALF + (us >>> shift);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.count += 1;
  }

  /** The same counts as a histogram that can be merged, encoded and read. */
  histogram(): Histogram {
    const histogram = newHistogram();
    for (const [index, count] of this.#counts.entries()) {
      if (count > 0) histogram.recordValueWithCount(lowestUs(index), count);
    }
    return histogram;
  }
}

function lowestUs(index: number): number {
  if (index < SUB_BUCKETS) return index;
  const shift = Math.floor(index / HALF) - 1;
  return (index - shift * HALF) * 2 ** shift;
}
