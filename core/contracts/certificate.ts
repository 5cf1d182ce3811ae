/**
 * certificate.json: an in-toto Statement about one run directory, signed in a DSSE envelope. Its subjects are the
 * raw files; its predicate is what was made of them and can be made of them again. docs/certificate.md explains it.
 */
import type { Environment } from "./journal.ts";
import type { Judgement } from "./slo.ts";

export const PAYLOAD_TYPE = "application/vnd.in-toto+json";
export const STATEMENT_TYPE = "https://in-toto.io/Statement/v1";
export const PREDICATE_TYPE = "urn:lakeproof:certificate:v1";

/** The DSSE JSON envelope. Payload and signatures are base64. */
export interface Envelope {
  readonly payload: string;
  readonly payloadType: string;
  readonly signatures: readonly EnvelopeSignature[];
}

export interface EnvelopeSignature {
  /** A hint, outside the signature: never decides anything. */
  readonly keyid: string;
  readonly sig: string;
}

/** Path below the run directory, with the SHA-256 of the content in hexadecimal. */
export interface CertifiedFile {
  readonly name: string;
  readonly digest: { readonly sha256: string };
}

export interface CertificateStatement {
  readonly _type: typeof STATEMENT_TYPE;
  /** manifest.sha256 first, then every file it lists. */
  readonly subject: readonly CertifiedFile[];
  readonly predicateType: typeof PREDICATE_TYPE;
  readonly predicate: CertificatePredicate;
}

export interface CertificatePredicate extends CertificateClaims {
  /** UTC, RFC 3339. */
  readonly issuedAt: string;
  readonly signer: CertificateSigner;
  readonly judgedBy: JudgedBy;
  readonly manifest: CertifiedFile & { readonly fileCount: number; readonly sizeBytes: number };
  /** Absent where the run never wrote one. */
  readonly plan?: CertifiedFile;
  /** Drawn from the raw files, and drawn the same again by whoever has them: certified, but no raw data. */
  readonly reports: readonly CertifiedFile[];
}

export interface CertificateSigner {
  /** SHA-256 of the public key's SubjectPublicKeyInfo in DER. */
  readonly keyid: string;
  /** PEM. Says which key signed, not whose it is. */
  readonly publicKey: string;
}

export interface JudgedBy {
  readonly lakeproofVersion: string;
  /** Over the code of core, slo and reports: one version may stand for many commits. */
  readonly codeSha256: string;
}

/** The part that follows from the raw files alone: `verify` makes it again and compares. */
export interface CertificateClaims {
  readonly run: CertifiedRun;
  readonly judgement: Judgement;
  readonly faults: readonly CertifiedFault[];
  readonly environment: Environment;
  readonly specification: SpecificationComparison;
  /** Where the run differs from the seed, one sentence each. */
  readonly deviations: readonly string[];
  readonly scope: CertificateScope;
}

export interface CertifiedRun {
  readonly runId: string;
  readonly scenario: string;
  readonly seed: string;
  readonly topology: string;
  readonly driver: string;
  readonly isolation: string;
  /** UTC, RFC 3339. */
  readonly startedAt: string;
  readonly durationMs: number;
  /** completed, interrupted, provisioning-failed, crashed, or "cut off" where the journal has no end. */
  readonly ended: string;
  /** Command that repeats the run's decisions. */
  readonly rerun: string;
}

export interface CertifiedFault {
  readonly id: string;
  readonly fault: string;
  readonly target: string;
  readonly faultClass: string;
  readonly injected: boolean;
  /** What was observed of its effect. Empty: nothing shows that it had any. */
  readonly evidence: readonly string[];
  readonly recoveryMs?: number;
  readonly recoveryBudgetMs: number;
}

export interface SpecificationComparison {
  /** True only on the hardware the seed specifies. */
  readonly isSpecified: boolean;
  readonly machine: {
    readonly asked: MachineFigures & { readonly nodeCount: number };
    readonly had: MachineFigures;
  };
  readonly nodes: readonly ComparedNode[];
}

export interface MachineFigures {
  readonly cpuCount: number;
  readonly memoryMiB: number;
}

export interface ComparedNode {
  readonly node: string;
  /** Of the seed. */
  readonly section: string;
  readonly asked: {
    readonly nodeCount: number;
    readonly cpuCount?: number;
    readonly memoryMiB?: number;
    readonly storage?: string;
    readonly network?: string;
  };
  readonly had: {
    readonly nodeCount: number;
    readonly memoryMiB?: number;
    readonly services: readonly string[];
  };
  readonly isAsSpecified: boolean;
}

export interface CertificateScope {
  readonly certifies: string;
  readonly doesNotCertify: readonly string[];
}
