import { expect, it } from "vitest";
import { activeFaults, bucketInterval, detectionFigures } from "../../../core/detection.ts";
import type { JournalEvent } from "../../../core/contracts/journal.ts";
import { FAULT_FROM_MS, healthyEvents, journalOf } from "../../../slo/checks/synthetic.ts";

const HEALTHY = healthyEvents();
const JOURNAL = journalOf(HEALTHY);
const { bucketMs } = JOURNAL.plan.bank;
const FAULT_BUCKET = Math.floor(FAULT_FROM_MS / bucketMs);

function changed(change: (event: JournalEvent) => JournalEvent): ReturnType<typeof journalOf> {
  return journalOf(HEALTHY.map(change));
}

it("knows when a bucket was, and that a number of another run's is none of this one's", () => {
  expect(bucketInterval(JOURNAL, 2)).toEqual({ fromMs: 2 * bucketMs, toMs: 3 * bucketMs });
  expect(bucketInterval(JOURNAL, 4_000_000)).toBeUndefined();
  const later = changed((event) =>
    event.kind === "run.started" ? { ...event, startedAtEpochMs: 10 * bucketMs } : event,
  );
  expect(bucketInterval(later, 2)).toBeUndefined();
  expect(bucketInterval(later, 12)).toEqual({ fromMs: 2 * bucketMs, toMs: 3 * bucketMs });
});

it("names the fault that was active, and nobody where none was", () => {
  expect(activeFaults(JOURNAL, FAULT_BUCKET)).toEqual(["f1 process-kill on trino-0"]);
  expect(activeFaults(JOURNAL, 0)).toEqual([]);
  expect(activeFaults(JOURNAL, 4_000_000)).toBeUndefined();
});

it("counts from the first change of a bucket to its first comparison, hop by hop", () => {
  const compared = (hop: "kafka" | "reader", bucket: number, atMs: number): JournalEvent => ({
    ...{ atMs, kind: "ledger.changes", hop, bucket, lane: 0, when: "during" },
    ...{ eventCount: 1, distinctCount: 1, fingerprintSum: "1" },
  });
  const others = HEALTHY.filter(({ kind }) => kind !== "ledger.changes");
  const looks = [
    compared("kafka", 1, 2 * bucketMs + 1000),
    compared("kafka", 2, 3 * bucketMs + 500),
    compared("reader", 1, 2 * bucketMs + 9000),
    // Looked at again after an outage: what counts is the first time.
    compared("kafka", 1, 5 * bucketMs),
  ];
  expect(
    detectionFigures(journalOf([...others.slice(0, -1), ...looks, ...others.slice(-1)])),
  ).toEqual([
    {
      ...{ hop: "kafka", bucketCount: 2, bucketMs },
      ...{ detectMsP50: bucketMs + 500, detectMsMax: bucketMs + 1000 },
    },
    {
      ...{ hop: "reader", bucketCount: 1, bucketMs },
      ...{ detectMsP50: bucketMs + 9000, detectMsMax: bucketMs + 9000 },
    },
  ]);
  expect(detectionFigures(journalOf(others))).toEqual([]);
});
