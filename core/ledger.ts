/**
 * Streaming accounts of changes: one bit per sequence number and one sum per lane and bucket, so that
 * lost, doubled and reordered changes are told apart while the load runs.
 */
import type { Anomaly } from "./contracts/journal.ts";
import { ExactSum } from "./exact-sum.ts";

/** Growable set of positive integers. */
export class SequenceSet {
  #words = new Uint32Array(1024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(sequence: number): boolean {
    const word = this.#words[sequence >>> 5];
    return word !== undefined && (word & (1 << (sequence & 31))) !== 0;
  }

  /** False when it was there already. */
  add(sequence: number): boolean {
    const index = sequence >>> 5;
    if (index >= this.#words.length) {
      const grown = new Uint32Array(Math.max(index + 1, this.#words.length * 2));
      grown.set(this.#words);
      this.#words = grown;
    }
    const before = this.#words[index] ?? 0;
    const after = before | (1 << (sequence & 31));
    if (before === after >>> 0) return false;
    this.#words[index] = after;
    this.#size += 1;
    return true;
  }
}

export interface BucketTotals {
  readonly lane: number;
  readonly bucket: number;
  readonly eventCount: number;
  readonly distinctCount: number;
  readonly fingerprintSum: string;
}

interface Cell {
  seqMin: number;
  seqMax: number;
  eventCount: number;
  distinctCount: number;
  readonly sum: ExactSum;
}

export interface LedgerFinding {
  readonly anomaly: Anomaly;
  readonly lane: number;
  readonly seq: number;
  readonly bucket: number;
  readonly detail: string;
}

/** What one hop has seen. `partition` is any label within which a lane's order must hold. */
export class ChangeLedger {
  readonly #cells = new Map<string, Cell>();
  readonly #seen = new Map<number, SequenceSet>();
  readonly #lastSeq = new Map<string, number>();
  readonly #findings: LedgerFinding[] = [];
  #eventCount = 0;
  #duplicateCount = 0;

  get eventCount(): number {
    return this.#eventCount;
  }

  get duplicateCount(): number {
    return this.#duplicateCount;
  }

  get findings(): readonly LedgerFinding[] {
    return this.#findings;
  }

  has(lane: number, seq: number): boolean {
    return this.#seen.get(lane)?.has(seq) ?? false;
  }

  note(finding: LedgerFinding): void {
    this.#findings.push(finding);
  }

  /** `position` is printed with a finding, e.g. "users/3@1042". */
  record(change: {
    readonly lane: number;
    readonly seq: number;
    readonly bucket: number;
    readonly fp: number;
    readonly partition: string;
    readonly position: string;
    /** False where it comes in no order: a snapshot reads rows as they lie. Default true. */
    readonly isOrdered?: boolean;
  }): void {
    const { lane, seq, bucket } = change;
    this.#eventCount += 1;
    const cell = this.#cell(lane, bucket);
    cell.eventCount += 1;
    let seen = this.#seen.get(lane);
    if (seen === undefined) {
      seen = new SequenceSet();
      this.#seen.set(lane, seen);
    }
    if (!seen.add(seq)) {
      // Counted, not listed: at-least-once delivery repeats thousands after a restart, within a budget.
      this.#duplicateCount += 1;
      return;
    }
    cell.distinctCount += 1;
    cell.seqMin = Math.min(cell.seqMin, seq);
    cell.seqMax = Math.max(cell.seqMax, seq);
    cell.sum.add(change.fp);
    if (change.isOrdered === false) return;
    const orderKey = `${String(lane)} ${change.partition}`;
    const last = this.#lastSeq.get(orderKey) ?? 0;
    if (seq < last) {
      const detail = `at ${change.position} after sequence ${String(last)}`;
      this.note({ anomaly: "reordered", lane, seq, bucket, detail });
    } else this.#lastSeq.set(orderKey, seq);
  }

  /** Sequence numbers of one cell. Exact where a lane goes through its buckets in order. */
  *sequencesOf(lane: number, bucket: number): Generator<number> {
    const cell = this.#cells.get(`${String(lane)}/${String(bucket)}`);
    if (cell === undefined) return;
    for (let seq = cell.seqMin; seq <= cell.seqMax; seq += 1) if (this.has(lane, seq)) yield seq;
  }

  totals(bucket?: number): readonly BucketTotals[] {
    return [...this.#cells]
      .map(([key, cell]) => {
        const [lane, ownBucket] = key.split("/").map(Number);
        return {
          lane: lane ?? 0,
          bucket: ownBucket ?? 0,
          eventCount: cell.eventCount,
          distinctCount: cell.distinctCount,
          fingerprintSum: cell.sum.text(),
        };
      })
      .filter((totals) => bucket === undefined || totals.bucket === bucket)
      .sort((a, b) => a.bucket - b.bucket || a.lane - b.lane);
  }

  #cell(lane: number, bucket: number): Cell {
    const key = `${String(lane)}/${String(bucket)}`;
    let cell = this.#cells.get(key);
    if (cell === undefined) {
      cell = { seqMin: Infinity, seqMax: 0, eventCount: 0, distinctCount: 0, sum: new ExactSum() };
      this.#cells.set(key, cell);
    }
    return cell;
  }
}
