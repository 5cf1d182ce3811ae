/**
 * Which statements of the lake's maintenance were under way while a fault was in force. With their own times it is
 * exact; in journals without them it is known to a few seconds, the time between two looks. Facts only.
 */
import type { EventOf, JournalReader } from "./contracts/journal.ts";
import type { Interval } from "./timeline.ts";

type Done = EventOf<"lake.maintained">;

/** In run time. Of several runs that are told together the last one. */
export function maintainedInterval(done: Done): Interval {
  const { atMs, durationMs, runCount, startedAtMs, endedAtMs } = done;
  if (startedAtMs !== undefined && endedAtMs !== undefined) {
    return { fromMs: startedAtMs, toMs: endedAtMs };
  }
  return { fromMs: atMs - durationMs / Math.max(1, runCount), toMs: atMs };
}

/** What was skipped ran at no time. */
export function maintainedDuring(journal: JournalReader, window: Interval): readonly Done[] {
  return journal.of("lake.maintained").filter((done) => {
    const { fromMs, toMs } = maintainedInterval(done);
    return done.outcome !== "skipped" && fromMs < window.toMs && toMs > window.fromMs;
  });
}
