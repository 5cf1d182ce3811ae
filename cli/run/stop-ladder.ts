/**
 * The steps down from a run that breaks things. Quiet: nothing further is injected, what is injected ends as planned,
 * and the run is drained and verified. Heal: everything is undone now. Abort: the harness leaves, its reaper undoes.
 * Quiet is here; heal is the run's abort signal, abort the second of them (cli/stop.ts).
 */
import type { JournalBody } from "../../core/contracts/journal.ts";

type Cause = Omit<Extract<JournalBody, { kind: "guard.tripped" }>, "kind" | "step">;

export class StopLadder {
  #isOpen = false;
  #quietBecause: string | undefined;
  #onQuiet: (cause: Cause) => void = () => undefined;

  /** Why nothing further is injected; undefined while it is. */
  get quietBecause(): string | undefined {
    return this.#quietBecause;
  }

  /** From now on there are faults that could be left out. */
  open(onQuiet: (cause: Cause) => void): void {
    this.#isOpen = true;
    this.#onQuiet = onQuiet;
  }

  /** All are injected: the next step is to heal. */
  close(): void {
    this.#isOpen = false;
  }

  /** False where that step is taken already, or would change nothing. */
  quiet(cause: Cause): boolean {
    if (!this.#isOpen || this.#quietBecause !== undefined) return false;
    this.#quietBecause = cause.reason;
    this.#onQuiet(cause);
    return true;
  }
}
