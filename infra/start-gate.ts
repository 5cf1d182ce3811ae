/**
 * Lets only so many instances start at once: twenty JVMs starting together on two cores all run into their
 * time limits, the same twenty one after the other are up sooner. Earlier services of the topology go first.
 */
import { availableParallelism } from "node:os";

interface Waiting {
  readonly weight: number;
  readonly rank: number;
  readonly go: () => void;
}

export class StartGate {
  readonly #capacity: number;
  #taken = 0;
  #waiting: Waiting[] = [];

  constructor(capacity: number = Math.max(3, availableParallelism() + 1)) {
    this.#capacity = capacity;
  }

  /**
   * Resolves when there is room for `weight`; dispose of the pass to make room again. Rejects with the
   * signal's reason.
   */
  async enter(weight: number, rank: number, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    if (weight > 0) await this.#wait(Math.min(weight, this.#capacity), rank, signal);
    let held = weight > 0;
    return {
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        this.#taken -= Math.min(weight, this.#capacity);
        this.#admit();
      },
    };
  }

  #wait(weight: number, rank: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiting = this.#waiting.filter((waiting) => waiting !== entry);
        reject(signal.reason as Error);
      };
      const entry: Waiting = {
        weight,
        rank,
        go: () => {
          signal.removeEventListener("abort", abort);
          resolve();
        },
      };
      signal.addEventListener("abort", abort, { once: true });
      this.#waiting.push(entry);
      this.#waiting.sort((a, b) => a.rank - b.rank);
      this.#admit();
    });
  }

  /** Strictly by rank: a light instance behind a heavy one must not keep it out for ever. */
  #admit(): void {
    for (;;) {
      const [first] = this.#waiting;
      if (first === undefined || this.#taken + first.weight > this.#capacity + 1e-9) return;
      this.#waiting.shift();
      this.#taken += first.weight;
      first.go();
    }
  }
}
