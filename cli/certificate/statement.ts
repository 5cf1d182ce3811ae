/** Reads certificate.json. What stands in it was written by whoever signed it, and is believed only as far as it is checked. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { canonicalJson } from "../../core/canonical-json.ts";
import { PREDICATE_TYPE, STATEMENT_TYPE } from "../../core/contracts/certificate.ts";
import type { Envelope } from "../../core/contracts/certificate.ts";
import type { Seal } from "../../core/contracts/report.ts";
import { reasonOf } from "../../core/errors.ts";
import { decodeBase64, envelopeText, parseEnvelope } from "./envelope.ts";
import { CERTIFICATE_FILE } from "./manifest.ts";

const CertifiedFileShape = z.object({
  name: z.string(),
  digest: z.object({ sha256: z.string() }),
});

/** What a verification reads by name; the rest is compared whole. */
const StatementShape = z.object({
  _type: z.literal(STATEMENT_TYPE),
  subject: z.array(CertifiedFileShape),
  predicateType: z.literal(PREDICATE_TYPE),
  predicate: z.looseObject({
    issuedAt: z.string(),
    signer: z.object({ keyid: z.string(), publicKey: z.string() }),
    judgedBy: z.object({ lakeproofVersion: z.string(), codeSha256: z.string() }),
    manifest: CertifiedFileShape,
    reports: z.array(CertifiedFileShape),
    run: z.looseObject({
      runId: z.string(),
      scenario: z.string(),
      seed: z.string(),
      ended: z.string(),
    }),
    judgement: z.looseObject({
      status: z.string(),
      because: z.string(),
      verdicts: z.array(z.looseObject({ id: z.string() })),
    }),
    scope: z.looseObject({ certifies: z.string() }),
  }),
});

export type ReadStatement = z.infer<typeof StatementShape>;

export interface OpenedCertificate {
  /** One sentence each; none means that nothing is odd about the form. The signature is checked elsewhere. */
  readonly problems: readonly string[];
  readonly envelope?: Envelope;
  readonly statement?: ReadStatement;
}

/** Throws what reading the file throws; whatever stands in it only makes problems. */
export function openCertificate(path: string): OpenedCertificate {
  const bytes = readFileSync(path);
  let envelope: Envelope;
  try {
    envelope = parseEnvelope(bytes.toString("utf8"));
  } catch (error) {
    return { problems: [`is no DSSE envelope: ${formReason(error)}`] };
  }
  const odd = bytes.equals(Buffer.from(envelopeText(envelope), "utf8"))
    ? []
    : ["is not byte for byte as lakeproof writes it, although it can be read"];
  return { envelope, ...openPayload(envelope, odd) };
}

function openPayload(
  envelope: Envelope,
  odd: readonly string[],
): Pick<OpenedCertificate, "problems" | "statement"> {
  const payload = decodeBase64(envelope.payload);
  if (payload === undefined) return { problems: [...odd, "has a payload that is no base64"] };
  try {
    const value: unknown = JSON.parse(payload.toString("utf8"));
    const statement = StatementShape.parse(value);
    // A key that stands there twice is read in one way by us and in another by the next tool.
    const canonical = payload.equals(Buffer.from(canonicalJson(value), "utf8"));
    const problems = canonical ? odd : [...odd, "has a payload that is not in canonical order"];
    return { problems, statement };
  } catch (error) {
    const reason = formReason(error);
    return { problems: [...odd, `has a payload that is no certificate of ours: ${reason}`] };
  }
}

function formReason(error: unknown): string {
  if (!(error instanceof z.ZodError)) return reasonOf(error);
  return error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
}

/** What reports say of the certificate that lies there; undefined where there is none that can be read. */
export function sealOf(runDir: string): Seal | undefined {
  try {
    const { statement } = openCertificate(join(runDir, CERTIFICATE_FILE));
    return statement === undefined ? undefined : sealIn(statement);
  } catch {
    return undefined;
  }
}

export function sealIn({ predicate }: ReadStatement): Seal {
  return { keyid: predicate.signer.keyid, manifestSha256: predicate.manifest.digest.sha256 };
}
