/**
 * The open model: operations have intended starts that the system under test cannot move. One lane runs its
 * operations in order; when it falls behind, the wait is part of every following latency.
 */
import type { Outcome } from "./contracts/values.ts";

export interface OpenLoopPorts<Op> {
  /** Intended starts in run time, ascending. */
  readonly schedule: Iterable<number>;
  readonly nowMs: () => number;
  readonly sleepMs: (ms: number) => Promise<void>;
  /** Operations meant to start at or after this moment are not offered any more. */
  readonly stopAtMs: () => number;
  readonly next: (intendedMs: number) => Promise<Op>;
  readonly apply: (op: Op) => Promise<Outcome>;
  readonly offered: (intendedMs: number) => void;
  readonly settled: (op: Op, outcome: Outcome, intendedMs: number, endedMs: number) => void;
}

/** Runs until the schedule passes `stopAtMs`. Rejects only for a defect of ours. */
export async function runOpenLoop<Op>(ports: OpenLoopPorts<Op>): Promise<void> {
  for (const intendedMs of ports.schedule) {
    let waitMs = intendedMs - ports.nowMs();
    while (waitMs > 0 && intendedMs < ports.stopAtMs()) {
      // Short naps, because the end of the load is decided while we wait.
      await ports.sleepMs(Math.min(waitMs, 100));
      waitMs = intendedMs - ports.nowMs();
    }
    if (intendedMs >= ports.stopAtMs()) return;
    ports.offered(intendedMs);
    const op = await ports.next(intendedMs);
    const outcome = await ports.apply(op);
    ports.settled(op, outcome, intendedMs, ports.nowMs());
  }
}
