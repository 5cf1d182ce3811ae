/** Counts slow samples in latency windows: exactly where the generator counted, from the histogram otherwise. */
import type { EventOf, JournalReader } from "../../../core/contracts/journal.ts";
import { highestUsAt, HistogramSum } from "../../../core/histogram.ts";
import { eachCountOf, identityOf } from "../../../core/journal-table.ts";

export interface LatencyReader {
  /** Slow samples of one window. Also adds the window to `histogram`. */
  readonly countOver: (window: EventOf<"latency.window">) => number;
  /** The same without adding it to `histogram`; windows already counted are not decoded again. */
  readonly countOnly: (window: EventOf<"latency.window">) => number;
  /** All windows counted so far. */
  readonly histogram: HistogramSum;
}

/**
 * Reads latency windows for one objective, each once. `overTarget` counts
 * against the class's own target, so it is exact only where the objective asks for that same target.
 */
export function latencyReader(journal: JournalReader, thresholdMs: number): LatencyReader {
  const histogram = new HistogramSum();
  const { addCount } = histogram;
  const thresholdUs = thresholdMs * 1000;
  const targets = new Map<string, number>(
    journal.plan.queries.map((query) => [query.name, query.targetMs]),
  );
  const exactly = (window: EventOf<"latency.window">): number | undefined => {
    const target = window.class === undefined ? undefined : targets.get(window.class);
    return target === thresholdMs ? window.overTarget : undefined;
  };
  const counted = new Map<unknown, number>();
  return {
    histogram,
    countOver: (window) => {
      if (window.count === 0) return 0;
      let over = 0;
      eachCountOf(window, (index, count) => {
        addCount(index, count);
        // A bucket that reaches up to the threshold counts as slow: its width can only make the verdict stricter.
        if (highestUsAt(index) >= thresholdUs) over += count;
      });
      const count = exactly(window) ?? over;
      counted.set(identityOf(window), count);
      return count;
    },
    countOnly: (window) => {
      if (window.count === 0) return 0;
      const known = exactly(window) ?? counted.get(identityOf(window));
      if (known !== undefined) return known;
      let over = 0;
      eachCountOf(window, (index, count) => {
        if (highestUsAt(index) >= thresholdUs) over += count;
      });
      return over;
    },
  };
}
