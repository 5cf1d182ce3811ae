/**
 * Very many small latency histograms in a fraction of the memory of their texts: of each value that came, how far it is
 * from the one before and how often it came. Any text comes back as it was put; one that encodeHistogram() would not
 * have written is kept as it is.
 */
import { COUNTS_LENGTH, eachCount, encodedText, HEADER, HEADER_BYTES } from "./histogram.ts";
import { NumberColumn } from "./number-column.ts";

const BLOCK_BYTES = 1 << 20;
/** Of the bytes of one histogram: two words of eight bytes for each place would fit. */
const ENTRY_BYTES_MAX = COUNTS_LENGTH * 16;
/** Two counts beyond this would not fit into the exact whole numbers. */
const WORD_MAX = 2 ** 50;
const WORD_BYTES_MAX = 8;

/** Value of each character of base64; 64 where it is none. */
const SIXES = new Uint8Array(256).fill(64);
for (const [value, char] of Buffer.from(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
).entries()) {
  SIXES[char] = value;
}
const EQUALS = 0x3d;

/** Reused: one histogram at a time is decoded. Grows with the longest. */
let scratch = new Uint8Array(1 << 16);

export class PackedHistograms {
  readonly #blocks: Uint8Array[] = [];
  /** Bytes used of the last block. */
  #used = BLOCK_BYTES;
  readonly #starts = new NumberColumn();
  readonly #lengths = new NumberColumn();
  /** By row, what cannot be packed without loss. */
  readonly #texts = new Map<number, string>();
  #stagedLength = 0;

  get length(): number {
    return this.#starts.length;
  }

  push(text: string): void {
    const bytes = Buffer.from(text, "latin1");
    if (this.stage(bytes, 0, bytes.length) && bytes.toString("latin1") === text) {
      this.pushStaged();
      return;
    }
    this.#texts.set(this.length, text);
    this.#stagedLength = 0;
    this.pushStaged();
  }

  /** Packs base64 behind the last histogram, for pushStaged(). False where it cannot be packed without loss. */
  stage(base64: Uint8Array, from: number, to: number): boolean {
    const length = decode(base64, from, to);
    if (length < HEADER_BYTES || !hasOurHeader(length)) return false;
    // Each byte of the text makes one at most, and a word may be one longer.
    const need = Math.min(2 * length, ENTRY_BYTES_MAX);
    if (this.#used + need > BLOCK_BYTES) {
      this.#blocks.push(new Uint8Array(BLOCK_BYTES));
      this.#used = 0;
    }
    const block = this.#blocks.at(-1) ?? scratch;
    this.#stagedLength = pack(length, block, this.#used);
    return this.#stagedLength >= 0;
  }

  pushStaged(): void {
    this.#starts.push(Math.max(0, this.#blocks.length - 1) * BLOCK_BYTES + this.#used);
    this.#lengths.push(this.#stagedLength);
    this.#used += this.#stagedLength;
  }

  /** As it was put. */
  textAt(row: number): string {
    const text = this.#texts.get(row);
    if (text !== undefined) return text;
    return encodedText((visit) => {
      this.each(row, visit);
    });
  }

  /** As eachCount() of its text. */
  each(row: number, visit: (index: number, count: number) => void): void {
    const text = this.#texts.get(row);
    if (text !== undefined) {
      eachCount(text, visit);
      return;
    }
    const start = this.#starts.at(row);
    const block = this.#blocks[Math.floor(start / BLOCK_BYTES)] ?? scratch;
    let at = start % BLOCK_BYTES;
    const end = at + this.#lengths.at(row);
    let index = 0;
    while (at < end) {
      let byte = block[at] ?? 0;
      at += 1;
      let word = byte & 0x7f;
      for (let factor = 0x80; byte >= 0x80; factor *= 0x80) {
        byte = block[at] ?? 0;
        at += 1;
        word += (byte & 0x7f) * factor;
      }
      index += word < 0x80 ? word >> 1 : Math.floor(word / 2);
      let count = 1;
      if (word % 2 === 1) {
        byte = block[at] ?? 0;
        at += 1;
        count = 2 + (byte & 0x7f);
        for (let factor = 0x80; byte >= 0x80; factor *= 0x80) {
          byte = block[at] ?? 0;
          at += 1;
          count += (byte & 0x7f) * factor;
        }
      }
      visit(index, count);
      index += 1;
    }
  }
}

/** Into the scratch. Bytes decoded; -1 unless it is base64 as it is written: padded, with nothing in between. */
function decode(base64: Uint8Array, from: number, to: number): number {
  const chars = to - from;
  if (chars % 4 !== 0 || chars === 0) return -1;
  if (scratch.length < chars) scratch = new Uint8Array(2 * chars);
  const padding = base64[to - 2] === EQUALS ? 2 : base64[to - 1] === EQUALS ? 1 : 0;
  const wholeTo = padding === 0 ? to : to - 4;
  const out = scratch;
  let at = 0;
  for (let read = from; read < wholeTo; read += 4) {
    const a = SIXES[base64[read] ?? 0] ?? 64;
    const b = SIXES[base64[read + 1] ?? 0] ?? 64;
    const c = SIXES[base64[read + 2] ?? 0] ?? 64;
    const d = SIXES[base64[read + 3] ?? 0] ?? 64;
    if ((a | b | c | d) > 63) return -1;
    out[at] = (a << 2) | (b >> 4);
    out[at + 1] = (b << 4) | (c >> 2);
    out[at + 2] = (c << 6) | d;
    at += 3;
  }
  return padding === 0 ? at : decodeLast(base64, wholeTo, padding, at);
}

/** The last four characters, one or two of them padding. Bits that nobody reads must be zero. */
function decodeLast(base64: Uint8Array, from: number, padding: 1 | 2, at: number): number {
  if (base64[from + 3] !== EQUALS) return -1;
  const a = SIXES[base64[from] ?? 0] ?? 64;
  const b = SIXES[base64[from + 1] ?? 0] ?? 64;
  const c = padding === 2 ? 0 : (SIXES[base64[from + 2] ?? 0] ?? 64);
  if ((a | b | c) > 63) return -1;
  scratch[at] = (a << 2) | (b >> 4);
  if (padding === 2) return (b & 0xf) === 0 ? at + 1 : -1;
  scratch[at + 1] = (b << 4) | (c >> 2);
  return (c & 0x3) === 0 ? at + 2 : -1;
}

/** All that encodeHistogram() writes before the counts, with the length of those. */
function hasOurHeader(length: number): boolean {
  const counts = length - HEADER_BYTES;
  for (let at = 0; at < HEADER_BYTES; at += 1) {
    const isLength = at >= 4 && at < 8;
    const expected = isLength ? (counts >>> (8 * (7 - at))) & 0xff : HEADER[at];
    if (scratch[at] !== expected) return false;
  }
  return true;
}

/** Bytes written; -1 where the counts in the scratch are not as encodeHistogram() writes them. */
function pack(length: number, block: Uint8Array, from: number): number {
  let at = HEADER_BYTES;
  let to = from;
  let index = 0;
  let zeros = 0;
  while (at < length) {
    let byte = scratch[at] ?? 0;
    const start = at;
    at += 1;
    let word = byte & 0x7f;
    for (let factor = 0x80; byte >= 0x80; factor *= 0x80) {
      if (at >= length || at - start >= WORD_BYTES_MAX) return -1;
      byte = scratch[at] ?? 0;
      at += 1;
      word += (byte & 0x7f) * factor;
    }
    // A word that ends with a zero byte could have been shorter.
    if ((at - start > 1 && byte === 0) || word > WORD_MAX) return -1;
    if (word === 0 || word % 2 === 1) {
      if (zeros > 0 || word === 1) return -1;
      zeros = word === 0 ? 1 : (word + 1) / 2;
      continue;
    }
    index += zeros + 1;
    if (index > COUNTS_LENGTH) return -1;
    const count = word / 2;
    to = putWord(block, to, 2 * zeros + (count > 1 ? 1 : 0));
    if (count > 1) to = putWord(block, to, count - 2);
    zeros = 0;
  }
  return zeros > 0 ? -1 : to - from;
}

function putWord(block: Uint8Array, from: number, value: number): number {
  if (value < 0x80) {
    block[from] = value;
    return from + 1;
  }
  let at = from;
  let rest = value;
  while (rest >= 0x80) {
    block[at] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
    at += 1;
  }
  block[at] = rest;
  return at + 1;
}
