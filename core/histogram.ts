/** Mergeable latency histograms: microseconds, three significant digits, up to one hour. */
import { inflateSync } from "node:zlib";
import * as hdr from "hdr-histogram-js";
import { LakeproofError, reasonOf } from "./errors.ts";

/** What latencies are recorded into; read again through HistogramSum. */
export type Histogram = hdr.JsHistogram;

const HIGHEST_US = 3_600_000_000;

/** Layout of three significant digits from 1 µs: 2048 counts of one microsecond, then 1024 for each doubling. */
const HALF_COUNT = 1024;
const HALF_BITS = 10;
export const COUNTS_LENGTH = 23 * HALF_COUNT;

const COOKIE = 0x1c849303;
const COOKIE_COMPRESSED = 0x1c849304;
/** The bits of a cookie that tell the word size; always 1 here, for variable-length counts. */
const WORD_BITS = 0xf0;
export const HEADER_BYTES = 40;

/** What stands before the counts; their length in bytes is still to be put at 4. */
export const HEADER = headerBytes();

function headerBytes(): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt32BE(COOKIE | 0x10, 0);
  bytes.writeUInt32BE(3, 12);
  bytes.writeBigUInt64BE(1n, 16);
  bytes.writeBigUInt64BE(BigInt(HIGHEST_US), 24);
  bytes.writeDoubleBE(1, 32);
  return bytes;
}

export function newHistogram(): Histogram {
  const histogram = hdr.build({
    bitBucketSize: 64,
    autoResize: true,
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_US,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });
  if (histogram instanceof hdr.JsHistogram) return histogram;
  throw new LakeproofError("INTERNAL", "The histogram does not show its counts.", {
    hint: "Report this with the version of hdr-histogram-js.",
  });
}

/** Records a latency in milliseconds, never below 1 µs. */
export function recordMs(histogram: Histogram, latencyMs: number): void {
  histogram.recordValue(Math.min(HIGHEST_US, Math.max(1, Math.round(latencyMs * 1000))));
}

/**
 * V2 without compression, base64. A window of one second has some hundred counts of one byte: compressing them saves
 * little, and a day of them would take longer to inflate than everything else in a report.
 */
export function encodeHistogram(histogram: Histogram): string {
  return encodedText((visit) => {
    let left = histogram.totalCount;
    for (let index = 0; left > 0 && index < histogram.countsArrayLength; index += 1) {
      const count = histogram.getCountAtIndex(index);
      if (count === 0) continue;
      visit(index, count);
      left -= count;
    }
  });
}

/** The same of counts that are told one by one, ascending by their place. */
export function encodedText(each: (visit: (index: number, count: number) => void) => void): string {
  let bytes = encoding;
  let at = HEADER_BYTES;
  let next = 0;
  each((index, count) => {
    if (at + 2 * WORD_BYTES_MAX > bytes.length) {
      bytes = Buffer.concat([bytes], 2 * bytes.length);
      encoding = bytes;
    }
    const zeros = index - next;
    if (zeros > 0) at = putZigZag(bytes, at, zeros === 1 ? 0 : -zeros);
    at = putZigZag(bytes, at, count);
    next = index + 1;
  });
  bytes.writeUInt32BE(at - HEADER_BYTES, 4);
  return bytes.toString("base64", 0, at);
}

/** Reused: one histogram at a time is encoded. Grows with the longest. */
let encoding = Buffer.concat([HEADER], 1 << 12);

/** Of 2^53 and its sign, seven bits a byte. */
const WORD_BYTES_MAX = 8;

/** Counts are far below 2^53 and gaps below 2^15: plain arithmetic does. */
function putZigZag(bytes: Buffer, from: number, value: number): number {
  let at = from;
  let rest = value < 0 ? -value * 2 - 1 : value * 2;
  while (rest >= 0x80) {
    bytes[at] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
    at += 1;
  }
  bytes[at] = rest;
  return at + 1;
}

/**
 * Calls back for each value that was recorded, ascending: its place in the layout and how often it came.
 *
 * @param text - V2 base64, compressed or not
 * @throws LakeproofError JOURNAL_INVALID for anything else
 */
export function eachCount(text: string, visit: (index: number, count: number) => void): void {
  const bytes = payloadOf(text);
  const end = bytes.length;
  let index = 0;
  let at = HEADER_BYTES;
  while (at < end) {
    let byte = bytes[at] ?? 0;
    at += 1;
    let word = byte & 0x7f;
    for (let factor = 0x80; byte >= 0x80; factor *= 0x80) {
      if (at >= end) throw invalid("it ends within a count");
      byte = bytes[at] ?? 0;
      at += 1;
      word += (byte & 0x7f) * factor;
    }
    if (word % 2 === 1) index += (word + 1) / 2;
    else {
      if (word > 0) {
        if (index >= COUNTS_LENGTH) throw invalid("a value lies beyond one hour");
        visit(index, word / 2);
      }
      index += 1;
    }
  }
}

/** Header and counts, cut to the length the header states. */
function payloadOf(text: string): Buffer {
  let bytes = Buffer.from(text, "base64");
  if (bytes.length >= 8 && cookieOf(bytes) === COOKIE_COMPRESSED) {
    try {
      bytes = inflateSync(bytes.subarray(8, 8 + bytes.readUInt32BE(4)));
    } catch (error) {
      throw invalid(reasonOf(error));
    }
  }
  if (bytes.length < HEADER_BYTES || cookieOf(bytes) !== COOKIE) {
    throw invalid("it is not in the V2 encoding");
  }
  if (bytes.readUInt32BE(12) !== 3 || bytes.readBigUInt64BE(16) !== 1n) {
    throw invalid("it has another resolution than three digits from 1 µs");
  }
  const length = HEADER_BYTES + bytes.readUInt32BE(4);
  if (bytes.length < length) throw invalid("it is cut off");
  return bytes.subarray(0, length);
}

function cookieOf(bytes: Buffer): number {
  return (bytes.readUInt32BE(0) & ~WORD_BITS) >>> 0;
}

function invalid(reason: string): LakeproofError {
  return new LakeproofError("JOURNAL_INVALID", `A latency histogram cannot be read: ${reason}.`, {
    hint: "The journal was changed or damaged after it was written.",
  });
}

/** Largest value of a place in the layout, in microseconds: what percentiles are read from. */
export function highestUsAt(index: number): number {
  if (index < 2 * HALF_COUNT) return index;
  const doubling = (index >> HALF_BITS) - 1;
  return (HALF_COUNT + (index & (HALF_COUNT - 1)) + 1) * 2 ** doubling - 1;
}

/** Counts of any number of histograms together. */
export class HistogramSum {
  readonly #counts = new Float64Array(COUNTS_LENGTH);
  #totalCount = 0;

  get totalCount(): number {
    return this.#totalCount;
  }

  clear(): void {
    if (this.#totalCount > 0) this.#counts.fill(0);
    this.#totalCount = 0;
  }

  readonly addCount = (index: number, count: number): void => {
    this.#counts[index] = (this.#counts[index] ?? 0) + count;
    this.#totalCount += count;
  };

  add(text: string): void {
    eachCount(text, this.addCount);
  }

  /** Every value that was counted, ascending: the largest of its place, and how often. */
  each(visit: (valueMs: number, count: number) => void): void {
    let left = this.#totalCount;
    for (let index = 0; left > 0 && index < COUNTS_LENGTH; index += 1) {
      const count = this.#counts[index] ?? 0;
      if (count === 0) continue;
      left -= count;
      visit(highestUsAt(index) / 1000, count);
    }
  }

  /** The same counts as a histogram that can be encoded. */
  toHistogram(): Histogram {
    const histogram = newHistogram();
    this.each((valueMs, count) => {
      histogram.recordValueWithCount(Math.round(valueMs * 1000), count);
    });
    return histogram;
  }

  /** Value below or at which that share of all samples lies, nearest rank. NaN without samples. */
  percentileMs(percentile: number): number {
    if (this.#totalCount === 0) return Number.NaN;
    const share = (Math.min(percentile, 100) / 100) * this.#totalCount;
    // The product may come out one unit in the last place too large, and would then be rounded up for nothing.
    const rank = Math.max(1, Math.ceil(share - 2 ** (Math.floor(Math.log2(share)) - 52)));
    let reached = 0;
    for (let index = 0; index < COUNTS_LENGTH; index += 1) {
      reached += this.#counts[index] ?? 0;
      if (reached >= rank) return highestUsAt(index) / 1000;
    }
    return Number.NaN;
  }

  /** The same where so many more never ended: each was slower than all that did. Undefined: it is one of them. */
  percentileBesideMs(neverCount: number, percentile: number): number | undefined {
    const share = ((percentile / 100) * (this.#totalCount + neverCount)) / this.#totalCount;
    return this.#totalCount === 0 || share > 1 ? undefined : this.percentileMs(share * 100);
  }
}

export function mergeHistograms(encoded: Iterable<string>): HistogramSum {
  const sum = new HistogramSum();
  for (const text of encoded) sum.add(text);
  return sum;
}

/** Every value that was recorded, with how often, in ascending order. */
export function recordedValues(
  text: string,
): readonly { readonly valueMs: number; readonly count: number }[] {
  const found: { valueMs: number; count: number }[] = [];
  eachCount(text, (index, count) => {
    found.push({ valueMs: highestUsAt(index) / 1000, count });
  });
  return found;
}
