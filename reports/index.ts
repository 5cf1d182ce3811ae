/** The reporters: one line a report. The console summary is not a file and is called by the CLI directly. */
import type { JournalReader } from "../core/contracts/journal.ts";
import type { Reporter, ReportFile, Seal } from "../core/contracts/report.ts";
import type { Judgement } from "../core/contracts/slo.ts";
import { htmlReport } from "./html.ts";
import { json } from "./json.ts";
import { junit } from "./junit.ts";
import { markdown } from "./markdown.ts";
import { openmetrics } from "./openmetrics.ts";

export { renderConsoleSummary } from "./console.ts";

export const REPORTERS = {
  html: htmlReport,
  json,
  junit,
  markdown,
  openmetrics,
} as const satisfies Record<string, Reporter>;

export type ReporterName = keyof typeof REPORTERS;

/** Every report of a run. Pure, so that `verify` can tell a report drawn again from one written by hand. */
export function drawReports(
  journal: JournalReader,
  judgement: Judgement,
  seal: Seal | undefined,
): readonly ReportFile[] {
  return Object.values<Reporter>(REPORTERS).flatMap((reporter) =>
    reporter.render(journal, judgement, seal),
  );
}
