/** Sums that must not round: fingerprints of millions of changes. */

const SUM_LANE_WIDTH = 0x100_0000;
/** Below this many additions neither 24-bit lane can leave the exact range of a number (2^53). */
const ADDITIONS_MAX = 0x1000_0000;

/** Exact sum of fingerprints without BigInt per addition: two lanes of 24 bits, folded now and then. */
export class ExactSum {
  #low = 0;
  #high = 0;
  #additions = 0;
  #folded = 0n;

  add(fp: number): void {
    const high = Math.floor(fp / SUM_LANE_WIDTH);
    this.#high += high;
    this.#low += fp - high * SUM_LANE_WIDTH;
    this.#additions += 1;
    if (this.#additions === ADDITIONS_MAX) this.#fold();
  }

  /** Takes back an earlier `add` of the same value. */
  subtract(fp: number): void {
    const high = Math.floor(fp / SUM_LANE_WIDTH);
    this.#high -= high;
    this.#low -= fp - high * SUM_LANE_WIDTH;
    this.#additions += 1;
    if (this.#additions === ADDITIONS_MAX) this.#fold();
  }

  /** Decimal text of the sum. */
  text(): string {
    this.#fold();
    return this.#folded.toString();
  }

  #fold(): void {
    this.#folded += BigInt(this.#high) * BigInt(SUM_LANE_WIDTH) + BigInt(this.#low);
    this.#high = 0;
    this.#low = 0;
    this.#additions = 0;
  }
}
