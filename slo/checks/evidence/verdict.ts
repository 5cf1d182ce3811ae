/** Small helpers to put a Verdict together the same way in every check. */
import type { Verdict, VerdictKind, VerdictStatus } from "../../../core/contracts/slo.ts";
import { firstLines } from "./text.ts";

/** Code of a violated verdict by its kind; open and invalid ones have the same code everywhere. */
const VIOLATED_EXIT: Readonly<Record<VerdictKind, number>> = {
  integrity: 13,
  objective: 10,
  recovery: 10,
  validity: 21,
  hygiene: 22,
};

function exitCodeOf(kind: VerdictKind, status: VerdictStatus): number {
  if (status === "PROVEN") return 0;
  if (status === "INVALID") return 21;
  return status === "INCONCLUSIVE" ? 11 : VIOLATED_EXIT[kind];
}

export type VerdictFacts = Omit<Verdict, "exitCode" | "claimed" | "details"> & {
  readonly claimed?: boolean;
  readonly exitCode?: number;
  readonly details?: readonly string[];
};

/** Claimed unless said otherwise; the exit code follows from kind and status; empty details are left out. */
export function verdictOf(facts: VerdictFacts): Verdict {
  const { details = [], ...rest } = facts;
  return {
    claimed: true,
    exitCode: exitCodeOf(facts.kind, facts.status),
    ...rest,
    ...(details.length === 0 ? {} : { details: firstLines(details) }),
  };
}
