/** What of the fault catalogue was injected in given runs, left evidence, and was recovered from in time. */
import type { FaultClass, FaultEntry } from "../core/contracts/fault.ts";
import type { JournalReader } from "../core/contracts/journal.ts";
import { faultWindows, type FaultWindow } from "../core/timeline.ts";
import { recoveryMsOf } from "./checks/recovery.ts";

/** One kind of fault on one kind of component, over all runs that were read. */
export interface CoverageRow {
  /** The name that the scenario gave it. */
  readonly fault: string;
  /** What it comes down to, where that is another one. */
  readonly basis?: string;
  readonly component: string;
  readonly faultClasses: readonly FaultClass[];
  /** Begun, of those that were planned. */
  readonly injectedCount: number;
  readonly evidencedCount: number;
  /** Evidenced, and recovered from within the budget. */
  readonly inBudgetCount: number;
  readonly recoveryMsMax?: number;
  /** Greatest recovery over its own budget; above 1 it was missed. */
  readonly budgetRatioMax?: number;
  /** What the last one that was evidenced left. */
  readonly evidence?: string;
}

export interface Coverage {
  readonly schema: "lakeproof.coverage/1";
  readonly runIds: readonly string[];
  readonly rows: readonly CoverageRow[];
}

interface Injection {
  readonly entry: FaultEntry;
  readonly component: string;
  readonly window: FaultWindow;
}

/** `journals` in the order in which the runs happened. Planned faults that were never begun count for nothing. */
export function coverageOf(journals: readonly JournalReader[]): Coverage {
  const injections = journals.flatMap(injectionsOf);
  const kinds = Map.groupBy(injections, ({ entry, component }) =>
    JSON.stringify([nameOf(entry), component]),
  );
  return {
    schema: "lakeproof.coverage/1",
    runIds: journals.map(({ runId }) => runId),
    rows: [...kinds.values()].map(rowOf).toSorted(byName),
  };
}

/** What was found earlier, and what other runs say on top. A run that is in both would count twice: leave it out first. */
export function mergedCoverage(earlier: Coverage, later: Coverage): Coverage {
  const kinds = Map.groupBy([...earlier.rows, ...later.rows], ({ fault, component }) =>
    JSON.stringify([fault, component]),
  );
  return {
    schema: "lakeproof.coverage/1",
    runIds: [...earlier.runIds, ...later.runIds],
    rows: [...kinds.values()].map((rows) => rows.reduce(mergedRow)).toSorted(byName),
  };
}

function mergedRow(earlier: CoverageRow, later: CoverageRow): CoverageRow {
  const recoveries = [earlier, later].flatMap(({ recoveryMsMax: ms }) => ms ?? []);
  const ratios = [earlier, later].flatMap(({ budgetRatioMax: ratio }) => ratio ?? []);
  const evidence = later.evidence ?? earlier.evidence;
  return {
    ...earlier,
    faultClasses: [...new Set([...earlier.faultClasses, ...later.faultClasses])].toSorted(),
    injectedCount: earlier.injectedCount + later.injectedCount,
    evidencedCount: earlier.evidencedCount + later.evidencedCount,
    inBudgetCount: earlier.inBudgetCount + later.inBudgetCount,
    ...(recoveries.length === 0 ? {} : { recoveryMsMax: Math.max(...recoveries) }),
    ...(ratios.length === 0 ? {} : { budgetRatioMax: Math.max(...ratios) }),
    ...(evidence === undefined ? {} : { evidence }),
  };
}

/** Names of the catalogue that no row stands for, neither by its own name nor by what it comes down to. */
export function uncovered(
  names: readonly string[],
  rows: readonly { readonly fault: string; readonly basis?: string | undefined }[],
): readonly string[] {
  const covered = new Set(rows.flatMap(({ fault, basis }) => [fault, basis ?? fault]));
  return names.filter((name) => !covered.has(name));
}

function injectionsOf(journal: JournalReader): readonly Injection[] {
  const { services } = journal.plan.topology;
  return faultWindows(journal).map((window) => {
    const component = services[window.entry.service]?.component ?? window.entry.service;
    return { entry: window.entry, component, window };
  });
}

const nameOf = (entry: FaultEntry): string => entry.composition ?? entry.fault;

function byName(one: CoverageRow, other: CoverageRow): number {
  return one.fault.localeCompare(other.fault) || one.component.localeCompare(other.component);
}

function rowOf(injections: readonly Injection[]): CoverageRow {
  const evidenced = injections.filter(({ window }) => window.evidence.length > 0);
  const recovered = evidenced.flatMap(({ entry, window }) => {
    const recoveryMs = recoveryMsOf(window);
    return recoveryMs === undefined ? [] : [{ recoveryMs, ratio: ratioOf(recoveryMs, entry) }];
  });
  const [{ entry, component }] = injections as readonly [Injection, ...Injection[]];
  const evidence = evidenced.at(-1)?.window.evidence[0];
  return {
    fault: nameOf(entry),
    ...(entry.composition === undefined ? {} : { basis: entry.fault }),
    component,
    faultClasses: [...new Set(injections.map((one) => one.entry.faultClass))].toSorted(),
    injectedCount: injections.length,
    evidencedCount: evidenced.length,
    inBudgetCount: recovered.filter(({ ratio }) => ratio <= 1).length,
    ...(recovered.length === 0
      ? {}
      : {
          recoveryMsMax: Math.max(...recovered.map(({ recoveryMs }) => recoveryMs)),
          budgetRatioMax: Math.max(...recovered.map(({ ratio }) => ratio)),
        }),
    ...(evidence === undefined ? {} : { evidence }),
  };
}

/** A budget of nothing is met by nothing only. */
function ratioOf(recoveryMs: number, { recoveryBudgetMs }: FaultEntry): number {
  if (recoveryBudgetMs > 0) return recoveryMs / recoveryBudgetMs;
  return recoveryMs <= 0 ? 0 : Number.POSITIVE_INFINITY;
}
