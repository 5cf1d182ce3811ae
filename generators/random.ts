/**
 * Seeded randomness for everything a plan decides: a small fast generator (sfc32) and the
 * derivation of independent seeds by label, so that one stream never disturbs another.
 */

const MASK_64 = 0xffff_ffff_ffff_ffffn;
const FNV_OFFSET_64 = 0xcbf2_9ce4_8422_2325n;
const FNV_PRIME_64 = 0x100_0000_01b3n;
const WARMUP_ROUNDS = 16;
/** Enough where all of the state is mixed already. */
const RESTART_ROUNDS = 4;

/** Spreads every input bit over all 64 output bits; two different inputs never meet. */
function scramble64(value: bigint): bigint {
  let mixed = (value + 0x9e37_79b9_7f4a_7c15n) & MASK_64;
  mixed = ((mixed ^ (mixed >> 30n)) * 0xbf58_476d_1ce4_e5b9n) & MASK_64;
  mixed = ((mixed ^ (mixed >> 27n)) * 0x94d0_49bb_1331_11ebn) & MASK_64;
  return mixed ^ (mixed >> 31n);
}

/**
 * A 64-bit seed for one purpose, e.g. `subSeed(seed, "bank", "lane", 3)`.
 * Labels are separated, so ("a", "bc") and ("ab", "c") give different seeds. Not for the hot path.
 */
export function subSeed(seed: bigint, ...labels: readonly (string | number)[]): bigint {
  let state = scramble64(BigInt.asUintN(64, seed));
  for (const label of labels) {
    let hash = FNV_OFFSET_64;
    for (const unit of `${typeof label}:${String(label)}`) {
      hash = ((hash ^ BigInt(unit.codePointAt(0) ?? 0)) * FNV_PRIME_64) & MASK_64;
    }
    state = scramble64(state ^ hash);
  }
  return state;
}

/** Spreads every input bit over all 32 output bits; a bijection. */
export function mix32(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return mixed ^ (mixed >>> 16);
}

/** Names one family of streams for `Random.restart`. */
export interface StreamKey {
  readonly low: number;
  readonly high: number;
}

/** Not for the hot path: once per purpose. */
export function streamKey(seed: bigint, ...labels: readonly (string | number)[]): StreamKey {
  const derived = subSeed(seed, ...labels);
  return { low: Number(derived & 0xffff_ffffn) | 0, high: Number(derived >> 32n) | 0 };
}

/** sfc32: 128 bits of state, period at least 2^32, a few nanoseconds a draw. Not cryptographic. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: bigint) {
    const first = scramble64(BigInt.asUintN(64, seed));
    const second = scramble64(first);
    this.#a = Number(first & 0xffff_ffffn) | 0;
    this.#b = Number(first >> 32n) | 0;
    this.#c = Number(second & 0xffff_ffffn) | 0;
    for (let round = 0; round < WARMUP_ROUNDS; round += 1) this.uint32();
  }

  /**
   * Goes to the start of the stream with this key, index and version (both below 2^32), without a step
   * through any other: what it draws is a pure function of the three, so nothing drawn need be kept.
   * Two pairs of index and version of one key never meet.
   */
  restart(key: StreamKey, index: number, version: number): void {
    this.#a = mix32(key.low + index);
    this.#b = mix32(key.high ^ this.#a ^ Math.imul(version, 0x9e37_79b1));
    this.#c = mix32(this.#a + this.#b);
    this.#counter = 1;
    for (let round = 0; round < RESTART_ROUNDS; round += 1) this.uint32();
  }

  /** Integer in [0, 2^32). */
  uint32(): number {
    const result = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0;
    return result >>> 0;
  }

  /** Fraction in [0, 1) with 53 random bits. */
  unit(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 0x400_0000 + low) / 0x20_0000_0000_0000;
  }

  /** Integer in [0, limit) from a single draw: for limits far below 2^32, where its unevenness is nothing. */
  index(limit: number): number {
    return Math.floor((this.uint32() / 0x1_0000_0000) * limit);
  }

  /** Integer in [0, limit). */
  below(limit: number): number {
    return Math.floor(this.unit() * limit);
  }

  /** Integer in [min, max], both included. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }
}
