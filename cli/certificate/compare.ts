/** What a certificate claims beside what its raw files give now, field by field. */
import type { CertificateClaims } from "../../core/contracts/certificate.ts";

export interface Difference {
  readonly kind: "verdict" | "claim";
  /** A verdict's id, or the path of a field. */
  readonly about: string;
  readonly problem: string;
  /** False where another version of the checks may well say it in other words. */
  readonly isGrave: boolean;
}

export interface CertifiedClaims {
  readonly judgement: { readonly verdicts: readonly VerdictRecord[] };
  readonly [claim: string]: unknown;
}

interface VerdictRecord {
  readonly id: string;
  readonly [field: string]: unknown;
}

/** Sums of fractions may end in another last digit on another processor. */
const RELATIVE_ERROR_MAX = 1e-9;
const SHOWN_LENGTH_MAX = 160;

/** What decides, whichever version of the checks says it. */
const DECIDING_FIELDS: readonly string[] = ["status", "claimed", "exitCode"];
const DECIDING_CLAIMS: readonly string[] = ["judgement.status", "judgement.exit.code"];
/** Copied from the journal, not concluded from it. */
const COPIED_CLAIMS: readonly string[] = ["run", "environment"];

/** `sameCode`: both were made by the same checks, so that every difference counts. */
export function compareClaims(
  certified: CertifiedClaims,
  recomputed: CertificateClaims,
  sameCode: boolean,
): readonly Difference[] {
  const { judgement, ...claims } = JSON.parse(JSON.stringify(recomputed)) as CertifiedClaims;
  const { verdicts, ...rest } = judgement;
  const { verdicts: certifiedVerdicts, ...certifiedRest } = certified.judgement;
  const found = Object.entries({ ...claims, judgement: rest }).flatMap(([claim, value]) =>
    leaves(claim === "judgement" ? certifiedRest : certified[claim], value, claim),
  );
  return [
    ...compareVerdicts(certifiedVerdicts, verdicts, sameCode),
    ...found.map((leaf) => claimDifference(leaf, sameCode)),
  ];
}

function claimDifference(leaf: Leaf, sameCode: boolean): Difference {
  const [root = ""] = leaf.path.split(".");
  const copied =
    COPIED_CLAIMS.includes(root) && leaf.certified !== undefined && leaf.recomputed !== undefined;
  return {
    kind: "claim",
    about: leaf.path,
    problem: leafText(leaf),
    isGrave: sameCode || copied || DECIDING_CLAIMS.includes(leaf.path),
  };
}

function compareVerdicts(
  certified: readonly VerdictRecord[],
  recomputed: readonly VerdictRecord[],
  sameCode: boolean,
): readonly Difference[] {
  const now = Map.groupBy(recomputed, ({ id }) => id);
  const then = Map.groupBy(certified, ({ id }) => id);
  return [...new Set([...then.keys(), ...now.keys()])].flatMap((id) => {
    const [old, fresh] = [then.get(id) ?? [], now.get(id) ?? []];
    return Array.from({ length: Math.max(old.length, fresh.length) }, (_, index) =>
      compareVerdict(id, old[index], fresh[index], sameCode),
    ).flat();
  });
}

function compareVerdict(
  id: string,
  certified: VerdictRecord | undefined,
  recomputed: VerdictRecord | undefined,
  sameCode: boolean,
): readonly Difference[] {
  const facts = { kind: "verdict", about: id } as const;
  if (recomputed === undefined) {
    const isGrave = sameCode || certified?.["claimed"] !== false;
    return [{ ...facts, problem: `certified ${word(certified)}, not judged now`, isGrave }];
  }
  if (certified === undefined) {
    const open = recomputed["claimed"] !== false && recomputed["status"] !== "PROVEN";
    return [
      { ...facts, problem: `not certified, now ${word(recomputed)}`, isGrave: sameCode || open },
    ];
  }
  return leaves(certified, recomputed, "").map((leaf) => ({
    ...facts,
    problem: `${leaf.path}: ${leafText(leaf)}`,
    isGrave: sameCode || DECIDING_FIELDS.includes(leaf.path),
  }));
}

function word(verdict: VerdictRecord | undefined): string {
  const status = verdict?.["status"];
  return typeof status === "string" ? status : "without a status";
}

interface Leaf {
  readonly path: string;
  readonly certified: unknown;
  readonly recomputed: unknown;
}

/** Every place where the two differ. Both are plain JSON. */
function leaves(certified: unknown, recomputed: unknown, path: string): readonly Leaf[] {
  if (!isBranch(certified) || !isBranch(recomputed)) {
    return isSame(certified, recomputed) ? [] : [{ path, certified, recomputed }];
  }
  const keys = new Set([...Object.keys(certified), ...Object.keys(recomputed)]);
  return [...keys].flatMap((key) =>
    leaves(certified[key], recomputed[key], path === "" ? key : `${path}.${key}`),
  );
}

function isBranch(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isSame(one: unknown, other: unknown): boolean {
  if (typeof one === "number" && typeof other === "number") {
    return Math.abs(one - other) <= RELATIVE_ERROR_MAX * Math.max(Math.abs(one), Math.abs(other));
  }
  return one === other || (isEmpty(one) && isEmpty(other));
}

/** An empty list and an empty object have no leaves to compare. */
function isEmpty(value: unknown): boolean {
  return isBranch(value) && Object.keys(value).length === 0;
}

function leafText({ certified, recomputed }: Leaf): string {
  return `certified ${shown(certified)}, recomputed ${shown(recomputed)}`;
}

function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length <= SHOWN_LENGTH_MAX ? text : `${text.slice(0, SHOWN_LENGTH_MAX)}…`;
}
