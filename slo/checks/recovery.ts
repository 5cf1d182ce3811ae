/** Every planned fault must have bitten, and the pipeline must be back within the computed budget. */
import type { FaultEntry } from "../../core/contracts/fault.ts";
import type { Check, Verdict } from "../../core/contracts/slo.ts";
import { faultWindows, owedFaults, type FaultWindow } from "../../core/timeline.ts";
import { feltText } from "./evidence/felt.ts";
import { maintenanceText, overlapVerdict } from "./evidence/maintenance.ts";
import { duration } from "./evidence/text.ts";
import { verdictOf } from "./evidence/verdict.ts";

export const recovery: Check = {
  name: "recovery",
  purpose: "Each fault leaves evidence, and recovery is measured against its computed budget.",
  judge(journal) {
    const windows = new Map(faultWindows(journal).map((window) => [window.entry.id, window]));
    const healed = new Set(journal.of("gameday.healed").map(({ id }) => id));
    return owedFaults(journal).flatMap((entry) => {
      const window = windows.get(entry.id);
      const felt =
        window === undefined
          ? []
          : [feltText(journal, window), ...maintenanceText(journal, window)];
      const overlap = overlapVerdict(journal, window);
      return [
        recoveryVerdict(entry, window, { felt, isHealedByHand: healed.has(entry.id) }),
        ...(overlap === undefined ? [] : [overlap]),
      ];
    });
  },
};

function recoveryVerdict(
  entry: FaultEntry,
  window: FaultWindow | undefined,
  { felt, isHealedByHand }: { readonly felt: readonly string[]; readonly isHealedByHand: boolean },
): Verdict {
  const budget = `${duration(entry.recoveryBudgetMs)} (${entry.recoveryBudgetFormula})`;
  const facts = {
    id: `recovery.${entry.id}`,
    kind: "recovery",
    title: `${entry.fault} on ${entry.instanceId} (class ${entry.faultClass}) recovers in time`,
    target: { value: entry.recoveryBudgetMs, unit: "ms", op: "<=" },
    details: window === undefined ? [] : [...window.evidence, ...felt],
  } as const;
  if (window === undefined) {
    return verdictOf({
      ...facts,
      status: "INCONCLUSIVE",
      because: "The fault was planned and never begun.",
      needed: "A run that gets as far as this fault.",
    });
  }
  if (isHealedByHand && window.failure !== undefined) {
    return verdictOf({
      ...facts,
      status: "INCONCLUSIVE",
      because: `It was ended by hand before anybody could see whether the others take over (${window.failure}).`,
      needed: "A game day that lets this fault last.",
    });
  }
  const failure = window.failure === undefined ? "" : ` (${window.failure})`;
  if (window.evidence.length === 0) {
    return verdictOf({
      ...facts,
      status: "INVALID",
      because: `Nothing shows that the fault bit${failure}: surviving it proves nothing.`,
    });
  }
  const recoveryMs = recoveryMsOf(window);
  if (recoveryMs === undefined) {
    return verdictOf({
      ...facts,
      status: "VIOLATED",
      because: `The pipeline was not seen working again before the run ended${failure}; its budget was ${budget}.`,
    });
  }
  const inTime = recoveryMs <= entry.recoveryBudgetMs;
  return verdictOf({
    ...facts,
    status: inTime ? "PROVEN" : "VIOLATED",
    because: `Recovery took ${duration(recoveryMs)}, ${inTime ? "within" : "over"} its budget of ${budget}.`,
    observed: { value: recoveryMs, unit: "ms" },
  });
}

/** Undefined when the pipeline was never seen working again. */
export function recoveryMsOf(window: FaultWindow): number | undefined {
  if (window.recoveredMs === undefined) return undefined;
  return window.recoveryMs ?? window.recoveredMs - (window.healedMs ?? window.fromMs);
}
