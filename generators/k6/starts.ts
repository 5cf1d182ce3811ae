/**
 * Starts at random, in bursts or like a day, where k6's own executors know even ticks alone: each iteration has its
 * number in the schedule, and waits for its start. No k6 import, so that it can be tested; no import of the house.
 */

export interface StartShape {
  readonly spacing: "uniform" | "poisson";
  readonly periodMs: number;
  /** At even steps of one period the share of its expected starts that lie before: [0, 1] is constant. */
  readonly shares: readonly number[];
}

export interface StartSchedule {
  /** Of the operation with this number, in milliseconds since the load began. Numbers must not fall. */
  atMs(index: number): number;
}

/** Later than this an operation is dropped, and counted: what comes after it must not wait for an endless queue. */
export const LATE_MS_MAX = 1000;

/** Endless; the same for every worker that is given the same arguments. `ratePerS` is the mean over whole periods. */
export function startSchedule(
  { spacing, periodMs, shares }: StartShape,
  ratePerS: number,
  seedText: string,
): StartSchedule {
  const countPerPeriod = (ratePerS * periodMs) / 1000;
  const offsetMs = (count: number): number => {
    const whole = Math.floor(count / countPerPeriod);
    return (whole + timeAt(shares, count / countPerPeriod - whole)) * periodMs;
  };
  if (spacing === "uniform") return { atMs: offsetMs };
  const unit = units(hashOf(seedText));
  let next = 0;
  let count = 0;
  return {
    atMs: (index) => {
      // Every worker draws the gaps of all operations, so that it needs to ask nobody where its own one lies.
      for (; next <= index; next += 1) count -= Math.log(unit());
      return offsetMs(count);
    },
  };
}

/** The inverse, by halving: the last step that begins at or below the share, and a straight line through it. */
function timeAt(shares: readonly number[], share: number): number {
  let low = 0;
  let high = shares.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((shares[middle] ?? 1) <= share) low = middle;
    else high = middle;
  }
  const from = shares[low] ?? 0;
  const to = shares[high] ?? 1;
  return (low + (to > from ? (share - from) / (to - from) : 0)) / (shares.length - 1);
}

function hashOf(text: string): number {
  let hash = 0x811c_9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x0100_0193);
  }
  return hash >>> 0;
}

/** Numbers in (0, 1], of which 2^32 come before they repeat: a Weyl sequence whose terms are mixed (Steele, 2014). */
function units(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e37_79b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0_aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97);
    return (((mixed ^ (mixed >>> 15)) >>> 0) + 1) / 0x1_0000_0000;
  };
}
