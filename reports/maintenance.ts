/** Compaction and expiry beside the live stream: how often they were tried, and how often the stream got in their way. */
import type { EventOf, JournalReader } from "../core/contracts/journal.ts";
import { maintainedInterval } from "../core/maintenance-overlap.ts";
import { faultWindows, type Interval } from "../core/timeline.ts";
import type { TextTable } from "./budgets.ts";
import { formatDurationMs, formatNumber, NONE } from "./format.ts";

const SERVICE = "lake-maintenance";

type Done = EventOf<"lake.maintained">;

export interface MaintenanceFacts {
  /** One sentence: attempts, conflicts, and what else became of them. */
  readonly text: string;
  /** Undefined where no statement ended in this run. */
  readonly table: TextTable | undefined;
}

/** Undefined where the topology has no maintenance. */
export function maintenanceFacts(journal: JournalReader): MaintenanceFacts | undefined {
  if (journal.plan.topology.services[SERVICE] === undefined) return undefined;
  const all = journal.of("lake.maintained");
  if (all.length === 0) {
    return { text: "No compaction or expiry ended while this run was loaded.", table: undefined };
  }
  const attempted = countOf(all) - countOf(all, "skipped");
  const conflicts = countOf(all, "conflict");
  const failed = countOf(all, "refused") + countOf(all, "unreachable");
  const beside = all.filter((done) => isBeside(done, faultWindows(journal)));
  const text =
    `${formatNumber(attempted)} statements beside the stream: ${share(conflicts, attempted)} met one of its commits, ` +
    `${share(failed, attempted)} failed otherwise; ${formatNumber(countOf(beside))} of them ran while a fault was in force.`;
  return { text, table: tableOf(all, faultWindows(journal)) };
}

function tableOf(all: readonly Done[], faults: readonly Interval[]): TextTable {
  const groups = [...Map.groupBy(all, ({ table, operation }) => `${operation} of ${table}`)];
  return {
    label: "Maintenance of the lake",
    heads: [
      ...["Statement", "Done", "Conflicts", "Refused", "No answer", "Skipped"],
      ...["Mean time", "Files of the last", "During faults"],
    ],
    rows: groups.map(([name, own]) => [
      name,
      ...(["ok", "conflict", "refused", "unreachable", "skipped"] as const).map((outcome) =>
        formatNumber(countOf(own, outcome)),
      ),
      meanTime(own),
      filesOfLast(own),
      formatNumber(countOf(own.filter((done) => isBeside(done, faults)))),
    ]),
  };
}

function countOf(all: readonly Done[], outcome?: Done["outcome"]): number {
  return all
    .filter((done) => outcome === undefined || done.outcome === outcome)
    .reduce((sum, { runCount }) => sum + runCount, 0);
}

function share(count: number, of: number): string {
  const ratio = of === 0 ? "" : ` (${((100 * count) / of).toFixed(1)} %)`;
  return `${formatNumber(count)}${ratio}`;
}

function meanTime(own: readonly Done[]): string {
  const ran = own.filter(({ outcome }) => outcome !== "skipped");
  const count = countOf(ran);
  if (count === 0) return NONE;
  return formatDurationMs(ran.reduce((sum, { durationMs }) => sum + durationMs, 0) / count);
}

function filesOfLast(own: readonly Done[]): string {
  const last = own.findLast(({ afterFileCount }) => afterFileCount !== undefined);
  if (last === undefined) return NONE;
  return `${formatNumber(last.beforeFileCount ?? 0)} → ${formatNumber(last.afterFileCount ?? 0)}`;
}

function isBeside(done: Done, faults: readonly Interval[]): boolean {
  const { fromMs, toMs } = maintainedInterval(done);
  return (
    done.outcome !== "skipped" &&
    faults.some((window) => window.fromMs < toMs && window.toMs > fromMs)
  );
}
