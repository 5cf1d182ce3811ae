/** Compaction and expiry in the middle of a fault: which statements, and what became of each. */
import type { JournalReader } from "../../../core/contracts/journal.ts";
import type { Verdict } from "../../../core/contracts/slo.ts";
import { maintainedDuring, maintainedInterval } from "../../../core/maintenance-overlap.ts";
import type { FaultWindow } from "../../../core/timeline.ts";
import { duration, figure } from "./text.ts";
import { verdictOf } from "./verdict.ts";

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

/** Whether a fault that was aimed at the lake's maintenance met it; undefined where it was aimed at nothing of it. */
export function overlapVerdict(
  journal: JournalReader,
  window: FaultWindow | undefined,
): Verdict | undefined {
  if (window?.entry.after?.event !== "maintenance-started") return undefined;
  const { entry } = window;
  const all = maintainedDuring(journal, window);
  const count = countOf(all);
  const facts = {
    id: `maintenance.${entry.id}`,
    kind: "recovery",
    title: `Compaction or expiry was under way during ${entry.id} ${entry.fault} on ${entry.instanceId}`,
    details: maintenanceText(journal, window),
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

function countOf(all: readonly { readonly runCount: number }[]): number {
  return all.reduce((sum, { runCount }) => sum + runCount, 0);
}
