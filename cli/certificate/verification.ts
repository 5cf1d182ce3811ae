/** What a verification finds and concludes. */
import type { JudgedBy } from "../../core/contracts/certificate.ts";
import type { ExitCode } from "../../core/errors.ts";

/** signature, certificate, file: what lies there is not what was sealed. verdict, claim: it does not follow from it. */
export type FindingKind = "signature" | "certificate" | "file" | "verdict" | "claim";

export interface Finding {
  readonly kind: FindingKind;
  /** A file, a verdict's id, or the path of a field of the certificate. */
  readonly about: string;
  readonly problem: string;
}

export interface Checked {
  readonly findings: readonly Finding[];
  /** Worth a word, and no reason to doubt. */
  readonly notes: readonly string[];
}

export function finding(kind: FindingKind, about: string, problem: string): Finding {
  return { kind, about, problem };
}

/** genuine: nothing differs. incomplete: signed, but the raw data are not here to look at. */
export type Outcome = "genuine" | "incomplete" | "verdicts differ" | "not genuine";

export const OUTCOME_EXITS = {
  genuine: 0,
  "verdicts differ": 10,
  incomplete: 11,
  "not genuine": 21,
} as const satisfies Record<Outcome, ExitCode>;

export interface Verification extends Checked {
  readonly schema: "lakeproof.verification/1";
  readonly outcome: Outcome;
  readonly exit: ExitCode;
  readonly certificate: string;
  /** What follows is absent where the certificate, or the raw data, cannot be read. */
  readonly says?: {
    readonly runId: string;
    readonly scenario: string;
    readonly seed: string;
    readonly ended: string;
    readonly status: string;
    readonly because: string;
    readonly certifies: string;
    readonly issuedAt: string;
  };
  /** Trusted: the key was named by whoever verifies, and signed. */
  readonly signer?: { readonly keyid: string; readonly isTrusted: boolean };
  /** Raw files and reports. */
  readonly files?: {
    readonly certifiedCount: number;
    readonly sameCount: number;
    readonly sizeBytes: number;
  };
  readonly judgedBy?: { readonly then: JudgedBy; readonly now: JudgedBy; readonly same: boolean };
  readonly verdicts?: { readonly certifiedCount: number; readonly differingCount: number };
}
