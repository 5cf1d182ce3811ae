/** Workflow commands of GitHub Actions: what stands at the top of a job's page, few enough for all to be kept. */
import type { NightlyReport } from "../core/contracts/nightly.ts";
import type { Judgement, Verdict } from "../core/contracts/slo.ts";
import { formatNumber, oneLine } from "./format.ts";
import { nightBecause, nightWord } from "./nightly.ts";
import { claimedLine } from "./verdicts.ts";

/** GitHub keeps ten annotations of a kind from a step and drops the others without a word. */
const ANNOTATION_COUNT_MAX = 9;

export function githubAnnotations(judgement: Judgement): string {
  const open = judgement.verdicts.filter(({ claimed, status }) => claimed && status !== "PROVEN");
  const shown = open.slice(0, ANNOTATION_COUNT_MAX);
  const rest = open.length - shown.length;
  const title = `lakeproof ${judgement.scenario}: ${judgement.status}`;
  const lines = [
    command("notice", title, `${claimedLine(judgement)}. ${judgement.because}`),
    ...shown.map((verdict) =>
      command(levelOf(verdict), `${verdict.status}: ${verdict.title}`, verdict.because),
    ),
    ...(rest === 0
      ? []
      : [command("error", title, `${formatNumber(rest)} more claimed verdicts are not PROVEN.`)]),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** The same of a night of capacity search. */
export function nightAnnotations(report: NightlyReport): string {
  const title = `lakeproof ${report.scenario}: ${nightWord(report).word}`;
  const level = report.exit.code === 11 ? "warning" : "error";
  const reasons = report.exit.reasons.slice(0, ANNOTATION_COUNT_MAX);
  const lines = [
    command("notice", title, nightBecause(report)),
    ...reasons.map((reason) => command(level, title, reason)),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** Too few samples is no error of the system. */
function levelOf({ status }: Verdict): "error" | "warning" {
  return status === "INCONCLUSIVE" ? "warning" : "error";
}

/** A message ends at the line's end, a property at a comma or colon: both are written as the runner unescapes them. */
function command(level: string, title: string, message: string): string {
  return `::${level} title=${property(oneLine(title))}::${data(oneLine(message))}`;
}

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
