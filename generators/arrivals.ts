/** The open model: when each operation is meant to start, fixed by the seed and never by the system under test. */
import { arrivalProblems, arrivalShape, spacingOf } from "../core/arrival-shape.ts";
import type { ArrivalShape } from "../core/arrival-shape.ts";
import type { Arrivals } from "../core/contracts/plan.ts";
import { LakeproofError } from "../core/errors.ts";
import { exponential } from "./distributions.ts";
import { Random, subSeed } from "./random.ts";

export interface ArrivalsSpec {
  readonly kind: Arrivals;
  /** The mean over whole periods of the shape. */
  readonly ratePerS: number;
  readonly seed: bigint;
}

/**
 * Endless intended starts in milliseconds (with fractions) since the start of the load, ascending.
 * Starts are laid out on the expected count first, evenly (0, 1, 2 …) or with exponential gaps of mean 1, and
 * carried to the clock by the shape: its expected counts hold exactly, and writers with seeds of their own
 * burst together.
 */
export function arrivals(spec: ArrivalsSpec): Generator<number, never, void> {
  const problems = arrivalProblems(spec.kind, "arrivals");
  if (!(spec.ratePerS > 0) || !Number.isFinite(spec.ratePerS) || problems.length > 0) {
    throw new LakeproofError(
      "CONFIG_INVALID",
      [`Arrivals at ${String(spec.ratePerS)} per second cannot be scheduled.`, ...problems].join(
        " ",
      ),
      { hint: "Give a rate above 0 and a shape that keeps its mean." },
    );
  }
  const shape = arrivalShape(spec.kind, spec.ratePerS);
  return spacingOf(spec.kind) === "uniform" ? evenly(shape) : randomly(shape, spec.seed);
}

function* evenly(shape: ArrivalShape): Generator<number, never, void> {
  for (let index = 0; ; index += 1) yield shape.offsetMs(index);
}

function* randomly(shape: ArrivalShape, seed: bigint): Generator<number, never, void> {
  const random = new Random(subSeed(seed, "arrivals"));
  let count = 0;
  let latestMs = 0;
  for (;;) {
    count += exponential(random, 1);
    // Two starts a rounding error apart must not change places.
    latestMs = Math.max(latestMs, shape.offsetMs(count));
    yield latestMs;
  }
}
