/** A report only draws. */
import type { JournalReader } from "./journal.ts";
import type { Judgement } from "./slo.ts";

export interface ReportFile {
  /** Relative to the run directory. */
  readonly path: string;
  readonly body: string;
}

export interface Reporter {
  readonly name: string;
  readonly purpose: string;
  /** Pure: same journal and judgement, same bytes. */
  render(journal: JournalReader, judgement: Judgement): readonly ReportFile[];
}
