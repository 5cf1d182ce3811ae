/**
 * `--reporter`: a report where somebody wants it, beside the run directory, which always holds them all. A name alone
 * goes to stdout, name=path to a file, and `github` to what GitHub Actions shows of a job.
 */
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { closest } from "fastest-levenshtein";
import type { JournalReader } from "../core/contracts/journal.ts";
import type { Seal } from "../core/contracts/report.ts";
import type { Judgement } from "../core/contracts/slo.ts";
import { LakeproofError, reasonOf } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { githubAnnotations } from "../reports/github.ts";
import { REPORTERS, type ReporterName } from "../reports/index.ts";

const GITHUB = "github";
const SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY";

export interface WantedReport {
  readonly name: ReporterName | typeof GITHUB;
  /** Absolute; undefined is stdout. */
  readonly path: string | undefined;
}

/** Before anything starts: a report that cannot be written at the end of a night is no use. */
export function wantedReports(
  values: readonly string[] | undefined,
  json: boolean,
): readonly WantedReport[] {
  const wanted = (values ?? []).map(wantedReport);
  const toStdout = wanted.filter(({ name, path }) => name !== GITHUB && path === undefined);
  const [first] = toStdout;
  if (first !== undefined && (json || toStdout.length > 1)) {
    const other = json ? "--json" : `--reporter ${toStdout[1]?.name ?? ""}`;
    throw new LakeproofError(
      "USAGE",
      `--reporter ${first.name} and ${other} both want standard output.`,
      { hint: `Send one to a file: --reporter ${first.name}=<path>.` },
    );
  }
  return wanted;
}

function wantedReport(value: string): WantedReport {
  const [, name = "", path] = /^([^=]*)(?:=(.*))?$/s.exec(value) ?? [];
  const known = [...Object.keys(REPORTERS), GITHUB];
  if (!known.includes(name)) {
    throw new LakeproofError("USAGE", `There is no reporter ${JSON.stringify(name)}.`, {
      hint: `Did you mean ${closest(name, known)}? Reporters are ${known.join(", ")}, each with =<path> if it is to go to a file.`,
    });
  }
  if (path === "" || (name === GITHUB && path !== undefined)) {
    throw new LakeproofError("USAGE", `--reporter is ${JSON.stringify(value)}.`, {
      hint: `${GITHUB} takes no path; the others take =<path>, or go to standard output.`,
    });
  }
  return {
    name: name as WantedReport["name"],
    path: path === undefined ? undefined : resolve(host.cwd, path),
  };
}

export interface Reported {
  readonly journal: JournalReader;
  readonly judgement: Judgement;
  readonly seal: Seal | undefined;
}

/** True when standard output is taken, so that nothing else may be written there. */
export function takesStdout(wanted: readonly WantedReport[]): boolean {
  return wanted.some(({ name, path }) => name !== GITHUB && path === undefined);
}

/** What a report is made of, whatever was reported. */
export interface Drawn {
  readonly bodyOf: (name: ReporterName) => string;
  /** Workflow commands for the job's page. */
  readonly annotations: () => string;
}

export function emitReports(wanted: readonly WantedReport[], reported: Reported): void {
  emitDrawn(wanted, {
    bodyOf: (name) => bodyOf(name, reported),
    annotations: () => githubAnnotations(reported.judgement),
  });
}

/** A file that cannot be written is told and does not change what the run has shown. */
export function emitDrawn(wanted: readonly WantedReport[], drawn: Drawn): void {
  for (const { name, path } of wanted) {
    try {
      if (name === GITHUB) emitGithub(drawn);
      else emit(path, drawn.bodyOf(name));
    } catch (error) {
      host.err(`report ${name} could not be written: ${reasonOf(error)}\n`);
    }
  }
}

function emit(path: string | undefined, body: string): void {
  if (path === undefined) {
    host.out(body);
    return;
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, body);
  host.err(`report ${path}\n`);
}

/** Annotations where the runner reads them, the summary where it says: other steps may have written there. */
function emitGithub({ bodyOf: draw, annotations }: Drawn): void {
  host.err(annotations());
  const summary = host.env[SUMMARY_VARIABLE];
  if (summary === undefined || summary === "") {
    host.err(
      `No step summary: ${SUMMARY_VARIABLE} is not set, so this is no GitHub Actions step.\n`,
    );
    return;
  }
  appendFileSync(summary, draw("markdown"));
}

function bodyOf(name: ReporterName, { journal, judgement, seal }: Reported): string {
  return REPORTERS[name]
    .render(journal, judgement, seal)
    .map(({ body }) => body)
    .join("");
}
