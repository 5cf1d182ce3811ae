/**
 * Whether a certificate is signed as it says, and whether its conclusions can be drawn again from the raw data.
 * Reads only; a damaged journal is read as far as it goes and reported.
 */
import type { KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson } from "../../core/canonical-json.ts";
import { PAYLOAD_TYPE } from "../../core/contracts/certificate.ts";
import type { Envelope, JudgedBy } from "../../core/contracts/certificate.ts";
import type { JournalReader } from "../../core/contracts/journal.ts";
import type { Judgement } from "../../core/contracts/slo.ts";
import { reasonOf } from "../../core/errors.ts";
import { readJournal } from "../../core/journal.ts";
import { judge } from "../../core/judge.ts";
import { claimsOf } from "../../reports/certificate.ts";
import { CHECKS } from "../../slo/checks/index.ts";
import { compareClaims } from "./compare.ts";
import { isSignedBy } from "./envelope.ts";
import { keyidOf, publicKeyIn } from "./key.ts";
import { CERTIFICATE_FILE } from "./manifest.ts";
import type { OpenedCertificate, ReadStatement } from "./statement.ts";
import { finding } from "./verification.ts";
import type { Checked, Finding } from "./verification.ts";
import { judgedBy } from "./index.ts";

export interface VerdictsChecked extends Checked {
  readonly now: JudgedBy;
  readonly sameCode: boolean;
  readonly certifiedCount: number;
  readonly differingCount: number;
}

/** Without a key that is trusted, the one in the certificate: then it is whole, but anybody's. */
export function checkSignature(
  { envelope, statement }: Required<Pick<OpenedCertificate, "envelope" | "statement">>,
  trusted: KeyObject | undefined,
): Checked {
  const { signer } = statement.predicate;
  const embedded = publicKeyIn(signer.publicKey);
  const bad = (problem: string): Checked => ({
    findings: [finding("signature", CERTIFICATE_FILE, problem)],
    notes: [],
  });
  if (envelope.payloadType !== PAYLOAD_TYPE) {
    return bad(`is of type ${JSON.stringify(envelope.payloadType)}, not ${PAYLOAD_TYPE}`);
  }
  if (embedded === undefined) return bad("holds no Ed25519 public key of its signer");
  if (keyidOf(embedded) !== signer.keyid) {
    return bad(`names its signer ${signer.keyid}, but holds the key ${keyidOf(embedded)}`);
  }
  const key = trusted ?? embedded;
  const signed = envelope.signatures.find((signature) => isSignedBy(envelope, signature, key));
  if (signed === undefined) {
    return bad(
      trusted === undefined
        ? `is not signed by the key it holds, ${signer.keyid}`
        : `is not signed by the key you named, ${keyidOf(trusted)}; it says it is by ${signer.keyid}`,
    );
  }
  if (signed.keyid !== keyidOf(key)) {
    return bad(`has a signature that names key ${signed.keyid}, but is by ${keyidOf(key)}`);
  }
  return { findings: [], notes: otherSignatures(envelope) };
}

function otherSignatures({ signatures }: Envelope): readonly string[] {
  const others = signatures.length - 1;
  return others === 0
    ? []
    : [`${String(others)} more signatures were not checked: their keys were not named.`];
}

/** The journal judged again, or why it cannot be. */
export type Rejudged =
  { readonly journal: JournalReader; readonly judgement: Judgement } | { readonly reason: string };

export async function rejudge(runDir: string): Promise<Rejudged> {
  try {
    const journal = await readJournal(runDir);
    return { journal, judgement: judge(journal, Object.values(CHECKS)) };
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

/** Everything the certificate concludes, concluded again. */
export async function checkVerdicts(
  runDir: string,
  { predicate }: ReadStatement,
  rejudged: Rejudged,
): Promise<VerdictsChecked> {
  const now = await judgedBy();
  const sameCode = now.codeSha256 === predicate.judgedBy.codeSha256;
  const facts = { now, sameCode, certifiedCount: predicate.judgement.verdicts.length };
  const comparison = comparisonOf(runDir, predicate, rejudged, sameCode);
  const differing = comparison.findings.filter(({ kind }) => kind === "verdict");
  return {
    ...facts,
    ...comparison,
    differingCount: new Set(differing.map(({ about }) => about)).size,
  };
}

function comparisonOf(
  runDir: string,
  predicate: ReadStatement["predicate"],
  rejudged: Rejudged,
  sameCode: boolean,
): Checked {
  if ("reason" in rejudged) {
    const problem = `cannot be judged, so no verdict was recomputed: ${rejudged.reason}`;
    return { findings: [finding("file", "journal.ndjson", problem)], notes: [] };
  }
  const { journal, judgement } = rejudged;
  let differences;
  try {
    differences = compareClaims(predicate, claimsOf(journal, judgement), sameCode);
  } catch (error) {
    const problem = `cannot be read well enough to compare: ${reasonOf(error)}`;
    return { findings: [finding("file", "journal.ndjson", problem)], notes: [] };
  }
  return {
    findings: [
      ...anotherRun(predicate.run.runId, journal),
      ...beside(runDir, "plan.json", journal.plan),
      ...beside(runDir, "environment.json", journal.environment),
      ...differences
        .filter(({ isGrave }) => isGrave)
        .map(({ kind, about, problem }) => finding(kind, about, problem)),
    ],
    notes: differences
      .filter(({ isGrave }) => !isGrave)
      .map(({ about, problem }) => `${about}: ${problem} (other checks, no other verdict)`),
  };
}

function anotherRun(runId: string, journal: JournalReader): readonly Finding[] {
  if (journal.runId === runId) return [];
  const problem = `is of run ${runId}, but the journal here is of run ${journal.runId}`;
  return [finding("certificate", CERTIFICATE_FILE, problem)];
}

/** The journal is what is judged; a file beside it that says something else misleads whoever reads that. */
function beside(runDir: string, file: string, journalled: unknown): readonly Finding[] {
  let text: string;
  try {
    text = readFileSync(join(runDir, file), "utf8");
  } catch {
    // Missing or unreadable files are told where the digests are compared.
    return [];
  }
  try {
    if (canonicalJson(JSON.parse(text)) === canonicalJson(journalled)) return [];
    return [finding("file", file, "is not what the journal was begun with")];
  } catch (error) {
    return [finding("file", file, `is not valid JSON: ${reasonOf(error)}`)];
  }
}
