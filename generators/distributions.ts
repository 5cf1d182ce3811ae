/** The shapes of the load: skew of keys, mix of operations, gaps between arrivals, amounts of money. */
import { LakeproofError } from "../core/errors.ts";
import type { Random } from "./random.ts";

/**
 * Bounded Zipf: rank k of n is drawn with probability proportional to k^-exponent.
 * Rejection-inversion after Hörmann and Derflinger (1996): no table, so the number of items may
 * change from draw to draw at the price of two powers.
 */
export class Zipf {
  readonly #exponent: number;
  readonly #acceptedDistance: number;
  readonly #integralLow: number;
  #itemCount = 0;
  #integralHigh = 0;

  constructor(exponent: number) {
    if (!(exponent > 0)) {
      throw new LakeproofError(
        "CONFIG_INVALID",
        `Zipf exponent ${String(exponent)} is not above 0.`,
        {
          hint: "Give an exponent above 0, e.g. 0.8.",
        },
      );
    }
    this.#exponent = exponent;
    this.#integralLow = this.#integral(1.5) - 1;
    this.#acceptedDistance = 2 - this.#integralInverse(this.#integral(2.5) - this.#density(2));
  }

  /** Rank in [1, itemCount]; 1 is the hottest. */
  sample(random: Random, itemCount: number): number {
    if (itemCount !== this.#itemCount) {
      this.#itemCount = itemCount;
      this.#integralHigh = this.#integral(itemCount + 0.5);
    }
    for (;;) {
      const area = this.#integralHigh + random.unit() * (this.#integralLow - this.#integralHigh);
      const position = this.#integralInverse(area);
      const rank = Math.min(itemCount, Math.max(1, Math.round(position)));
      if (rank - position <= this.#acceptedDistance) return rank;
      if (area >= this.#integral(rank + 0.5) - this.#density(rank)) return rank;
    }
  }

  #density(position: number): number {
    return position ** -this.#exponent;
  }

  #integral(position: number): number {
    const power = 1 - this.#exponent;
    if (Math.abs(power) < 1e-9) return Math.log(position);
    return (position ** power - 1) / power;
  }

  #integralInverse(area: number): number {
    const power = 1 - this.#exponent;
    if (Math.abs(power) < 1e-9) return Math.exp(area);
    return Math.max(0, 1 + area * power) ** (1 / power);
  }
}

/** Picks one of a few options with the given weights (any positive scale). */
export class WeightedChoice<T> {
  readonly #options: readonly T[];
  readonly #limits: readonly number[];
  readonly #last: T;

  constructor(weights: readonly (readonly [option: T, weight: number])[]) {
    const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
    const last = weights.at(-1);
    if (last === undefined || !(total > 0) || weights.some(([, weight]) => weight < 0)) {
      throw new LakeproofError(
        "CONFIG_INVALID",
        `Weights [${weights.map(([, weight]) => String(weight)).join(", ")}] cannot be drawn from.`,
        { hint: "Give at least one weight, none below 0 and one above 0." },
      );
    }
    let sum = 0;
    this.#limits = weights.map(([, weight]) => (sum += weight / total));
    this.#options = weights.map(([option]) => option);
    this.#last = last[0];
  }

  pick(random: Random): T {
    const drawn = random.unit();
    const index = this.#limits.findIndex((limit) => drawn < limit);
    // Rounding may leave the last limit a hair below 1.
    return this.#options[index] ?? this.#last;
  }
}

/** Gap of a Poisson process with the given mean, in the unit of the mean. */
export function exponential(random: Random, mean: number): number {
  return -mean * Math.log(1 - random.unit());
}

export interface AmountShape {
  readonly medianCents: number;
  /** Standard deviation of the logarithm: 1 puts two thirds within a factor e of the median. */
  readonly sigma: number;
  readonly maxCents: number;
}

/** Log-normal amount in whole cents, at least 1 and at most `maxCents`. */
export function amountCents(random: Random, shape: AmountShape): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.unit()));
  const normal = radius * Math.cos(2 * Math.PI * random.unit());
  const cents = Math.round(shape.medianCents * Math.exp(shape.sigma * normal));
  return Math.min(shape.maxCents, Math.max(1, cents));
}
