/** Compaction and expiry in the middle of a fault: which statements, and what became of each. */
import type { JournalReader } from "../../../core/contracts/journal.ts";
import type { Verdict } from "../../../core/contracts/slo.ts";
import { activeIndexOf } from "../../../core/fault-overlap.ts";
import { maintainedDuring, maintainedInterval } from "../../../core/maintenance-overlap.ts";
import { faultWindows, type FaultWindow } from "../../../core/timeline.ts";
import { duration, figure } from "./text.ts";
import { verdictOf } from "./verdict.ts";

/** The fault that is a round of the maintenance itself. */
const ROUND = "maintenance-round";

/** Nothing where none overlapped. */
export function maintenanceText(journal: JournalReader, window: FaultWindow): readonly string[] {
  const all = maintainedDuring(journal, window);
  if (all.length === 0) return [];
  const groups = [...Map.groupBy(all, ({ operation, outcome }) => `${operation} ${outcome}`)];
  const counts = groups.map(([name, own]) => `${figure(countOf(own))} ${name}`).join(", ");
  const [first] = all;
  if (first === undefined) return [];
  const { fromMs, toMs } = maintainedInterval(first);
  const began =
    fromMs < window.fromMs
      ? `${duration(window.fromMs - fromMs)} before the fault`
      : `${duration(fromMs - window.fromMs)} into it`;
  return [
    `maintenance of the lake meanwhile: ${counts}; the first, ${first.operation} of ${first.table}, began ${began} ` +
      `and ended ${duration(Math.max(0, toMs - window.fromMs))} after its injection`,
  ];
}

/**
 * Whether a fault that was aimed at the lake's maintenance met it, or a round that was begun in a fault; undefined
 * where it was aimed at nothing of it.
 */
export function overlapVerdict(
  journal: JournalReader,
  window: FaultWindow | undefined,
): Verdict | undefined {
  if (window === undefined) return undefined;
  const met = metBy(journal, window);
  if (met === undefined) return undefined;
  const { entry } = window;
  const all = maintainedDuring(journal, met);
  const count = countOf(all);
  const facts = {
    id: `maintenance.${entry.id}`,
    kind: "recovery",
    title: `Compaction or expiry was under way during ${met.entry.id} ${met.entry.fault} on ${met.entry.instanceId}`,
    details: maintenanceText(journal, met),
  } as const;
  if (count === 0) {
    return verdictOf({
      ...facts,
      status: "INCONCLUSIVE",
      because: "No statement of the maintenance is known to have run while the fault was in force.",
      needed: "A run in which a statement that began before the fault ends within it or after it.",
    });
  }
  return verdictOf({
    ...facts,
    status: "PROVEN",
    because: `${figure(count)} ${count === 1 ? "statement" : "statements"} ran while the fault was in force.`,
    observed: { value: count, unit: "count" },
  });
}

/** When the maintenance should have been at work: the fault's own time, or that of the fault it was begun in. */
function metBy(journal: JournalReader, window: FaultWindow): FaultWindow | undefined {
  const { entry } = window;
  if (entry.after?.event === "maintenance-started") return window;
  if (entry.fault !== ROUND) return undefined;
  const { faults } = journal.plan;
  const at = activeIndexOf(faults, faults.indexOf(entry));
  const id = at === undefined ? undefined : faults[at]?.id;
  const around = faultWindows(journal).find((one) => one.entry.id === id);
  if (around === undefined) return window;
  // From its own beginning on, and no longer than the other was broken: what came back is not broken any more.
  return { ...around, fromMs: window.fromMs, toMs: around.healedMs ?? around.toMs };
}

function countOf(all: readonly { readonly runCount: number }[]): number {
  return all.reduce((sum, { runCount }) => sum + runCount, 0);
}
