/** A report only draws. */
import type { SeriesHistory } from "./comparison.ts";
import type { JournalReader } from "./journal.ts";
import type { Judgement } from "./slo.ts";

export interface ReportFile {
  /** Relative to the run directory. */
  readonly path: string;
  readonly body: string;
}

/** What a report can say of the certificate, which is signed after it is drawn. */
export interface Seal {
  readonly keyid: string;
  /** Of the manifest of the raw files. */
  readonly manifestSha256: string;
}

/** One rung of a capacity ladder: a load that was offered, and what came of it. */
export interface CapacityRung {
  /** In the ladder's unit, above 0. */
  readonly load: number;
  readonly throughputPerS: number;
  /** blind: the window carries no verdict. */
  readonly status: "holds" | "breaks" | "blind";
  /** What limited it: a stage or a condition. */
  readonly limitedBy?: string;
}

/** Capacity steps of one target, and the scalability law where it was fitted. */
export interface CapacityLadder {
  readonly title: string;
  /** Of the load: "events/s", "users". */
  readonly loadUnit: string;
  /** Of the throughput: "events/s". */
  readonly throughputUnit: string;
  readonly rungs: readonly CapacityRung[];
  /** X(N) = λN / (1 + σ(N−1) + κN(N−1)). `peakLoad` only where it was measured past the peak. */
  readonly law?: {
    readonly lambda: number;
    readonly sigma: number;
    readonly kappa: number;
    readonly peakLoad?: number;
  };
}

/** What stands beside one run and is not in its journal. A page drawn with it is no part of the certificate. */
export interface ReportExtras {
  readonly ladders?: readonly CapacityLadder[];
  readonly histories?: readonly SeriesHistory[];
}

export interface Reporter {
  readonly name: string;
  readonly purpose: string;
  /** Pure: same arguments, same bytes. No seal: the run has no certificate. */
  render(
    journal: JournalReader,
    judgement: Judgement,
    seal?: Seal,
    extras?: ReportExtras,
  ): readonly ReportFile[];
}
