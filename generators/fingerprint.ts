/**
 * Fingerprints of rows and exact sums of them. A fingerprint covers what must not change on the way
 * (business columns, lane, seq) and leaves out `bucket`. Sums, never XOR: a doubled row must show.
 */
import type { AccountRow, UserRow } from "./bank-rows.ts";
import { mix32 } from "./random.ts";

/** Mixed in where a number of a row is none: a damaged row must not pass for one with a zero. */
const NOT_AN_INTEGER = 0x4e61_4e21;

// The state of the one hash being computed. Module variables, because an object or a joined text a
// row would cost more than the hash itself.
let first = 0;
let second = 0;

function begin(table: number): void {
  first = 0x811c_9dc5 ^ table;
  second = 0x2f0b_4c47 ^ table;
}

/** Each step is a bijection of either lane, so one changed word can never cancel out by itself. */
function mixWord(word: number): void {
  first = Math.imul(((first << 13) | (first >>> 19)) ^ word, 0x0129_3d8b);
  second = Math.imul(((second << 5) | (second >>> 27)) ^ word, 0x27d4_eb2f);
}

function mixInteger(value: number): void {
  if (!Number.isSafeInteger(value)) mixWord(NOT_AN_INTEGER);
  mixWord(value | 0);
  mixWord(Math.floor(value / 0x1_0000_0000) | 0);
}

/** The length goes first, so that text cannot move from one column to the next unseen. */
function mixText(text: string): void {
  const { length } = text;
  mixWord(length);
  for (let index = 1; index < length; index += 2) {
    mixWord(text.charCodeAt(index - 1) | (text.charCodeAt(index) << 16));
  }
  if (length % 2 === 1) mixWord(text.charCodeAt(length - 1));
}

/** 48 bits: 16 of one lane, all 32 of the other. */
function finish(): number {
  const high = mix32(first);
  const low = mix32(second ^ high);
  return (high >>> 16) * 0x1_0000_0000 + (low >>> 0);
}

/** Integer in [0, 2^48). */
export function fingerprintUser(row: Omit<UserRow, "fp" | "bucket">): number {
  begin(1);
  mixInteger(row.id);
  mixText(row.email);
  mixText(row.name);
  mixText(row.status);
  mixText(row.data);
  mixInteger(row.lane);
  mixInteger(row.seq);
  return finish();
}

/** Integer in [0, 2^48). */
export function fingerprintAccount(row: Omit<AccountRow, "fp" | "bucket">): number {
  begin(2);
  mixInteger(row.id);
  mixInteger(row.userId);
  mixInteger(row.balance);
  mixText(row.status);
  mixText(row.data);
  mixInteger(row.lane);
  mixInteger(row.seq);
  return finish();
}
