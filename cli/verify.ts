/** `lakeproof verify`: is the certificate true, and do the raw data still give the verdicts it states? Offline. */
import type { KeyObject } from "node:crypto";
import { statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { ReportFile } from "../core/contracts/report.ts";
import { LakeproofError, type ExitCode } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { drawReports } from "../reports/index.ts";
import { checkSignature, checkVerdicts, rejudge } from "./certificate/check.ts";
import type { Rejudged, VerdictsChecked } from "./certificate/check.ts";
import { checkFiles, presentCount, type FilesChecked } from "./certificate/files.ts";
import { readPublicKey } from "./certificate/key.ts";
import { CERTIFICATE_FILE } from "./certificate/manifest.ts";
import { openCertificate, sealIn, type ReadStatement } from "./certificate/statement.ts";
import { verificationText } from "./certificate/text.ts";
import { finding, OUTCOME_EXITS } from "./certificate/verification.ts";
import type { Checked, Finding, Outcome, Verification } from "./certificate/verification.ts";

export interface VerifyOptions {
  /** A run directory, or a certificate that lies in one. */
  readonly target: string;
  /** PEM file of the key the reader trusts. */
  readonly publicKey: string | undefined;
  readonly json: boolean;
}

/** Exit 0 genuine; 21 signature or files are not as sealed; 10 the verdicts do not follow; 11 no raw data here. */
export async function verify(options: VerifyOptions): Promise<ExitCode> {
  const { target, publicKey, json } = options;
  const place = placeOf(resolve(host.cwd, target));
  const trusted = publicKey === undefined ? undefined : readPublicKey(resolve(host.cwd, publicKey));
  const verification = await verifyCertificate(place, trusted);
  host.out(json ? `${JSON.stringify(verification, null, 2)}\n` : verificationText(verification));
  return verification.exit;
}

export interface Place {
  readonly certificate: string;
  readonly runDir: string;
  /** The certificate itself was named: it may have been sent without its run. */
  readonly isNamed: boolean;
}

/** Throws RUN_NOT_FOUND where there is no certificate. */
export function placeOf(target: string): Place {
  const isDirectory = statSync(target, { throwIfNoEntry: false })?.isDirectory() === true;
  const certificate = isDirectory ? join(target, CERTIFICATE_FILE) : target;
  if (statSync(certificate, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new LakeproofError("RUN_NOT_FOUND", `There is no certificate ${certificate}.`, {
      hint: "`lakeproof run` writes one when it ends; a run whose harness was killed has none. `lakeproof judge` needs none.",
    });
  }
  return { certificate, runDir: dirname(certificate), isNamed: !isDirectory };
}

/** Reads only. Whatever is wrong becomes a finding; throws where the certificate cannot be read at all. */
export async function verifyCertificate(place: Place, trusted?: KeyObject): Promise<Verification> {
  const { envelope, statement, problems } = openCertificate(place.certificate);
  const form = problems.map((problem) => finding("certificate", CERTIFICATE_FILE, problem));
  if (envelope === undefined || statement === undefined) {
    return concluded(place, { findings: form, notes: [] }, false);
  }
  const signature = checkSignature({ envelope, statement }, trusted);
  const isTrusted = trusted !== undefined && signature.findings.length === 0;
  const alone = place.isNamed && presentCount(place.runDir, statement) === 0;
  const run = alone ? undefined : await checkRun(place.runDir, statement);
  const parts = [signature, ...(run === undefined ? [] : [run.files, run.verdicts])];
  const checked = {
    findings: [...form, ...parts.flatMap(({ findings }) => findings)],
    notes: parts.flatMap(({ notes }) => notes),
  };
  return {
    ...concluded(place, checked, alone),
    ...certificateFacts(statement, isTrusted),
    ...(run === undefined ? {} : runFacts(statement, run)),
  };
}

interface RunChecked {
  readonly files: FilesChecked;
  readonly verdicts: VerdictsChecked;
}

async function checkRun(runDir: string, statement: ReadStatement): Promise<RunChecked> {
  const rejudged = await rejudge(runDir);
  const files = await checkFiles(runDir, statement, drawnOnce(statement, rejudged));
  return { files, verdicts: await checkVerdicts(runDir, statement, rejudged) };
}

/** Reports are drawn only where one of them differs: a long run takes seconds to draw. */
function drawnOnce(statement: ReadStatement, rejudged: Rejudged): () => readonly ReportFile[] {
  let drawn: readonly ReportFile[] | undefined;
  return () => {
    drawn ??= drawnFrom(statement, rejudged);
    return drawn;
  };
}

/** None where the journal is too damaged to draw: then no report is excused. */
function drawnFrom(statement: ReadStatement, rejudged: Rejudged): readonly ReportFile[] {
  if ("reason" in rejudged) return [];
  try {
    return drawReports(rejudged.journal, rejudged.judgement, sealIn(statement));
  } catch {
    return [];
  }
}

function concluded(place: Place, checked: Checked, alone: boolean): Verification {
  const outcome = outcomeOf(checked.findings, alone);
  return {
    schema: "lakeproof.verification/1",
    outcome,
    exit: OUTCOME_EXITS[outcome],
    certificate: place.certificate,
    ...checked,
  };
}

/** Tampering first: verdicts from changed data say nothing about the certificate. */
function outcomeOf(findings: readonly Finding[], alone: boolean): Outcome {
  const concluding = findings.filter(({ kind }) => kind === "verdict" || kind === "claim");
  if (findings.length > concluding.length) return "not genuine";
  if (concluding.length > 0) return "verdicts differ";
  return alone ? "incomplete" : "genuine";
}

function certificateFacts(
  { predicate }: ReadStatement,
  isTrusted: boolean,
): Pick<Verification, "says" | "signer"> {
  const { run, judgement, scope, issuedAt, signer } = predicate;
  const { runId, scenario, seed, ended } = run;
  const { status, because } = judgement;
  return {
    says: {
      ...{ runId, scenario, seed, ended, status, because, issuedAt },
      certifies: scope.certifies,
    },
    signer: { keyid: signer.keyid, isTrusted },
  };
}

function runFacts(
  { predicate }: ReadStatement,
  { files, verdicts }: RunChecked,
): Pick<Verification, "files" | "judgedBy" | "verdicts"> {
  const { certifiedCount, sameCount, sizeBytes } = files;
  return {
    files: { certifiedCount, sameCount, sizeBytes },
    judgedBy: { then: predicate.judgedBy, now: verdicts.now, same: verdicts.sameCode },
    verdicts: {
      certifiedCount: verdicts.certifiedCount,
      differingCount: verdicts.differingCount,
    },
  };
}
