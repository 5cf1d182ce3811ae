/**
 * Streaming accounts of changes: a bit per sequence number until all its neighbours are there, and one sum per lane and
 * bucket, so that lost, doubled and reordered changes are told apart while the load runs.
 */
import type { Anomaly } from "./contracts/journal.ts";
import { ExactSum } from "./exact-sum.ts";

/** Numbers of one page: 512 bytes while some of them are missing, nothing once all are there. */
const PAGE_BITS = 12;
const PAGE_SIZE = 1 << PAGE_BITS;

interface Page {
  readonly words: Uint32Array;
  count: number;
}

/** Whole pages, from the first to before the last. */
interface Run {
  from: number;
  to: number;
}

/**
 * Set of positive integers that mostly come in order: what it keeps grows with the gaps in them, not with their number.
 * Below 2^32.
 */
export class SequenceSet {
  readonly #pages = new Map<number, Page>();
  /** Ascending, apart from each other. */
  readonly #whole: Run[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Pages of which some numbers are missing: each is kept bit by bit. */
  get openPageCount(): number {
    return this.#pages.size;
  }

  has(sequence: number): boolean {
    const index = sequence - 1;
    const number = index >>> PAGE_BITS;
    if (this.#isWhole(number)) return true;
    const word = this.#pages.get(number)?.words[(index & (PAGE_SIZE - 1)) >>> 5] ?? 0;
    return (word & (1 << (index & 31))) !== 0;
  }

  /** False when it was there already. */
  add(sequence: number): boolean {
    const index = sequence - 1;
    const number = index >>> PAGE_BITS;
    let page = this.#pages.get(number);
    if (page === undefined) {
      if (this.#isWhole(number)) return false;
      page = { words: new Uint32Array(PAGE_SIZE >>> 5), count: 0 };
      this.#pages.set(number, page);
    }
    const at = (index & (PAGE_SIZE - 1)) >>> 5;
    const before = page.words[at] ?? 0;
    const after = (before | (1 << (index & 31))) >>> 0;
    if (before === after) return false;
    page.words[at] = after;
    page.count += 1;
    this.#size += 1;
    if (page.count === PAGE_SIZE) this.#close(number);
    return true;
  }

  /** Whoever asks mostly asks about the newest. */
  #isWhole(number: number): boolean {
    for (let at = this.#whole.length - 1; at >= 0; at -= 1) {
      const run = this.#whole[at];
      if (run !== undefined && number >= run.from) return number < run.to;
    }
    return false;
  }

  #close(number: number): void {
    this.#pages.delete(number);
    const at = this.#whole.findLastIndex((run) => run.from <= number);
    const [before, after] = [this.#whole[at], this.#whole[at + 1]];
    const follows = before?.to === number;
    const leads = after?.from === number + 1;
    if (follows && leads) {
      before.to = after.to;
      this.#whole.splice(at + 1, 1);
    } else if (follows) before.to = number + 1;
    else if (leads) after.from = number;
    else this.#whole.splice(at + 1, 0, { from: number, to: number + 1 });
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

/** Of each kind so many are kept; the others are counted. */
export const FINDINGS_PER_KIND_MAX = 200;

interface Lane {
  readonly seen: SequenceSet;
  /** The cell of the change before: the next one mostly belongs to it, too. */
  last: { readonly bucket: number; readonly cell: Cell } | undefined;
  /** Highest sequence number per partition. */
  readonly order: Map<string, number>;
}

/**
 * What one hop has seen. `partition` is any label within which a lane's order must hold. What it keeps grows with the
 * buckets and the gaps, not with the number of changes.
 */
export class ChangeLedger {
  /** Bucket → lane → cell. */
  readonly #cells = new Map<number, Map<number, Cell>>();
  readonly #lanes = new Map<number, Lane>();
  readonly #findings: LedgerFinding[] = [];
  readonly #findingCounts = new Map<Anomaly, number>();
  #eventCount = 0;
  #duplicateCount = 0;

  get eventCount(): number {
    return this.#eventCount;
  }

  get duplicateCount(): number {
    return this.#duplicateCount;
  }

  /** The first ones of each kind. */
  get findings(): readonly LedgerFinding[] {
    return this.#findings;
  }

  /** Of all kinds, those that were not kept included. */
  get findingCount(): number {
    return [...this.#findingCounts.values()].reduce((sum, count) => sum + count, 0);
  }

  has(lane: number, seq: number): boolean {
    return this.#lanes.get(lane)?.seen.has(seq) ?? false;
  }

  note(finding: LedgerFinding): void {
    const count = (this.#findingCounts.get(finding.anomaly) ?? 0) + 1;
    this.#findingCounts.set(finding.anomaly, count);
    if (count <= FINDINGS_PER_KIND_MAX) this.#findings.push(finding);
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
    const own = this.#lane(lane);
    const cell = this.#cell(own, lane, bucket);
    cell.eventCount += 1;
    if (!own.seen.add(seq)) {
      // Counted, not listed: at-least-once delivery repeats thousands after a restart, within a budget.
      this.#duplicateCount += 1;
      return;
    }
    cell.distinctCount += 1;
    if (seq < cell.seqMin) cell.seqMin = seq;
    if (seq > cell.seqMax) cell.seqMax = seq;
    cell.sum.add(change.fp);
    if (change.isOrdered === false) return;
    const last = own.order.get(change.partition) ?? 0;
    if (seq < last) {
      const detail = `at ${change.position} after sequence ${String(last)}`;
      this.note({ anomaly: "reordered", lane, seq, bucket, detail });
    } else own.order.set(change.partition, seq);
  }

  /** Sequence numbers of one cell. Exact where a lane goes through its buckets in order. */
  *sequencesOf(lane: number, bucket: number): Generator<number> {
    const cell = this.#cells.get(bucket)?.get(lane);
    if (cell === undefined) return;
    for (let seq = cell.seqMin; seq <= cell.seqMax; seq += 1) if (this.has(lane, seq)) yield seq;
  }

  totals(bucket?: number): readonly BucketTotals[] {
    const buckets = bucket === undefined ? [...this.#cells.keys()].sort((a, b) => a - b) : [bucket];
    return buckets.flatMap((one) =>
      [...(this.#cells.get(one) ?? [])]
        .sort(([a], [b]) => a - b)
        .map(([lane, { eventCount, distinctCount, sum }]) => ({
          lane,
          bucket: one,
          eventCount,
          distinctCount,
          fingerprintSum: sum.text(),
        })),
    );
  }

  #lane(lane: number): Lane {
    let own = this.#lanes.get(lane);
    if (own === undefined) {
      own = { seen: new SequenceSet(), last: undefined, order: new Map() };
      this.#lanes.set(lane, own);
    }
    return own;
  }

  #cell(own: Lane, lane: number, bucket: number): Cell {
    if (own.last?.bucket === bucket) return own.last.cell;
    let cells = this.#cells.get(bucket);
    if (cells === undefined) {
      cells = new Map();
      this.#cells.set(bucket, cells);
    }
    let cell = cells.get(lane);
    if (cell === undefined) {
      cell = { seqMin: Infinity, seqMax: 0, eventCount: 0, distinctCount: 0, sum: new ExactSum() };
      cells.set(lane, cell);
    }
    own.last = { bucket, cell };
    return cell;
  }
}
