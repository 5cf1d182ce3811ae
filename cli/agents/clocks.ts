/** Two clocks compared by asking over and over: the quickest answer says the most. Pure. */

/** One question: when it was asked and answered here, and what the clocks there said in between. */
export interface ClockLook {
  readonly askedMonotonicMs: number;
  readonly askedEpochMs: number;
  readonly answeredMonotonicMs: number;
  readonly monotonicMs: number;
  readonly epochMs: number;
}

export interface ClockOffset {
  /** Added to a monotonic time here, it is that time there. */
  readonly monotonicMs: number;
  /** By how much the wall clock there is ahead. */
  readonly epochMs: number;
  /** Both offsets lie within so much of the truth. */
  readonly errorMs: number;
}

/** Of wall clocks, error of the comparison included: events of one load are ordered by them. */
export const CLOCK_MS_MAX = 100;

/** NaN without looks. */
export function clockOffset(looks: readonly ClockLook[]): ClockOffset {
  const offsets = looks.map((look) => {
    const errorMs = (look.answeredMonotonicMs - look.askedMonotonicMs) / 2;
    return {
      monotonicMs: look.monotonicMs - (look.askedMonotonicMs + errorMs),
      epochMs: look.epochMs - (look.askedEpochMs + errorMs),
      errorMs,
    };
  });
  const [best] = offsets.toSorted((one, other) => one.errorMs - other.errorMs);
  return best ?? { monotonicMs: Number.NaN, epochMs: Number.NaN, errorMs: Number.NaN };
}

/** What speaks against starting together with it, if anything. */
export function clockProblem({ epochMs, errorMs }: ClockOffset): string | undefined {
  const limit = `at most ${String(CLOCK_MS_MAX)} ms are allowed`;
  if (!(errorMs <= CLOCK_MS_MAX)) {
    return `its clock can only be read to within ${errorMs.toFixed(0)} ms (${limit})`;
  }
  if (Math.abs(epochMs) + errorMs <= CLOCK_MS_MAX) return undefined;
  const direction = epochMs > 0 ? "ahead" : "behind";
  return `its clock is ${Math.abs(epochMs).toFixed(0)} ms ${direction}, give or take ${errorMs.toFixed(0)} ms (${limit})`;
}
