/** The reporters: one line a report. The console summary is not a file and is called by the CLI directly. */
import type { Reporter } from "../core/contracts/report.ts";
import { htmlReport } from "./html.ts";
import { json } from "./json.ts";
import { junit } from "./junit.ts";
import { markdown } from "./markdown.ts";

export { renderConsoleSummary } from "./console.ts";

export const REPORTERS = {
  html: htmlReport,
  json,
  junit,
  markdown,
} as const satisfies Record<string, Reporter>;

export type ReporterName = keyof typeof REPORTERS;
