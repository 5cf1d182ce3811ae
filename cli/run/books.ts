/** What the harness knows of settled buckets: the right answers to the queries that ask for them. */
import type { QueryClassName } from "../../core/contracts/plan.ts";
import type { BucketTotals } from "../../core/ledger.ts";
import { digestText, type DigestRange } from "../../generators/k6/digest.ts";

export interface Books {
  /** First bucket of this run's load. */
  readonly bucketMin: number;
  /** Run time at which all of the bucket, and of those before it, had been seen in Kafka and in the lake. */
  wholeInLakeAtMs(bucket: number): number | undefined;
  /** What Kafka holds of a bucket, copies folded. */
  totals(bucket: number): readonly BucketTotals[];
  /** Cents in each lane's accounts: constant. */
  balances(): readonly { readonly lane: number; readonly balanceSum: string }[];
}

export function expectedDigest(books: Books, name: QueryClassName, range: DigestRange): string {
  if (name === "complex") {
    return digestText(
      books.balances().map(({ lane, balanceSum }) => ({
        key: String(lane),
        count: 0n,
        sum: BigInt(balanceSum),
      })),
    );
  }
  const cells: BucketTotals[] = [];
  for (let bucket = range.bucketMin; bucket <= range.bucketMax; bucket += 1) {
    cells.push(...books.totals(bucket));
  }
  return digestText(
    cells
      .filter((cell) => range.lane === undefined || cell.lane === range.lane)
      .map(({ lane, bucket, distinctCount, fingerprintSum }) => ({
        key: `${String(lane)}/${String(bucket)}`,
        count: BigInt(distinctCount),
        sum: BigInt(fingerprintSum),
      })),
  );
}
