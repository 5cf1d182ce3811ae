import { expect, test } from "vitest";
import type { Hop, JournalEvent, JournalReader } from "../../../core/contracts/journal.ts";
import { parseJournal } from "../../../core/journal.ts";
import { runFacts } from "../../../reports/facts.ts";
import { fenceCounts, hopTotals } from "../../../reports/ledger.ts";
import { abortedJournal } from "../../fixtures/journals.ts";

function journalWith(...events: readonly JournalEvent[]): JournalReader {
  const [started] = abortedJournal().all();
  return parseJournal([started, ...events].map((event) => JSON.stringify(event)).join("\n"));
}

function changes(
  hop: Hop,
  bucket: number,
  count: number,
  sum: string,
  when: "during" | "final" = "final",
): JournalEvent {
  const cell = { lane: 0, bucket, eventCount: count, distinctCount: count, fingerprintSum: sum };
  return { atMs: 1, kind: "ledger.changes", hop, when, ...cell };
}

test("hops are compared cell by cell, so that two errors cannot cancel", () => {
  const journal = journalWith(
    changes("acknowledged", 0, 5, "100"),
    changes("acknowledged", 1, 5, "200"),
    changes("kafka", 0, 4, "90"),
    changes("kafka", 1, 6, "210"),
  );
  const [acknowledged, kafka] = hopTotals(journal);
  expect(acknowledged?.fingerprintSum).toBe(300n);
  expect(acknowledged?.cellsDiffering).toBeUndefined();
  expect(kafka?.fingerprintSum).toBe(300n);
  expect(kafka?.cellsDiffering).toBe(2);
});

test("a cell nobody wrote a line for counts as empty, a hop never read is left out", () => {
  const journal = journalWith(
    changes("acknowledged", 0, 5, "100"),
    changes("reader", 0, 5, "100"),
    changes("reader", 1, 0, "0"),
  );
  const totals = hopTotals(journal);
  expect(totals.map((total) => total.hop)).toEqual(["acknowledged", "reader"]);
  expect(totals[1]?.cellsDiffering).toBe(0);
});

test("sums past 2^53 stay exact", () => {
  const journal = journalWith(
    changes("postgres", 0, 1, "9007199254740993"),
    changes("postgres", 1, 1, "9007199254740993"),
  );
  expect(hopTotals(journal)[0]?.fingerprintSum).toBe(18_014_398_509_481_986n);
});

test("a fence is exact only when its sum is right too", () => {
  const journal = journalWith(
    changes("acknowledged", 0, 5, "100"),
    changes("acknowledged", 1, 5, "200"),
    changes("reader", 0, 5, "100", "during"),
    changes("reader", 1, 5, "201", "during"),
  );
  expect(fenceCounts(journal)).toEqual({ exact: 1, compared: 2, visible: 0 });
});

test("a fence with nothing to compare with is not counted as exact", () => {
  expect(fenceCounts(journalWith(changes("reader", 0, 5, "100", "during"))).compared).toBe(0);
});

test("what is lost is counted whole, though only the first findings are listed", () => {
  const place = { hop: "kafka", lane: 0, seq: 3, bucket: 0, detail: "not in Kafka" } as const;
  const journal = journalWith(
    changes("acknowledged", 0, 5000, "100"),
    changes("kafka", 0, 900, "90"),
    changes("reader", 0, 900, "90"),
    { atMs: 1, kind: "ledger.anomaly", anomaly: "lost", ...place },
  );
  expect(runFacts(journal).lostCount).toBe(4100);
});
