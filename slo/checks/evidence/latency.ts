/** Counts slow samples in latency windows: exactly where the generator counted, from the histogram otherwise. */
import type { EventOf, JournalReader } from "../../../core/contracts/journal.ts";
import { decodeHistogram, newHistogram, type Histogram } from "../../../core/histogram.ts";

/**
 * Samples at or above `thresholdMs`. A bucket that reaches up to the threshold counts as slow,
 * so that bucket width can only make the verdict stricter.
 */
function countAtLeastMs(histogram: Histogram, thresholdMs: number): number {
  const total = histogram.totalCount;
  let slow = 0;
  let rest = total;
  while (slow < rest) {
    const rank = Math.ceil((slow + rest) / 2);
    // The rank-th largest sample; half a rank inside, so that rounding cannot slip to its neighbour.
    const percentile = ((total - rank + 0.5) / total) * 100;
    if (histogram.getValueAtPercentile(percentile) >= thresholdMs * 1000) slow = rank;
    else rest = rank - 1;
  }
  return slow;
}

export interface LatencyReader {
  /** Slow samples of one window. Also adds the window to `histogram`. */
  readonly countOver: (window: EventOf<"latency.window">) => number;
  /** The same without adding it to `histogram`; windows already counted are not decoded again. */
  readonly countOnly: (window: EventOf<"latency.window">) => number;
  /** All windows counted so far. */
  readonly histogram: Histogram;
}

/**
 * Reads latency windows for one objective, each once, because decoding is the dear part. `overTarget` counts
 * against the class's own target, so it is exact only where the objective asks for that same target.
 */
export function latencyReader(journal: JournalReader, thresholdMs: number): LatencyReader {
  const histogram = newHistogram();
  const targets = new Map<string, number>(
    journal.plan.queries.map((query) => [query.name, query.targetMs]),
  );
  let last: { readonly text: string; readonly decoded: Histogram } | undefined;
  const decoded = (text: string): Histogram => {
    // A made-up or idle run repeats itself window by window.
    if (last?.text !== text) last = { text, decoded: decodeHistogram(text) };
    return last.decoded;
  };
  const exactly = (window: EventOf<"latency.window">): number | undefined => {
    const target = window.class === undefined ? undefined : targets.get(window.class);
    return target === thresholdMs ? window.overTarget : undefined;
  };
  const counted = new Map<EventOf<"latency.window">, number>();
  return {
    histogram,
    countOver: (window) => {
      if (window.count === 0) return 0;
      const own = decoded(window.histogramUs);
      histogram.add(own);
      const exact = exactly(window);
      if (exact !== undefined) return exact;
      const count = countAtLeastMs(own, thresholdMs);
      counted.set(window, count);
      return count;
    },
    countOnly: (window) => {
      if (window.count === 0) return 0;
      const known = exactly(window) ?? counted.get(window);
      return known ?? countAtLeastMs(decoded(window.histogramUs), thresholdMs);
    },
  };
}
