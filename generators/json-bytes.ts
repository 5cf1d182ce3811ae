/**
 * JSON values as bytes, written where they belong: what Jackson writes with its defaults, bit for bit. Every
 * function takes where to begin and gives back where it ended.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const ZERO = 0x30;

/** Shorter pieces are copied faster byte by byte than by a call out of JavaScript. */
const LOOP_LENGTH_MAX = 12;

/** Integers are cut into groups of four digits, each looked up. */
const GROUP = 10_000;
const TWO_GROUPS = GROUP * GROUP;

/** The four digits of every number below 10,000, the first one in the lowest byte. */
const DIGITS = Uint32Array.from({ length: GROUP }, (_, number) => {
  const digits = [number / 1000, (number / 100) % 10, (number / 10) % 10, number % 10];
  return digits.reduceRight((packed, digit) => packed * 256 + ZERO + Math.floor(digit), 0);
});

/**
 * 1 for a byte of UTF-8 that a JSON text holds as it is. 0 for what is escaped, for the first of four bytes,
 * and for the first of the character that stands in for half a pair.
 */
const PLAIN = Uint8Array.from({ length: 0x100 }, (_, byte) =>
  byte < 0x20 || byte === QUOTE || byte === BACKSLASH || byte >= 0xef ? 0 : 1,
);

/** Letter after the backslash of a character with a short escape, or 0. */
const ESCAPE_LETTERS = new Uint8Array(0x80);
for (const [character, letter] of [
  ['"', '"'],
  ["\\", "\\"],
  ["\b", "b"],
  ["\t", "t"],
  ["\n", "n"],
  ["\f", "f"],
  ["\r", "r"],
] as const) {
  ESCAPE_LETTERS[character.charCodeAt(0)] = letter.charCodeAt(0);
}

/** Shorter texts are read faster one by one than through a call out of JavaScript. */
const TEXT_LOOP_LENGTH_MAX = 16;
const encoder = new TextEncoder();
/** Longer texts pass through here, as much at a time as fits. */
const scratch = new Uint8Array(16_384);

/** A character takes at most this many bytes: six of an escape. */
export const BYTES_PER_CHARACTER_MAX = 6;
/** Sign and sixteen digits. */
export const BYTES_PER_INTEGER_MAX = 17;

/** Bytes as they are. */
export function putPiece(bytes: Uint8Array, at: number, piece: Uint8Array): number {
  const { length } = piece;
  if (length > LOOP_LENGTH_MAX) bytes.set(piece, at);
  else for (let index = 0; index < length; index += 1) bytes[at + index] = piece[index] ?? 0;
  return at + length;
}

/** A safe integer. */
export function putInteger(bytes: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  if (rest < 0) {
    bytes[at] = MINUS;
    at += 1;
    rest = -rest;
  }
  if (rest < TWO_GROUPS) return putUpToEight(bytes, at, rest | 0);
  const high = Math.floor(rest / TWO_GROUPS);
  const low = (rest - high * TWO_GROUPS) | 0;
  at = high < TWO_GROUPS ? putUpToEight(bytes, at, high | 0) : putInteger(bytes, at, high);
  const middle = (low / GROUP) | 0;
  return putFour(bytes, putFour(bytes, at, middle), low - middle * GROUP);
}

/** The inside of a JSON string: no quotes around it. */
export function putText(bytes: Uint8Array, start: number, text: string): number {
  if (text.length <= TEXT_LOOP_LENGTH_MAX) return putUnits(bytes, start, text);
  let at = start;
  let rest = text;
  for (;;) {
    const { read, written } = encoder.encodeInto(rest, scratch);
    const put = putPlainRun(bytes, at, written);
    at = put < 0 ? putUnits(bytes, at, rest.slice(0, read)) : put;
    if (read === rest.length) return at;
    rest = rest.slice(read);
  }
}

/** The bytes in the scratch, escaped where ASCII needs it; -1 when something else needs it. */
function putPlainRun(bytes: Uint8Array, start: number, length: number): number {
  let at = start;
  for (let index = 0; index < length; index += 1) {
    const byte = scratch[index] ?? 0;
    if (PLAIN[byte] === 1) {
      bytes[at] = byte;
      at += 1;
    } else if (byte < 0x80) at = putEscape(bytes, at, byte);
    else return -1;
  }
  return at;
}

function putUnits(bytes: Uint8Array, start: number, text: string): number {
  let at = start;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80 && PLAIN[unit] === 1) {
      bytes[at] = unit;
      at += 1;
    } else at = putUnit(bytes, at, unit);
  }
  return at;
}

function putUpToEight(bytes: Uint8Array, at: number, value: number): number {
  if (value < GROUP) return putUpToFour(bytes, at, value);
  const high = (value / GROUP) | 0;
  return putFour(bytes, putUpToFour(bytes, at, high), value - high * GROUP);
}

/** Below 10,000, without leading zeros. */
function putUpToFour(bytes: Uint8Array, at: number, value: number): number {
  if (value >= 1000) return putFour(bytes, at, value);
  const digits = DIGITS[value] ?? 0;
  if (value >= 100) {
    bytes[at] = digits >>> 8;
    bytes[at + 1] = digits >>> 16;
    bytes[at + 2] = digits >>> 24;
    return at + 3;
  }
  if (value >= 10) {
    bytes[at] = digits >>> 16;
    bytes[at + 1] = digits >>> 24;
    return at + 2;
  }
  bytes[at] = digits >>> 24;
  return at + 1;
}

function putFour(bytes: Uint8Array, at: number, value: number): number {
  const digits = DIGITS[value] ?? 0;
  bytes[at] = digits;
  bytes[at + 1] = digits >>> 8;
  bytes[at + 2] = digits >>> 16;
  bytes[at + 3] = digits >>> 24;
  return at + 4;
}

/** A code unit that is not itself in one byte. */
function putUnit(bytes: Uint8Array, at: number, unit: number): number {
  // Jackson escapes both halves of what lies beyond the basic plane.
  if (unit < 0x80 || (unit >= 0xd800 && unit < 0xe000)) return putEscape(bytes, at, unit);
  if (unit < 0x800) {
    bytes[at] = 0xc0 | (unit >>> 6);
    bytes[at + 1] = 0x80 | (unit & 0x3f);
    return at + 2;
  }
  bytes[at] = 0xe0 | (unit >>> 12);
  bytes[at + 1] = 0x80 | ((unit >>> 6) & 0x3f);
  bytes[at + 2] = 0x80 | (unit & 0x3f);
  return at + 3;
}

function putEscape(bytes: Uint8Array, at: number, unit: number): number {
  bytes[at] = BACKSLASH;
  const letter = ESCAPE_LETTERS[unit] ?? 0;
  if (letter > 0) {
    bytes[at + 1] = letter;
    return at + 2;
  }
  const hex = unit.toString(16).toUpperCase().padStart(4, "0");
  bytes[at + 1] = 0x75;
  for (let digit = 0; digit < hex.length; digit += 1) bytes[at + 2 + digit] = hex.charCodeAt(digit);
  return at + 2 + hex.length;
}
