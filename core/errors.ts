/** The one error class. Its table of codes gives exit codes and the reference page. */

export const EXIT_CODES = {
  0: "every claimed objective is PROVEN",
  1: "internal error of lakeproof",
  2: "usage or configuration error; nothing was started",
  10: "a claimed objective is VIOLATED, or a check found something bad",
  11: "a claimed objective is INCONCLUSIVE",
  12: "a metric REGRESSED against its baseline",
  13: "data was lost, doubled, reordered or corrupted",
  20: "provisioning failed",
  21: "the run is INVALID: it cannot carry a verdict",
  22: "residue of a fault or an instance was left behind",
  130: "interrupted (Ctrl-C)",
  143: "terminated (SIGTERM)",
} as const satisfies Record<number, string>;
export type ExitCode = keyof typeof EXIT_CODES;

/**
 * Gravest first: decides the exit code where several reasons stand. A run that was stopped says so before
 * it says that it could prove nothing, but never hides lost data or something left behind.
 */
export const EXIT_GRAVITY: readonly ExitCode[] = [13, 20, 22, 130, 143, 21, 10, 12, 11, 1, 2, 0];

export const ERROR_CODES = {
  USAGE: { exit: 2, about: "An argument or option that lakeproof does not know." },
  CONFIG_INVALID: {
    exit: 2,
    about: "A configuration, scenario or plan with one or more problems.",
  },
  CAPABILITY_MISSING: { exit: 2, about: "The driver or kernel cannot do what the plan asks for." },
  REQUIREMENT_MISSING: {
    exit: 2,
    about: "A tool, port, disk space or memory that must be there first.",
  },
  RUN_NOT_FOUND: { exit: 2, about: "A run directory that does not exist or holds no journal." },
  RUN_UNUSABLE: {
    exit: 21,
    about: "A run that was cut short or is INVALID: its figures must not be compared.",
  },
  RUNS_DIFFER: {
    exit: 2,
    about: "Runs on another testbed, of another configuration or by another plan.",
  },
  HISTORY_INVALID: {
    exit: 2,
    about: "The history store holds something that was not written by lakeproof, or no more.",
  },
  LAB_BUSY: { exit: 2, about: "The addresses are taken by another lab or program." },
  LAB_NOT_UP: { exit: 2, about: "The command needs a lab that is up." },
  ARTIFACT_FAILED: { exit: 20, about: "A binary, jar or wheel could not be fetched or built." },
  ARTIFACT_DIGEST: { exit: 20, about: "An artifact's content is not what the table says." },
  INSTANCE_FAILED: { exit: 20, about: "An instance died or did not become ready in time." },
  PROVISIONING_FAILED: { exit: 20, about: "The topology could not be set up." },
  AGENT_REFUSED: {
    exit: 2,
    about: "An agent that does not answer, is of another version, or has another clock or plan.",
  },
  AGENT_LOST: { exit: 21, about: "An agent ended, or fell silent, before it gave its result." },
  CLIENT_FAILED: { exit: 1, about: "A request to a component failed." },
  LAKE_DAMAGED: {
    exit: 13,
    about: "A file that a lake table lists is missing, cut off or cannot be decoded.",
  },
  FAULT_FAILED: { exit: 21, about: "A fault could not be injected or undone." },
  GUARD_TRIPPED: {
    exit: 21,
    about: "The machine ran out of disk or memory: the run was stopped and healed.",
  },
  JOURNAL_INVALID: { exit: 2, about: "A journal that cannot be read at all." },
  INTERRUPTED: { exit: 130, about: "The operator stopped the run." },
  TERMINATED: { exit: 143, about: "SIGTERM stopped the run." },
  INTERNAL: { exit: 1, about: "A defect in lakeproof itself." },
} as const satisfies Record<string, { exit: ExitCode; about: string }>;
export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorFacts {
  /** What to do about it, as one imperative sentence. */
  readonly hint: string;
  /** True when it is certain that the failed operation had no effect. Default true. */
  readonly definite?: boolean;
  readonly cause?: unknown;
}

export class LakeproofError extends Error {
  override readonly name = "LakeproofError";
  readonly code: ErrorCode;
  readonly hint: string;
  readonly definite: boolean;

  constructor(code: ErrorCode, message: string, facts: ErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.hint = facts.hint;
    this.definite = facts.definite ?? true;
  }

  get exitCode(): ExitCode {
    return ERROR_CODES[this.code].exit;
  }
}

/** The text of anything that was thrown. */
export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  if (thrown instanceof AggregateError && thrown.message === "") {
    return thrown.errors.map(reasonOf).join("; ");
  }
  return thrown.message === "" ? thrown.name : thrown.message;
}
