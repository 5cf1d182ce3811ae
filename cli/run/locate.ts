/** Traces every difference between the books to the lane, the sequence number and the hop where it was last seen. */
import type { Hop } from "../../core/contracts/journal.ts";
import type { BucketTotals, ChangeLedger, LedgerFinding } from "../../core/ledger.ts";

/** Cells that are searched row by row, at most. */
const CELLS_MAX = 20;

export interface Books {
  readonly acknowledged: ChangeLedger;
  readonly kafka: ChangeLedger;
}

/** What one reader of the lake says. */
export interface LakeAnswer {
  readonly totals: readonly BucketTotals[];
  sequencesOf(lane: number, bucket: number): Promise<ReadonlyMap<number, number>>;
}

type Cells = ReadonlyMap<string, BucketTotals>;

function cellsOf(totals: readonly BucketTotals[]): Cells {
  return new Map(totals.map((cell) => [keyOf(cell), cell]));
}

function keyOf({ lane, bucket }: { readonly lane: number; readonly bucket: number }): string {
  return `${String(lane)}/${String(bucket)}`;
}

/**
 * Compares neighbours: acknowledged ↔ Kafka, Kafka ↔ lake. Missing at both means: lost at the earlier hop. What only one of
 * two readers shows is no finding about the lake: see the check readers-agree.
 */
export async function locateDifferences(
  books: Books,
  readers: readonly LakeAnswer[],
  lakeHop: Hop,
): Promise<ReadonlyMap<Hop, readonly LedgerFinding[]>> {
  const findings = new Map<Hop, LedgerFinding[]>();
  const note = (hop: Hop, finding: LedgerFinding): void => {
    findings.set(hop, [...(findings.get(hop) ?? []), finding]);
  };
  const kafka = cellsOf(books.kafka.totals());
  const lakes = readers.map((reader) => cellsOf(reader.totals));
  const differing = books.acknowledged.totals().filter((expected) => {
    const key = keyOf(expected);
    const inKafka = kafka.get(key);
    return (
      !same(expected, inKafka, inKafka) ||
      lakes.some((cells) => !same(expected, cells.get(key), inKafka))
    );
  });
  for (const { lane, bucket } of differing.slice(0, CELLS_MAX)) {
    const key = keyOf({ lane, bucket });
    const kafkaCount = kafka.get(key)?.eventCount ?? 0;
    const found: ReadonlyMap<number, number>[] = [];
    for (const reader of readers) found.push(await reader.sequencesOf(lane, bucket));
    const copies = lakes.every((cells) => (cells.get(key)?.eventCount ?? 0) > kafkaCount);
    for (const seq of books.acknowledged.sequencesOf(lane, bucket)) {
      const counts = found.map((rows) => rows.get(seq) ?? 0);
      if (!books.kafka.has(lane, seq)) {
        const detail = "acknowledged by PostgreSQL, not in Kafka";
        note("kafka", { anomaly: "lost", lane, seq, bucket, detail });
      } else if (counts.every((count) => count === 0)) {
        const detail = "in Kafka, not in the lake";
        note(lakeHop, { anomaly: "lost", lane, seq, bucket, detail });
      } else if (copies && counts.every((count) => count > 1)) {
        const detail = `${String(Math.min(...counts))} times in the lake`;
        note(lakeHop, { anomaly: "duplicated", lane, seq, bucket, detail });
      }
    }
    for (const seq of found[0]?.keys() ?? []) {
      if (books.acknowledged.has(lane, seq)) continue;
      if (!found.every((rows) => rows.has(seq))) continue;
      const detail = "in the lake, never acknowledged";
      note(lakeHop, { anomaly: "phantom", lane, seq, bucket, detail });
    }
  }
  return findings;
}

/** As many distinct changes with the same sum, and no copies but those that Kafka holds. */
function same(
  expected: BucketTotals,
  seen: BucketTotals | undefined,
  inKafka: BucketTotals | undefined,
): boolean {
  return (
    seen?.distinctCount === expected.distinctCount &&
    seen.fingerprintSum === expected.fingerprintSum &&
    seen.eventCount <= (inKafka?.eventCount ?? 0)
  );
}
