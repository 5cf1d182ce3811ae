/** Numbers of one field of very many events, in the smallest typed array that holds all of them exactly. */

type Numbers = Uint8Array | Uint16Array | Int32Array | Float64Array;

const CAPACITY_MIN = 64;

interface Width {
  readonly min: number;
  readonly max: number;
  readonly make: (length: number) => Numbers;
}

/** Ascending. The last one takes everything. */
const WIDTHS: readonly Width[] = [
  { min: 0, max: 0xff, make: (length) => new Uint8Array(length) },
  { min: 0, max: 0xffff, make: (length) => new Uint16Array(length) },
  { min: -(2 ** 31), max: 2 ** 31 - 1, make: (length) => new Int32Array(length) },
];

export class NumberColumn {
  #values: Numbers = new Uint8Array(CAPACITY_MIN);
  #length = 0;
  #width = 0;
  /** Of whole numbers that fit; of no number at all once every double fits. */
  #min = 0;
  #max = 0xff;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#width < WIDTHS.length && !this.#fits(value)) this.#widenFor(value);
    if (this.#length === this.#values.length) this.#grow(2 * this.#length);
    this.#values[this.#length] = value;
    this.#length += 1;
  }

  at(index: number): number {
    return this.#values[index] ?? Number.NaN;
  }

  /** As long as the column is now; not to be kept while more is pushed. */
  values(): Numbers {
    return this.#values.subarray(0, this.#length);
  }

  /** Negative zero is a double of its own. */
  #fits(value: number): boolean {
    return (
      value >= this.#min &&
      value <= this.#max &&
      (value | 0) === value &&
      (value !== 0 || 1 / value > 0)
    );
  }

  #widenFor(value: number): void {
    while (this.#width < WIDTHS.length && !this.#fits(value)) {
      this.#width += 1;
      const { min, max } = WIDTHS[this.#width] ?? { min: 0, max: 0 };
      this.#min = min;
      this.#max = max;
    }
    this.#grow(this.#values.length);
  }

  #grow(capacity: number): void {
    const make = WIDTHS[this.#width]?.make ?? ((length: number) => new Float64Array(length));
    const grown = make(capacity);
    grown.set(this.#values);
    this.#values = grown;
  }
}
