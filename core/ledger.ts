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
  /** Signed, so that no word ever becomes a floating-point number on its way. */
  readonly words: Int32Array;
  count: number;
}

/** Whole pages, from the first to before the last. */
interface Run {
  from: number;
  to: number;
}

/** Stands where no page is open: no number lies on it, and nothing is ever added to it. */
const NO_PAGE: Page = { words: new Int32Array(0), count: 0 };

/**
 * Set of positive integers that mostly come in order: what it keeps grows with the gaps in them, not with their number.
 * Below 2^32.
 */
export class SequenceSet {
  readonly #pages = new Map<number, Page>();
  /** Ascending, apart from each other. */
  readonly #whole: Run[] = [];
  /** The page of the number before: the next one is mostly on it, too. */
  #lastNumber = -1;
  #lastPage = NO_PAGE;

  get size(): number {
    let size = 0;
    for (const { from, to } of this.#whole) size += (to - from) * PAGE_SIZE;
    for (const { count } of this.#pages.values()) size += count;
    return size;
  }

  /** Pages of which some numbers are missing: each is kept bit by bit. */
  get openPageCount(): number {
    return this.#pages.size;
  }

  has(sequence: number): boolean {
    const index = sequence - 1;
    const number = index >>> PAGE_BITS;
    if (number !== this.#lastNumber && this.#isWhole(number)) return true;
    const page = number === this.#lastNumber ? this.#lastPage : this.#pages.get(number);
    const word = page?.words[(index & (PAGE_SIZE - 1)) >>> 5] ?? 0;
    return (word & (1 << (index & 31))) !== 0;
  }

  /** False when it was there already. */
  add(sequence: number): boolean {
    const index = sequence - 1;
    const number = index >>> PAGE_BITS;
    if (number !== this.#lastNumber && !this.#turnTo(number)) return false;
    const page = this.#lastPage;
    const at = (index & (PAGE_SIZE - 1)) >>> 5;
    const bit = 1 << (index & 31);
    const before = page.words[at] ?? 0;
    if ((before & bit) !== 0) return false;
    page.words[at] = before | bit;
    page.count += 1;
    if (page.count === PAGE_SIZE) this.#close(number);
    return true;
  }

  /** False where all of it is there. */
  #turnTo(number: number): boolean {
    let page = this.#pages.get(number);
    if (page === undefined) {
      if (this.#isWhole(number)) return false;
      page = { words: new Int32Array(PAGE_SIZE >>> 5), count: 0 };
      this.#pages.set(number, page);
    }
    this.#lastNumber = number;
    this.#lastPage = page;
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
    this.#lastNumber = -1;
    this.#lastPage = NO_PAGE;
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

/** Above any sequence number that is kept. */
const SEQ_MAX = 0xffff_ffff;

/** Of each kind so many are kept; the others are counted. */
export const FINDINGS_PER_KIND_MAX = 200;

interface Lane {
  readonly seen: SequenceSet;
  /** Of the change before: the next one mostly belongs to it, too. */
  bucket: number;
  cell: Cell;
  /** Highest sequence number per partition, by its handle; 0 before the first. */
  readonly highest: number[];
}

/** In the place of a partition: it comes in no order, as a snapshot reads rows as they lie. */
export const UNORDERED = -1;

/**
 * What one hop has seen. A partition is anything within which a lane's order must hold. What it keeps grows with the
 * buckets and the gaps, not with the number of changes; and a change that comes as expected makes no object and no text.
 */
export class ChangeLedger {
  /** Bucket → lane → cell. */
  readonly #cells = new Map<number, Map<number, Cell>>();
  readonly #lanes = new Map<number, Lane>();
  readonly #partitions: string[] = [];
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

  /** Handle of a partition by its name, e.g. "users/3": made once, given with every change. */
  partition(name: string): number {
    const known = this.#partitions.indexOf(name);
    return known >= 0 ? known : this.#partitions.push(name) - 1;
  }

  /** Printed with a finding, e.g. "users/3@1042". */
  position(partition: number, offset: number): string {
    return `${this.#partitions[partition] ?? ""}@${String(offset)}`;
  }

  /**
   * Enters one change; false when it was there already. `partition`: a handle, or UNORDERED. `offset` is its place in
   * the partition, for people to look at. Plain arguments, because an object for each change costs more than its entry.
   */
  observe(
    lane: number,
    seq: number,
    bucket: number,
    fp: number,
    partition: number,
    offset: number,
  ): boolean {
    this.#eventCount += 1;
    const own = this.#lanes.get(lane) ?? this.#openLane(lane, bucket);
    const cell = own.bucket === bucket ? own.cell : this.#turnTo(own, lane, bucket);
    cell.eventCount += 1;
    if (!own.seen.add(seq)) {
      // Counted, not listed: at-least-once delivery repeats thousands after a restart, within a budget.
      this.#duplicateCount += 1;
      return false;
    }
    cell.distinctCount += 1;
    if (seq < cell.seqMin) cell.seqMin = seq;
    if (seq > cell.seqMax) cell.seqMax = seq;
    cell.sum.add(fp);
    if (partition === UNORDERED) return true;
    const last = own.highest[partition] ?? 0;
    if (seq >= last) own.highest[partition] = seq;
    else {
      const detail = `at ${this.position(partition, offset)} after sequence ${String(last)}`;
      this.note({ anomaly: "reordered", lane, seq, bucket, detail });
    }
    return true;
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

  #openLane(lane: number, bucket: number): Lane {
    const cell = this.#cell(lane, bucket);
    const own = { seen: new SequenceSet(), bucket, cell, highest: [] };
    this.#lanes.set(lane, own);
    return own;
  }

  #turnTo(own: Lane, lane: number, bucket: number): Cell {
    own.cell = this.#cell(lane, bucket);
    own.bucket = bucket;
    return own.cell;
  }

  #cell(lane: number, bucket: number): Cell {
    let cells = this.#cells.get(bucket);
    if (cells === undefined) {
      cells = new Map();
      this.#cells.set(bucket, cells);
    }
    let cell = cells.get(lane);
    if (cell === undefined) {
      // Whole numbers from the beginning: an infinity here would make floating-point numbers of both.
      cell = { seqMin: SEQ_MAX, seqMax: 0, eventCount: 0, distinctCount: 0, sum: new ExactSum() };
      cells.set(lane, cell);
    }
    return cell;
  }
}
