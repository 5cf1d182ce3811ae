/** Reads the JSON that a journal is written in, byte by byte: no white space, no escapes. Anything else is refused. */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
/** Either case of the letter before an exponent. */
const EXPONENT = 0x65;
const LOWER_CASE = 0x20;

/** Whole numbers of so many digits are exact, and so are the powers of ten up to there: one division rounds once. */
const DIGITS_MAX = 15;
const POWERS = Array.from({ length: DIGITS_MAX + 1 }, (_, power) => 10 ** power);

export class JournalCursor {
  bytes: Buffer = Buffer.alloc(0);
  /** Where to read next. */
  at = 0;
  /** Behind the last byte of the line. */
  end = 0;

  /** Goes behind this text; stays where it is if something else stands there. */
  skip(literal: Uint8Array): boolean {
    const { bytes, at } = this;
    const { length } = literal;
    if (at + length > this.end) return false;
    for (let index = 0; index < length; index += 1) {
      if (bytes[at + index] !== literal[index]) return false;
    }
    this.at = at + length;
    return true;
  }

  /** NaN where no number stands; JSON has none of that name. */
  number(): number {
    const { bytes, end } = this;
    const start = this.at;
    const isNegative = bytes[start] === MINUS;
    const first = isNegative ? start + 1 : start;
    let at = digitsEnd(bytes, first, end);
    if (at === first || (bytes[first] === ZERO && at > first + 1)) return Number.NaN;
    let scale = 0;
    if (at < end && bytes[at] === POINT) {
      const point = at;
      at = digitsEnd(bytes, point + 1, end);
      scale = at - point - 1;
      if (scale === 0) return Number.NaN;
    }
    if (at < end && ((bytes[at] ?? 0) | LOWER_CASE) === EXPONENT) return this.#exponential(at);
    this.at = at;
    if (at - first > DIGITS_MAX) return Number(bytes.toString("latin1", start, at));
    let digits = 0;
    for (let index = first; index < at; index += 1) {
      const byte = bytes[index] ?? 0;
      if (byte !== POINT) digits = digits * 10 + byte - ZERO;
    }
    const value = scale === 0 ? digits : digits / (POWERS[scale] ?? 1);
    return isNegative ? -value : value;
  }

  #exponential(letter: number): number {
    const sign = this.bytes[letter + 1];
    const first = sign === PLUS || sign === MINUS ? letter + 2 : letter + 1;
    const at = digitsEnd(this.bytes, first, this.end);
    if (at === first) return Number.NaN;
    const text = this.bytes.toString("latin1", this.at, at);
    this.at = at;
    return Number(text);
  }

  /** Goes behind the quote that ends a text; returns its place. -1 where the text is not plain ASCII. */
  closingQuote(): number {
    const { bytes, end } = this;
    for (let at = this.at; at < end; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE) {
        this.at = at + 1;
        return at;
      }
      if (byte < 0x20 || byte > 0x7e || byte === BACKSLASH) return -1;
    }
    return -1;
  }

  /** The same of a long text, whatever is in it. */
  nextQuote(): number {
    const at = this.bytes.indexOf(QUOTE, this.at);
    if (at < 0 || at >= this.end) return -1;
    this.at = at + 1;
    return at;
  }
}

function digitsEnd(bytes: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && (bytes[at] ?? 0) >= ZERO && (bytes[at] ?? 0) <= NINE) at += 1;
  return at;
}
