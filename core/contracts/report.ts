/** A report only draws. */
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

export interface Reporter {
  readonly name: string;
  readonly purpose: string;
  /** Pure: same journal, judgement and seal, same bytes. No seal: the run has no certificate. */
  render(journal: JournalReader, judgement: Judgement, seal?: Seal): readonly ReportFile[];
}
