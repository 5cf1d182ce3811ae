/** A verification for people: what the certificate says, what was checked, each difference, and the outcome last. */
import type { JudgedBy } from "../../core/contracts/certificate.ts";
import { formatBytes, formatNumber, oneLine, plural } from "../../reports/format.ts";
import type { Outcome, Verification } from "./verification.ts";

const LINE_COUNT_MAX = 40;
const DIGEST_LENGTH = 12;

const OUTCOMES: Readonly<Record<Outcome, string>> = {
  genuine: "GENUINE: signature, files and verdicts are as certified.",
  incomplete:
    "INCOMPLETE: it is signed, but its raw data are not beside it: nothing was recomputed.",
  "verdicts differ":
    "VERDICTS DIFFER: the files are as certified, what was concluded from them is not",
  "not genuine": "NOT GENUINE",
};

export function verificationText(verification: Verification): string {
  const { outcome, findings, notes } = verification;
  const found = findings.map(({ kind, about, problem }) =>
    printable(`✘ ${kind} ${about}: ${problem}`),
  );
  const closing = findings.length === 0 ? "" : ` (${plural(findings.length, "problem")}).`;
  return [
    ...facts(verification),
    ...shortened(found),
    ...shortened(notes.map((note) => printable(`! ${note}`))),
    `${OUTCOMES[outcome]}${closing}`,
  ]
    .map((line) => `${line}\n`)
    .join("");
}

function facts(verification: Verification): readonly string[] {
  const { certificate, says, signer, files, judgedBy, verdicts } = verification;
  const rows: [name: string, text: string][] = [["certificate", certificate]];
  if (says !== undefined) {
    rows.push(
      ["run", `${says.runId}, seed ${says.seed}, ${says.ended}, signed ${says.issuedAt}`],
      ["says", `${says.status}: ${says.because}`],
      ["scope", says.certifies],
    );
  }
  if (signer !== undefined) rows.push(["key", keyText(signer)]);
  if (files !== undefined) {
    const { sameCount, certifiedCount, sizeBytes } = files;
    const of = `${formatNumber(sameCount)} of ${formatNumber(certifiedCount)}`;
    rows.push(["files", `${of} as certified, ${formatBytes(sizeBytes)} read`]);
  }
  if (judgedBy !== undefined) rows.push(["judged", judgedText(judgedBy)]);
  if (verdicts !== undefined) {
    const same = verdicts.certifiedCount - verdicts.differingCount;
    rows.push([
      "verdicts",
      `${formatNumber(Math.max(0, same))} of ${formatNumber(verdicts.certifiedCount)} recomputed the same`,
    ]);
  }
  return rows.map(([name, text]) => `${name.padEnd(12)} ${printable(text)}`);
}

function keyText({ keyid, isTrusted }: NonNullable<Verification["signer"]>): string {
  return isTrusted
    ? `${keyid}, the one you named`
    : `${keyid}, which nobody vouches for here: name the key you trust with --public-key`;
}

function judgedText({ then, now, same }: NonNullable<Verification["judgedBy"]>): string {
  return same
    ? `by lakeproof ${versionText(then)}, now by the same`
    : `by lakeproof ${versionText(then)}, now by other checks: ${versionText(now)}`;
}

function versionText({ lakeproofVersion, codeSha256 }: JudgedBy): string {
  return `${lakeproofVersion} (${codeSha256.slice(0, DIGEST_LENGTH)})`;
}

function shortened(lines: readonly string[]): readonly string[] {
  const more = lines.length - LINE_COUNT_MAX;
  if (more <= 0) return lines;
  return [...lines.slice(0, LINE_COUNT_MAX), `  … and ${formatNumber(more)} more: see --json`];
}

/** A certificate is somebody else's text: it must not drive the terminal. */
function printable(text: string): string {
  return oneLine(text).replace(/\p{Cc}/gu, "\uFFFD");
}
