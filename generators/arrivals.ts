/** The open model: when each operation is meant to start, fixed by the seed and never by the system under test. */
import { LakeproofError } from "../core/errors.ts";
import { exponential } from "./distributions.ts";
import { Random, subSeed } from "./random.ts";

export interface ArrivalsSpec {
  readonly kind: "uniform" | "poisson";
  readonly ratePerS: number;
  readonly seed: bigint;
}

/**
 * Endless intended starts in milliseconds (with fractions) since the start of the load, ascending.
 * uniform: one every 1000/rate ms, the first at 0. poisson: exponential gaps of that mean.
 */
export function arrivals(spec: ArrivalsSpec): Generator<number, never, void> {
  if (!(spec.ratePerS > 0) || !Number.isFinite(spec.ratePerS)) {
    throw new LakeproofError(
      "CONFIG_INVALID",
      `An arrival rate of ${String(spec.ratePerS)} per second cannot be scheduled.`,
      { hint: "Give a rate above 0." },
    );
  }
  return spec.kind === "uniform" ? uniform(spec.ratePerS) : poisson(spec.ratePerS, spec.seed);
}

function* uniform(ratePerS: number): Generator<number, never, void> {
  // Multiplying the index, not adding the gap, keeps hours of schedule free of rounding drift.
  for (let index = 0; ; index += 1) yield (index * 1000) / ratePerS;
}

function* poisson(ratePerS: number, seed: bigint): Generator<number, never, void> {
  const random = new Random(subSeed(seed, "arrivals"));
  let offsetMs = 0;
  for (;;) {
    offsetMs += exponential(random, 1000 / ratePerS);
    yield offsetMs;
  }
}
