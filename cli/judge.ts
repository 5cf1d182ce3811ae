/** `lakeproof judge` and `lakeproof report`: verdicts and pages from a journal, with no cluster there. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { JournalReader } from "../core/contracts/journal.ts";
import type { Judgement } from "../core/contracts/slo.ts";
import { host } from "../core/host.ts";
import { readJournal } from "../core/journal.ts";
import { judge as judgeJournal } from "../core/judge.ts";
import { renderConsoleSummary, REPORTERS } from "../reports/index.ts";
import { CHECKS } from "../slo/checks/index.ts";

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
  write(runDir, REPORTERS.json.render(journal, judgement));
  print(journal, judgement, options);
  return judgement.exit.code;
}

/** Draws every report again. Exit 0: drawing is not judging. */
export async function reportRun(runDir: string, options: JudgeOptions): Promise<number> {
  const { journal, judgement } = await judged(runDir);
  const paths = renderAll(runDir, journal, judgement);
  if (options.json) host.out(`${JSON.stringify({ schema: "lakeproof.report/1", paths })}\n`);
  else for (const path of paths) host.out(`${path}\n`);
  return 0;
}

/** The end of a run: verdicts, all reports, the manifest of the raw data, the summary. */
export async function judgeAndReport(runDir: string, options: JudgeOptions): Promise<number> {
  const { journal, judgement } = await judged(runDir);
  renderAll(runDir, journal, judgement);
  writeManifest(runDir);
  print(journal, judgement, options);
  host.err(`report ${join(runDir, "report.html")}\n`);
  return judgement.exit.code;
}

function renderAll(
  runDir: string,
  journal: JournalReader,
  judgement: Judgement,
): readonly string[] {
  return Object.values(REPORTERS).flatMap((reporter) =>
    write(runDir, reporter.render(journal, judgement)),
  );
}

function write(
  runDir: string,
  files: readonly { readonly path: string; readonly body: string }[],
): readonly string[] {
  return files.map(({ path, body }) => {
    const target = resolve(runDir, path);
    writeFileSync(target, body);
    return target;
  });
}

function print(journal: JournalReader, judgement: Judgement, options: JudgeOptions): void {
  if (options.json) {
    host.out(`${JSON.stringify(judgement)}\n`);
    return;
  }
  const color = host.stdoutIsTty && host.env["NO_COLOR"] === undefined;
  host.out(renderConsoleSummary(journal, judgement, { color, columns: host.columns }));
}

/** SHA-256 of every raw file of the run, so that a later reader can tell whether it is still the same. */
function writeManifest(runDir: string): void {
  const lines = filesBelow(runDir)
    .map((path) => relative(runDir, path))
    .filter((path) => path !== "manifest.sha256")
    .sort()
    .map((path) => {
      const digest = createHash("sha256")
        .update(readFileSync(join(runDir, path)))
        .digest("hex");
      return `${digest}  ${path}\n`;
    });
  writeFileSync(join(runDir, "manifest.sha256"), lines.join(""));
}

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}
