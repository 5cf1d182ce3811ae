/** What a night comes to: the search's own gaps, and the changes that looking again did not refute. Pure. */
import type { CapacityReport } from "../../core/contracts/capacity.ts";
import type { NightRerun } from "../../core/contracts/nightly.ts";
import { EXIT_GRAVITY, type ExitCode } from "../../core/errors.ts";
import { searchProblems } from "./report.ts";

interface Reason {
  readonly code: ExitCode;
  readonly reason: string;
}

/** The gravest reason is the exit code; a night without one passes. */
export function nightExit(
  report: CapacityReport,
  reruns: readonly NightRerun[],
  stopCode: ExitCode | undefined,
): { readonly code: ExitCode; readonly reasons: readonly string[] } {
  const stopped =
    stopCode === undefined ? [] : [{ code: stopCode, reason: "the night was stopped" }];
  const all = [...stopped, ...searchProblems(report), ...reruns.flatMap(reasonOf)].sort(
    (a, b) => EXIT_GRAVITY.indexOf(a.code) - EXIT_GRAVITY.indexOf(b.code),
  );
  const reasons = all.map(({ code, reason }) => `${String(code)} ${reason}`);
  return { code: all[0]?.code ?? 0, reasons };
}

function reasonOf({ status, changeId, title, because }: NightRerun): readonly Reason[] {
  switch (status) {
    case "confirmed":
      return [
        {
          code: 12,
          reason: `${changeId}: ${title} is worse, and again when looked at: ${because}`,
        },
      ];
    case "undecided":
      return [
        {
          code: 21,
          reason: `${changeId}: ${title} seems worse, and looking again could not tell: ${because}`,
        },
      ];
    case "refuted":
      return [];
  }
}
