/** Recovery as an objective: the share of a class's injections that are recovered by the threshold. */
import type { FaultEntry } from "../../../core/contracts/fault.ts";
import type { JournalReader } from "../../../core/contracts/journal.ts";
import type { Objective, Verdict } from "../../../core/contracts/slo.ts";
import { faultWindows, owedFaults, totalMs, type FaultWindow } from "../../../core/timeline.ts";
import { recoveryMsOf } from "../recovery.ts";
import type { TimedGroup } from "./rows.ts";
import { shareVerdict } from "./share.ts";
import { duration } from "./text.ts";
import { wholeIntervals } from "./time.ts";

type RecoveryObjective = Objective & {
  readonly sli: Extract<Objective["sli"], { kind: "recovery" }>;
};

/** missing: not begun, or nothing shows that it bit. doubtful: the run ended before it was late. */
type Outcome = "in time" | "late" | "doubtful" | "missing";

interface Injection {
  readonly entry: FaultEntry;
  readonly window: FaultWindow | undefined;
  readonly outcome: Outcome;
}

export function recoveryObjectiveVerdict(
  journal: JournalReader,
  objective: RecoveryObjective,
  claimed: boolean,
): Verdict {
  const { faultClass } = objective.sli;
  const thresholdMs = objective.threshold.value;
  const windows = faultWindows(journal);
  const injections = owedFaults(journal)
    .filter((entry) => entry.faultClass === faultClass)
    .map((entry) => {
      const window = windows.find((one) => one.entry.id === entry.id);
      return { entry, window, outcome: outcomeOf(window, thresholdMs) };
    });
  const count = (outcome: Outcome): number =>
    injections.filter((one) => one.outcome === outcome).length;
  const worstMs = worstOf(injections);
  return shareVerdict(objective, claimed, {
    noun: `class ${faultClass} faults`,
    badVerb: `took more than ${duration(thresholdMs)} to recover, or never did`,
    n: injections.length - count("missing"),
    bad: count("late"),
    doubtful: count("doubtful"),
    censored: injections.filter(({ window }) => window !== undefined && isOpen(window)).length,
    missing: count("missing"),
    groups: injections.map(groupOf),
    timeMs: totalMs(wholeIntervals(journal)),
    ...(worstMs === undefined ? {} : { observed: { value: worstMs, unit: "ms" } }),
    target: { ...objective.threshold, op: "<=" },
    details: injections.map(lineOf),
  });
}

function isOpen(window: FaultWindow): boolean {
  return recoveryMsOf(window) === undefined;
}

function outcomeOf(window: FaultWindow | undefined, thresholdMs: number): Outcome {
  if (window === undefined || window.evidence.length === 0) return "missing";
  const recoveryMs = recoveryMsOf(window);
  if (recoveryMs !== undefined) return recoveryMs <= thresholdMs ? "in time" : "late";
  const waitedMs = window.toMs - (window.healedMs ?? window.toMs);
  return waitedMs > thresholdMs ? "late" : "doubtful";
}

/** The observed figure is the worst: of few injections a percentile is no better. */
function worstOf(injections: readonly Injection[]): number | undefined {
  const times = injections.map(({ window }) =>
    window === undefined || window.evidence.length === 0 ? undefined : recoveryMsOf(window),
  );
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 || known.length < injections.length ? undefined : Math.max(...known);
}

function groupOf({ window, outcome }: Injection): TimedGroup {
  return {
    fromMs: window?.fromMs ?? 0,
    n: 1,
    bad: outcome === "in time" ? 0 : 1,
    sureBad: outcome === "late" ? 1 : 0,
  };
}

function lineOf({ entry, window, outcome }: Injection): string {
  const name = `${entry.id} ${entry.fault} on ${entry.instanceId}`;
  if (window === undefined) return `${name}: never begun`;
  if (outcome === "missing") return `${name}: nothing shows that it bit`;
  const recoveryMs = recoveryMsOf(window);
  return recoveryMs === undefined
    ? `${name}: not recovered when the run ended`
    : `${name}: recovered in ${duration(recoveryMs)}`;
}
