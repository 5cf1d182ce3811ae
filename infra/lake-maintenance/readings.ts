/** What the maintenance of the lake has done between two looks at its metrics. Pure. */
import type { EventOf, MaintenanceOutcome } from "../../core/contracts/journal.ts";
import { parseExposition, type ExposedSample } from "../health/exposition.ts";

export type MaintenanceDone = Omit<EventOf<"lake.maintained">, "atMs" | "kind">;

/** Its metrics as text, read once. */
export interface MaintenanceReading {
  value(name: string, labels: Readonly<Record<string, string>>): number | undefined;
  /** A compaction or an expiry is under way. */
  readonly isWorking: boolean;
  readonly runs: readonly MaintenanceRuns[];
}

export interface MaintenanceRuns {
  readonly table: string;
  readonly operation: MaintenanceDone["operation"];
  readonly outcome: MaintenanceOutcome;
  readonly runCount: number;
}

const PREFIX = "lakeproof_maintenance_";
const OUTCOMES: Readonly<Record<MaintenanceOutcome, true>> = {
  ok: true,
  conflict: true,
  refused: true,
  unreachable: true,
  skipped: true,
};

export function readMaintenance(text: string): MaintenanceReading {
  const samples = parseExposition(text);
  return {
    isWorking: samples.some(
      ({ name, labels, value }) =>
        name === `${PREFIX}running` && isWork(labels["operation"]) && value === 1,
    ),
    runs: samples.filter(({ name }) => name === `${PREFIX}runs_total`).flatMap(runsOf),
    value: (name, labels) =>
      samples.find(
        (sample) =>
          sample.name === PREFIX + name &&
          Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
      )?.value,
  };
}

function runsOf({ labels, value }: ExposedSample): readonly MaintenanceRuns[] {
  const { table, operation, outcome } = labels;
  if (table === undefined || !isWork(operation) || !isOutcome(outcome)) return [];
  return [{ table, operation, outcome, runCount: value }];
}

function isWork(operation: string | undefined): operation is MaintenanceDone["operation"] {
  return operation === "optimize" || operation === "expire_snapshots";
}

function isOutcome(word: string | undefined): word is MaintenanceOutcome {
  return word !== undefined && Object.hasOwn(OUTCOMES, word);
}

/**
 * One entry for each table, operation and outcome of which there are more than before; `runStartEpochMs` is when run
 * time began.
 */
export function doneBetween(
  before: MaintenanceReading,
  now: MaintenanceReading,
  runStartEpochMs: number,
): readonly MaintenanceDone[] {
  return now.runs.flatMap(({ table, operation, outcome, runCount }): readonly MaintenanceDone[] => {
    const earlier = before.runs.find(
      (one) => one.table === table && one.operation === operation && one.outcome === outcome,
    );
    // Fewer than before: it was started again, and counts from nothing.
    const since = sinceThen(earlier?.runCount, runCount);
    if (since === 0) return [];
    const durationMs = outcome === "skipped" ? 0 : since * meanMs(before, now, table, operation);
    return [
      {
        ...{ table, operation, outcome, runCount: since, durationMs },
        ...timesOf(now, { table, operation, outcome }, runStartEpochMs),
        ...(outcome === "ok" && operation === "optimize" ? filesOf(now, table) : {}),
      },
    ];
  });
}

function sinceThen(before: number | undefined, now: number): number {
  return before === undefined || now < before ? now : now - before;
}

/** Of the statements of the operation since then, however they ended: their times are counted together. */
function meanMs(
  before: MaintenanceReading,
  now: MaintenanceReading,
  table: string,
  operation: string,
): number {
  const since = (name: string): number => {
    const labels = { table, operation };
    return sinceThen(before.value(name, labels), now.value(name, labels) ?? 0);
  };
  const count = since("duration_seconds_count");
  return count === 0 ? 0 : Math.round((since("duration_seconds_sum") * 1000) / count);
}

function timesOf(
  now: MaintenanceReading,
  how: Readonly<Record<"table" | "operation" | "outcome", string>>,
  runStartEpochMs: number,
): Pick<MaintenanceDone, "startedAtMs" | "endedAtMs"> {
  const startedS = now.value("last_start_timestamp_seconds", how);
  const endedS = now.value("last_end_timestamp_seconds", how);
  const atMs = (epochS: number): number => Math.round(epochS * 1000 - runStartEpochMs);
  return startedS === undefined || endedS === undefined
    ? {}
    : { startedAtMs: atMs(startedS), endedAtMs: atMs(endedS) };
}

function filesOf(
  now: MaintenanceReading,
  table: string,
): Pick<MaintenanceDone, "beforeFileCount" | "afterFileCount" | "snapshotCount"> {
  const beforeFileCount = now.value("compacted_files", { table, when: "before" });
  const afterFileCount = now.value("compacted_files", { table, when: "after" });
  const snapshotCount = now.value("snapshots", { table });
  return {
    ...(beforeFileCount === undefined ? {} : { beforeFileCount }),
    ...(afterFileCount === undefined ? {} : { afterFileCount }),
    ...(snapshotCount === undefined ? {} : { snapshotCount }),
  };
}
