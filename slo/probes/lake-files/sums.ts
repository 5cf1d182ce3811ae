/** The questions to the lake, answered over rows: the same sums as in the statements to Trino, by other means. */
import { FENCE_LANE } from "../../../core/bank-schema.ts";
import { ExactSum } from "../../../core/exact-sum.ts";
import { SequenceSet, type BucketTotals } from "../../../core/ledger.ts";
import type { LaneStateSeen } from "../reader.ts";

/** One number for each row and column. A row without a lane or bucket has NaN there, and belongs nowhere. */
export interface BankRows {
  readonly rowCount: number;
  readonly hidden: ReadonlySet<number>;
  readonly id: Float64Array;
  readonly lane: Float64Array;
  readonly seq: Float64Array;
  readonly bucket: Float64Array;
  readonly fp: Float64Array;
  /** Code of the character: see DELETED. */
  readonly op: Float64Array;
  /** Cents; zero where the table has no such column. */
  readonly balance: Float64Array;
}

const DELETED = "d".charCodeAt(0);

/** Values a row must have; both ends belong to it. */
export interface Cells {
  readonly bucketMin: number;
  readonly bucketMax: number;
}

function* rowsWithin(rows: BankRows, { bucketMin, bucketMax }: Cells): Generator<number> {
  const { lane, bucket, hidden } = rows;
  for (let row = 0; row < rows.rowCount; row += 1) {
    const inBucket = bucket[row];
    const inLane = lane[row];
    if (inBucket === undefined || inLane === undefined) continue;
    if (!(inLane < FENCE_LANE && inBucket >= bucketMin && inBucket <= bucketMax)) continue;
    if (!hidden.has(row)) yield row;
  }
}

/** A sum leaves out what is not there, as in SQL. */
function valueOf(column: Float64Array, row: number): number {
  const value = column[row];
  return value === undefined || Number.isNaN(value) ? 0 : value;
}

interface Cell {
  eventCount: number;
  distinctCount: number;
  readonly sum: ExactSum;
}

/** Counts and fingerprint sums per lane and bucket. Of a repeated row the smallest fingerprint counts, as in Trino's answer. */
export class ChangeSums {
  readonly #within: Cells;
  readonly #cells = new Map<string, Cell>();
  readonly #seen = new Map<number, SequenceSet>();
  /** Per lane the repeated sequence numbers, with the least fingerprint once `addAgain` knows it. */
  readonly #repeated = new Map<number, Map<number, number | undefined>>();

  constructor(within: Cells) {
    this.#within = within;
  }

  /** True when `addAgain` must see the same rows in the same order before the totals hold. */
  get hasRepeats(): boolean {
    return this.#repeated.size > 0;
  }

  add(rows: BankRows): void {
    for (const row of rowsWithin(rows, this.#within)) {
      const lane = valueOf(rows.lane, row);
      const seq = valueOf(rows.seq, row);
      const cell = this.#cell(lane, valueOf(rows.bucket, row));
      cell.eventCount += 1;
      let seen = this.#seen.get(lane);
      if (seen === undefined) this.#seen.set(lane, (seen = new SequenceSet()));
      if (seen.add(seq)) {
        cell.distinctCount += 1;
        cell.sum.add(valueOf(rows.fp, row));
      } else {
        const repeated = this.#repeated.get(lane) ?? new Map<number, number | undefined>();
        repeated.set(seq, undefined);
        this.#repeated.set(lane, repeated);
      }
    }
  }

  addAgain(rows: BankRows): void {
    for (const row of rowsWithin(rows, this.#within)) {
      const lane = valueOf(rows.lane, row);
      const repeated = this.#repeated.get(lane);
      const seq = valueOf(rows.seq, row);
      if (repeated?.has(seq) !== true) continue;
      const fp = valueOf(rows.fp, row);
      const least = repeated.get(seq) ?? fp;
      if (fp < least) {
        const { sum } = this.#cell(lane, valueOf(rows.bucket, row));
        sum.subtract(least);
        sum.add(fp);
      }
      repeated.set(seq, Math.min(least, fp));
    }
  }

  totals(): readonly BucketTotals[] {
    return [...this.#cells].map(([key, { eventCount, distinctCount, sum }]) => {
      const [lane = 0, bucket = 0] = key.split("/").map(Number);
      return { lane, bucket, eventCount, distinctCount, fingerprintSum: sum.text() };
    });
  }

  #cell(lane: number, bucket: number): Cell {
    const key = `${String(lane)}/${String(bucket)}`;
    let cell = this.#cells.get(key);
    if (cell === undefined) {
      cell = { eventCount: 0, distinctCount: 0, sum: new ExactSum() };
      this.#cells.set(key, cell);
    }
    return cell;
  }
}

/** How often each sequence number of one lane and bucket is there. */
export function countSequences(
  counts: Map<number, number>,
  rows: BankRows,
  lane: number,
  bucket: number,
): void {
  for (const row of rowsWithin(rows, { bucketMin: bucket, bucketMax: bucket })) {
    if (rows.lane[row] !== lane) continue;
    const seq = valueOf(rows.seq, row);
    counts.set(seq, (counts.get(seq) ?? 0) + 1);
  }
}

/** Newest version of every row, column by column: a bank has many rows, and objects for them would cost more. */
interface Newest {
  readonly places: Map<number, number>;
  readonly seq: number[];
  readonly op: number[];
  readonly fp: number[];
  readonly balance: number[];
}

export class StateSums {
  readonly #within: Cells;
  readonly #lanes = new Map<string, Newest>();

  constructor(bucketMin: number) {
    this.#within = { bucketMin, bucketMax: Infinity };
  }

  add(table: string, rows: BankRows): void {
    for (const row of rowsWithin(rows, this.#within)) {
      const newest = this.#newest(`${String(valueOf(rows.lane, row))}/${table}`);
      const id = valueOf(rows.id, row);
      const seq = valueOf(rows.seq, row);
      let place = newest.places.get(id);
      if (place === undefined) {
        place = newest.seq.length;
        newest.places.set(id, place);
      } else if ((newest.seq[place] ?? 0) >= seq) continue;
      newest.seq[place] = seq;
      newest.op[place] = valueOf(rows.op, row);
      newest.fp[place] = valueOf(rows.fp, row);
      newest.balance[place] = valueOf(rows.balance, row);
    }
  }

  /** Sums over the rows that are not deleted; a lane without any is left out. */
  states(): readonly LaneStateSeen[] {
    const lanes = new Map<number, { rowCount: number; fp: ExactSum; balance: bigint }>();
    for (const [key, newest] of this.#lanes) {
      const lane = Number(key.split("/")[0]);
      const sums = lanes.get(lane) ?? { rowCount: 0, fp: new ExactSum(), balance: 0n };
      for (let place = 0; place < newest.seq.length; place += 1) {
        if (newest.op[place] === DELETED) continue;
        sums.rowCount += 1;
        sums.fp.add(newest.fp[place] ?? 0);
        sums.balance += BigInt(newest.balance[place] ?? 0);
      }
      lanes.set(lane, sums);
    }
    return [...lanes]
      .filter(([, { rowCount }]) => rowCount > 0)
      .map(([lane, { rowCount, fp, balance }]) => ({
        lane,
        rowCount,
        fingerprintSum: fp.text(),
        balanceSum: String(balance),
      }));
  }

  #newest(key: string): Newest {
    let newest = this.#lanes.get(key);
    if (newest === undefined) {
      newest = { places: new Map(), seq: [], op: [], fp: [], balance: [] };
      this.#lanes.set(key, newest);
    }
    return newest;
  }
}
