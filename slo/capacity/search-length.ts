/** How long a search takes, by asking it against a limit that is known. */
import type { SearchOptions, SearchStep } from "../../core/contracts/capacity.ts";
import { decide } from "./search.ts";

export interface WindowLengths {
  readonly windowMs: number;
  readonly settleMs: number;
  /** What a window takes beyond its own time: its load begins and ends, what it left is done. */
  readonly overheadMs: number;
}

/** Of one target that ends at `limitPerS`, where no window comes out the other way. */
export function searchLengthMs(
  options: SearchOptions,
  { windowMs, settleMs, overheadMs }: WindowLengths,
  limitPerS: number,
): number {
  const steps: SearchStep[] = [];
  let lengthMs = 0;
  for (;;) {
    const next = decide(options, steps);
    if (next.kind === "done") return lengthMs;
    const { purpose, ratePerS, windowRatio, restRatio } = next;
    lengthMs += settleMs + (windowRatio + restRatio) * windowMs + overheadMs;
    const status = ratePerS <= limitPerS ? "holds" : "breaks";
    steps.push({ purpose, ratePerS, status, isNear: false, because: "" });
  }
}
