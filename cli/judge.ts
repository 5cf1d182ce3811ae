/** `lakeproof judge` and `lakeproof report`: verdicts and pages from a journal, with no cluster there. */
import { join } from "node:path";
import type { JournalReader } from "../core/contracts/journal.ts";
import type { Judgement } from "../core/contracts/slo.ts";
import { host } from "../core/host.ts";
import { readJournal } from "../core/journal.ts";
import { judge as judgeJournal } from "../core/judge.ts";
import { drawReports, renderConsoleSummary, REPORTERS } from "../reports/index.ts";
import { CHECKS } from "../slo/checks/index.ts";
import type { Signer } from "./certificate-key.ts";
import { CERTIFICATE_FILE } from "./certificate-manifest.ts";
import { sealOf } from "./certificate-statement.ts";
import { sealRun, writeReports } from "./certificate.ts";

export interface JudgeOptions {
  readonly json: boolean;
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
  print(journal, judgement, options);
  return judgement.exit.code;
}

/** Draws every report again. Exit 0: drawing is not judging. */
export async function reportRun(runDir: string, options: JudgeOptions): Promise<number> {
  const { journal, judgement } = await judged(runDir);
  const paths = writeReports(runDir, drawReports(journal, judgement, sealOf(runDir)));
  if (options.json) host.out(`${JSON.stringify({ schema: "lakeproof.report/1", paths })}\n`);
  else for (const path of paths) host.out(`${path}\n`);
  return 0;
}

/** The end of a run: verdicts, the manifest of the raw data, all reports, the certificate, the summary. */
export async function judgeAndReport(
  runDir: string,
  options: JudgeOptions & { readonly signer: Signer },
): Promise<number> {
  const { journal, judgement } = await judged(runDir);
  await sealRun(runDir, { journal, judgement, signer: options.signer });
  print(journal, judgement, options);
  host.err(`report ${join(runDir, "report.html")}\n`);
  host.err(`certificate ${join(runDir, CERTIFICATE_FILE)}, key ${options.signer.keyid}\n`);
  return judgement.exit.code;
}

function print(journal: JournalReader, judgement: Judgement, options: JudgeOptions): void {
  if (options.json) {
    host.out(`${JSON.stringify(judgement)}\n`);
    return;
  }
  const color = host.stdoutIsTty && host.env["NO_COLOR"] === undefined;
  host.out(renderConsoleSummary(journal, judgement, { color, columns: host.columns }));
}
