/** `lakeproof judge` and `lakeproof report`: verdicts and pages from a journal, with no cluster there. */
import { join } from "node:path";
import type { JournalReader } from "../core/contracts/journal.ts";
import type { Judgement } from "../core/contracts/slo.ts";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { readJournal } from "../core/journal.ts";
import { judge as judgeJournal } from "../core/judge.ts";
import { drawReports, renderConsoleSummary, REPORTERS } from "../reports/index.ts";
import { CHECKS } from "../slo/checks/index.ts";
import type { Signer } from "./certificate/key.ts";
import { CERTIFICATE_FILE } from "./certificate/manifest.ts";
import { sealOf } from "./certificate/statement.ts";
import { sealRun, writeReports } from "./certificate/index.ts";
import { emitReports, takesStdout, type WantedReport } from "./reporters.ts";
import { historiesOf } from "./regression/history-of-run.ts";

export interface JudgeOptions {
  readonly json: boolean;
  /** Reports that somebody wants elsewhere than in the run directory. */
  readonly reports?: readonly WantedReport[];
}

interface Judged {
  readonly journal: JournalReader;
  readonly judgement: Judgement;
}

async function judged(runDir: string): Promise<Judged> {
  const journal = await readJournal(runDir);
  return { journal, judgement: judgeJournal(journal, Object.values(CHECKS)) };
}

/** Judges again and writes objectives.json; the exit code is the verdict's. */
export async function judgeRun(runDir: string, options: JudgeOptions): Promise<number> {
  const { journal, judgement } = await judged(runDir);
  writeReports(runDir, REPORTERS.json.render(journal, judgement));
  print(runDir, journal, judgement, options);
  return judgement.exit.code;
}

export interface ReportOptions extends JudgeOptions {
  /** History store whose series of this run stand in the page. */
  readonly history?: string;
  /** Where the page goes instead of the run directory. */
  readonly out?: string;
}

/** Draws every report again. Exit 0: drawing is not judging. */
export async function reportRun(runDir: string, options: ReportOptions): Promise<number> {
  if (options.history !== undefined && options.out === undefined) {
    throw new LakeproofError("USAGE", "--history needs --out <file>.", {
      hint: "Name a file outside of the run directory: what is certified follows from the run alone.",
    });
  }
  const { journal, judgement } = await judged(runDir);
  if (options.out !== undefined) {
    const { history, out } = options;
    const histories = history === undefined ? [] : historiesOf(journal.runId, history);
    const [page] = REPORTERS.html.render(journal, judgement, sealOf(runDir), { histories });
    return printPaths(writeReports(host.cwd, [{ path: out, body: page?.body ?? "" }]), options);
  }
  const paths = writeReports(runDir, drawReports(journal, judgement, sealOf(runDir)));
  emitReports(options.reports ?? [], { journal, judgement, seal: sealOf(runDir) });
  return printPaths(paths, options);
}

function printPaths(paths: readonly string[], { json, reports = [] }: JudgeOptions): number {
  const say = (line: string): void => {
    if (takesStdout(reports)) host.err(`${line}\n`);
    else host.out(`${line}\n`);
  };
  if (json) say(JSON.stringify({ schema: "lakeproof.report/1", paths }));
  else for (const path of paths) say(path);
  return 0;
}

/** The end of a run: verdicts, the manifest of the raw data, all reports, the certificate, the summary. */
export async function judgeAndReport(
  runDir: string,
  options: JudgeOptions & { readonly signer: Signer },
): Promise<number> {
  const { journal, judgement } = await judged(runDir);
  await sealRun(runDir, { journal, judgement, signer: options.signer });
  print(runDir, journal, judgement, options);
  host.err(`report ${join(runDir, "report.html")}\n`);
  host.err(`certificate ${join(runDir, CERTIFICATE_FILE)}, key ${options.signer.keyid}\n`);
  return judgement.exit.code;
}

/** People read standard error when a program or a report has standard output. */
function print(
  runDir: string,
  journal: JournalReader,
  judgement: Judgement,
  { json, reports = [] }: JudgeOptions,
): void {
  if (json) host.out(`${JSON.stringify(judgement)}\n`);
  const aside = json || takesStdout(reports);
  const isTty = aside ? host.stderrIsTty : host.stdoutIsTty;
  const color = isTty && host.env["NO_COLOR"] === undefined;
  const summary = renderConsoleSummary(journal, judgement, { color, columns: host.columns });
  if (aside) host.err(summary);
  else host.out(summary);
  emitReports(reports, { journal, judgement, seal: sealOf(runDir) });
}
