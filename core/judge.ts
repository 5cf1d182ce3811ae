/**
 * Puts the verdicts of all checks together. The overall verdict is the worst of its claimed parts;
 * nothing is averaged and nothing is weighed.
 */
import type { JournalReader } from "./contracts/journal.ts";
import type { Check, Judgement, Verdict, VerdictStatus } from "./contracts/slo.ts";
import { ERROR_CODES, EXIT_CODES, EXIT_GRAVITY, reasonOf, type ExitCode } from "./errors.ts";
import { freshnessStages } from "./freshness-stages.ts";
import { ROLE_NAMES, specRole, type RoleName } from "./seed-spec.ts";

/** Gravest first. */
const STATUS_GRAVITY: readonly VerdictStatus[] = ["INVALID", "VIOLATED", "INCONCLUSIVE", "PROVEN"];

export function judge(journal: JournalReader, checks: readonly Check[]): Judgement {
  const verdicts = checks.flatMap((check) => judgeSafely(journal, check));
  const failed = verdicts.filter((verdict) => verdict.claimed && verdict.status !== "PROVEN");
  const reasons = [...failed.map(verdictReason), ...endReasons(journal)];
  const stages = freshnessStages(journal);
  const code = EXIT_GRAVITY.find((exit) => reasons.some((reason) => reason.exit === exit)) ?? 0;
  return {
    schema: "lakeproof.objectives/1",
    runId: journal.runId,
    scenario: journal.plan.scenario,
    seed: journal.plan.seed,
    status: overallStatus(verdicts),
    because: becauseOf(verdicts, failed),
    certifiable: { value: false, reason: certifiableReason(journal) },
    exit: { code, reasons: reasons.map((reason) => reason.text) },
    verdicts,
    ...(stages === undefined ? {} : { freshnessStages: stages }),
    journalProblems: journal.problems,
  };
}

/** A check that crashes says nothing: neither that all is well nor that something is wrong. */
function judgeSafely(journal: JournalReader, check: Check): readonly Verdict[] {
  try {
    return check.judge(journal);
  } catch (error) {
    return [
      {
        id: `validity.${check.name}`,
        kind: "validity",
        title: `The check ${check.name} itself`,
        status: "INCONCLUSIVE",
        claimed: true,
        because: `The check crashed: ${reasonOf(error)}`,
        exitCode: 11,
      },
    ];
  }
}

interface ExitReason {
  readonly exit: ExitCode;
  readonly text: string;
}

function verdictReason(verdict: Verdict): ExitReason {
  const exit = exitCodeOf(verdict.exitCode);
  return { exit, text: `${String(exit)} ${verdict.id}: ${verdict.status}, ${verdict.because}` };
}

/** A number that is no exit code of ours would make a shell script believe anything. */
function exitCodeOf(code: number): ExitCode {
  return EXIT_GRAVITY.find((known) => known === code && known !== 0) ?? 1;
}

function endReasons(journal: JournalReader): readonly ExitReason[] {
  const ended = journal.of("run.ended").at(-1);
  if (ended === undefined || ended.reason === "completed") return [];
  const exit = endExit(ended.reason, ended.error?.code);
  const why = ended.error === undefined ? EXIT_CODES[exit] : ended.error.message;
  return [{ exit, text: `${String(exit)} run ended ${ended.reason}: ${why}` }];
}

function endExit(reason: "interrupted" | "provisioning-failed" | "crashed", code = ""): ExitCode {
  if (reason === "interrupted") {
    if (code === "GUARD_TRIPPED") return ERROR_CODES.GUARD_TRIPPED.exit;
    return code === "TERMINATED" ? 143 : 130;
  }
  if (reason === "provisioning-failed") return 20;
  const known = Object.entries(ERROR_CODES).find(([name]) => name === code);
  return known?.[1].exit ?? 1;
}

function overallStatus(verdicts: readonly Verdict[]): VerdictStatus {
  const claimed = verdicts.filter((verdict) => verdict.claimed);
  if (claimed.length === 0) return "INCONCLUSIVE";
  const present = new Set(claimed.map((verdict) => verdict.status));
  return STATUS_GRAVITY.find((status) => present.has(status)) ?? "INCONCLUSIVE";
}

function becauseOf(verdicts: readonly Verdict[], failed: readonly Verdict[]): string {
  const claimed = verdicts.filter((verdict) => verdict.claimed).length;
  if (claimed === 0) return "Nothing was claimed, so nothing is proven.";
  const gravest = [...failed].sort((a, b) => gravityOf(a) - gravityOf(b))[0];
  if (gravest === undefined) return `All ${String(claimed)} claimed verdicts are PROVEN.`;
  const others = failed.length - 1;
  const more = others === 0 ? "" : ` ${String(others)} more claimed verdicts are not PROVEN.`;
  return `${gravest.title}: ${gravest.status}. ${gravest.because}${more}`;
}

/** Lost data first, as in the exit code; the status decides between equals. */
function gravityOf(verdict: Verdict): number {
  const exit = EXIT_GRAVITY.indexOf(exitCodeOf(verdict.exitCode));
  return exit * STATUS_GRAVITY.length + STATUS_GRAVITY.indexOf(verdict.status);
}

/** The seed's hardware, in one line: what a machine would have to be for its figures to be certified. */
const SPECIFIED = `the seed specifies separate servers: ${ROLE_NAMES.flatMap(serversOf).join(", ")}`;

function serversOf(role: RoleName): readonly string[] {
  const { title, nodeCount, cpuCount, memoryGiB } = specRole(role);
  if (cpuCount === undefined || memoryGiB === undefined) return [];
  const names = `${String(nodeCount)} ${title}${nodeCount === 1 ? "" : "s"}`;
  return [`${names} of ${String(cpuCount)} cores/${String(memoryGiB)} GiB`];
}

function certifiableReason(journal: JournalReader): string {
  const { cpuModel, cpuCount, memoryBytes } = journal.environment;
  const memoryGiB = (memoryBytes / 2 ** 30).toFixed(1);
  return (
    `Measured on one machine (${String(cpuCount)} cores of ${cpuModel}, ${memoryGiB} GiB) ` +
    `with topology ${journal.plan.topology.name}; ${SPECIFIED}.`
  );
}
