/**
 * State by ordinal that costs memory only where it was touched: words in pages of 8 rows, the pages in
 * slabs. No object a row and none a page, so millions of rows give the garbage collector nothing to do.
 */

const PAGE_BITS = 3;
const PAGE_MASK = (1 << PAGE_BITS) - 1;
const SLAB_BITS = 13;
const SLAB_MASK = (1 << SLAB_BITS) - 1;

/** Rows of a few words each, all 0 until written. */
class SparseWords {
  /** Where `find` or `make` found the row: its first word is `words[at]`. */
  words: Uint32Array = new Uint32Array(0);
  at = 0;
  readonly #wordsPerRow: number;
  /** By page: 1 + its number in the slabs, or 0. */
  #table: Uint32Array;
  readonly #slabs: Uint32Array[] = [];
  #pageCount = 0;

  constructor(rowCount: number, wordsPerRow: number) {
    this.#wordsPerRow = wordsPerRow;
    this.#table = new Uint32Array((rowCount >>> PAGE_BITS) + 1);
  }

  /** False where the row's page was never written. */
  find(row: number): boolean {
    const entry = this.#table[row >>> PAGE_BITS];
    if (entry === undefined || entry === 0) return false;
    this.#go(entry - 1, row);
    return true;
  }

  make(row: number): void {
    const page = row >>> PAGE_BITS;
    if (page >= this.#table.length) {
      const grown = new Uint32Array(Math.max(page + 1, this.#table.length * 2));
      grown.set(this.#table);
      this.#table = grown;
    }
    const entry = this.#table[page] ?? 0;
    if (entry > 0) {
      this.#go(entry - 1, row);
      return;
    }
    const made = this.#pageCount;
    this.#pageCount += 1;
    if ((made & SLAB_MASK) === 0) {
      this.#slabs.push(new Uint32Array(this.#wordsPerRow << (PAGE_BITS + SLAB_BITS)));
    }
    this.#table[page] = made + 1;
    this.#go(made, row);
  }

  #go(page: number, row: number): void {
    this.words = this.#slabs[page >>> SLAB_BITS] ?? this.words;
    this.at = (((page & SLAB_MASK) << PAGE_BITS) + (row & PAGE_MASK)) * this.#wordsPerRow;
  }
}

/** What is kept of a row; its texts follow from its ordinal and seq. */
export interface RowState {
  /** 0: never written, or deleted. Below 2^32. */
  seq: number;
  /** Below 2^32. */
  bucket: number;
  /** Below 2^48. */
  fp: number;
  /** Cents, a safe integer; 0 for a user. */
  balance: number;
  /** Below 2^16, its meaning up to the owner. */
  reason: number;
}

export function emptyRow(): RowState {
  return { seq: 0, bucket: 0, fp: 0, balance: 0, reason: 0 };
}

const WORD = 0x1_0000_0000;
const WORDS_PER_ROW = 6;

/** Rows by ordinal: 24 bytes a row where touched, half a byte elsewhere. */
export class RowPages {
  readonly #rows: SparseWords;

  constructor(rowCount: number) {
    this.#rows = new SparseWords(rowCount, WORDS_PER_ROW);
  }

  /** Copies the row into `into`: an object of its own for every look would be garbage. */
  read(ordinal: number, into: RowState): void {
    const rows = this.#rows;
    if (!rows.find(ordinal)) {
      into.seq = into.bucket = into.fp = into.balance = into.reason = 0;
      return;
    }
    const { words, at } = rows;
    const high = words[at + 3] ?? 0;
    into.seq = words[at] ?? 0;
    into.bucket = words[at + 1] ?? 0;
    into.fp = (high & 0xffff) * WORD + (words[at + 2] ?? 0);
    into.reason = high >>> 16;
    // The high half is signed.
    into.balance = ((words[at + 5] ?? 0) | 0) * WORD + (words[at + 4] ?? 0);
  }

  write(ordinal: number, row: RowState): void {
    const rows = this.#rows;
    rows.make(ordinal);
    const { words, at } = rows;
    words[at] = row.seq;
    words[at + 1] = row.bucket;
    words[at + 2] = row.fp >>> 0;
    words[at + 3] = Math.floor(row.fp / WORD) | (row.reason << 16);
    words[at + 4] = row.balance >>> 0;
    words[at + 5] = Math.floor(row.balance / WORD);
  }
}

/**
 * A list of distinct numbers that starts out as 0, 1, 2 … and costs memory only where it was changed.
 * Removing takes constant time: the last number moves into the hole.
 */
export class OrdinalList {
  /** 1 + the number, or 0 where it is the index itself. */
  readonly #changed: SparseWords;
  #length: number;

  constructor(length: number) {
    this.#length = length;
    this.#changed = new SparseWords(length, 1);
  }

  get length(): number {
    return this.#length;
  }

  at(index: number): number {
    const changed = this.#changed;
    if (!changed.find(index)) return index;
    const entry = changed.words[changed.at] ?? 0;
    return entry === 0 ? index : entry - 1;
  }

  push(ordinal: number): void {
    this.#set(this.#length, ordinal);
    this.#length += 1;
  }

  pop(): void {
    this.#length -= 1;
  }

  removeAt(index: number): void {
    this.#length -= 1;
    if (index < this.#length) this.#set(index, this.at(this.#length));
  }

  /** The exact opposite of `removeAt`. */
  restoreAt(index: number, ordinal: number): void {
    if (index < this.#length) this.#set(this.#length, this.at(index));
    this.#set(index, ordinal);
    this.#length += 1;
  }

  #set(index: number, ordinal: number): void {
    if (this.at(index) === ordinal) return;
    const changed = this.#changed;
    changed.make(index);
    changed.words[changed.at] = ordinal + 1;
  }
}
