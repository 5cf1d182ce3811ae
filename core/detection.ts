/**
 * How soon the books of a hop were compared after a change could have gone wrong, and which fault was active then. A
 * bucket is compared when its fence has passed, so every comparison bounds the time in which a difference would have
 * been seen, also where there was none. Facts only.
 */
import { HOPS, type Hop, type JournalReader } from "./contracts/journal.ts";
import { faultWindows, type Interval } from "./timeline.ts";

/** From the moment that a change of the bucket was meant to be written. */
export interface DetectionFigures {
  readonly hop: Hop;
  /** Buckets compared under load. */
  readonly bucketCount: number;
  /** Length of a bucket, which is the time between two fences. */
  readonly bucketMs: number;
  /** For the first change of a bucket, the middle one of all buckets. */
  readonly detectMsP50: number;
  /** For the first change of the bucket that took longest: no difference took longer to be seen. */
  readonly detectMsMax: number;
}

/** In run time. Undefined where the bucket's number is not one of this run's. */
export function bucketInterval(journal: JournalReader, bucket: number): Interval | undefined {
  const { bucketMs } = journal.plan.bank;
  const fromMs = bucket * bucketMs - journal.startedAtEpochMs;
  const toMs = fromMs + bucketMs;
  return toMs < 0 || fromMs > journal.endMs ? undefined : { fromMs, toMs };
}

/**
 * "f2 process-kill on kafka-0" of each fault whose window meets the bucket's time; undefined where that time is not
 * known.
 */
export function activeFaults(
  journal: JournalReader,
  bucket: number,
): readonly string[] | undefined {
  const interval = bucketInterval(journal, bucket);
  if (interval === undefined) return undefined;
  return faultWindows(journal)
    .filter(({ fromMs, toMs }) => fromMs < interval.toMs && toMs > interval.fromMs)
    .map(({ entry }) => `${entry.id} ${entry.composition ?? entry.fault} on ${entry.instanceId}`);
}

/** One entry for each hop that was compared under load; none where no bucket's time is known. */
export function detectionFigures(journal: JournalReader): readonly DetectionFigures[] {
  const firstLookMs = new Map<Hop, Map<number, number>>();
  for (const { hop, bucket, when, atMs } of journal.of("ledger.changes")) {
    if (when !== "during" || hop === "acknowledged") continue;
    const looks = firstLookMs.get(hop) ?? new Map<number, number>();
    if (!looks.has(bucket)) looks.set(bucket, atMs);
    firstLookMs.set(hop, looks);
  }
  return HOPS.flatMap((hop) => {
    const delays = [...(firstLookMs.get(hop) ?? [])].flatMap(([bucket, atMs]) => {
      const interval = bucketInterval(journal, bucket);
      return interval === undefined ? [] : [atMs - interval.fromMs];
    });
    if (delays.length === 0) return [];
    const sorted = delays.toSorted((a, b) => a - b);
    return [
      {
        hop,
        bucketCount: sorted.length,
        bucketMs: journal.plan.bank.bucketMs,
        detectMsP50: sorted[Math.ceil(sorted.length / 2) - 1] ?? 0,
        detectMsMax: sorted.at(-1) ?? 0,
      },
    ];
  });
}
