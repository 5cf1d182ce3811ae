/** Compaction and expiry of the lake: whether they come to an end, and how often the stream gets in their way. */
import { BANK_TABLES } from "../../../core/bank-schema.ts";
import { host } from "../../../core/host.ts";
import { scrapeText } from "../../clients/prometheus.ts";
import { intervalSOf } from "../../lake-maintenance/config.ts";
import { readMaintenance, type MaintenanceReading } from "../../lake-maintenance/readings.ts";
import { percent, plural, span } from "../../lint/figures.ts";
import { graded, listed, okIf, type HealthCheck, type HealthFinding } from "../finding.ts";

/** Compactions that came to nothing: rounds without one in which files and snapshots pile up. */
const MISSED_ROUNDS = { warnAbove: 3, badAbove: 24 };
/** Of so many attempts a share is a share. */
const ATTEMPT_COUNT_MIN = 4;
const CONFLICT_RATIO_MAX = 0.5;

/** Pure. */
export function judgeMaintenance(
  table: string,
  reading: MaintenanceReading,
  times: { readonly intervalS: number; readonly nowEpochMs: number },
): readonly HealthFinding[] {
  const { intervalS, nowEpochMs } = times;
  const own = reading.runs.filter((one) => one.table === table && one.outcome !== "skipped");
  const attempted = own.reduce((sum, { runCount }) => sum + runCount, 0);
  if (attempted === 0) {
    return [
      {
        check: `maintenance of ${table}`,
        status: "ok",
        observed: "no round has ended yet",
        expected: `one every ${span(intervalS * 1000)}`,
        hint: "Read its log where this lasts: Trino does not answer it.",
      },
    ];
  }
  return [
    doneFinding(table, reading, intervalS * 1000, nowEpochMs),
    conflictFinding(table, own, attempted),
  ];
}

function doneFinding(
  table: string,
  reading: MaintenanceReading,
  intervalMs: number,
  nowEpochMs: number,
): HealthFinding {
  const labels = { table, operation: "optimize" };
  const lastS = reading.value("last_success_timestamp_seconds", labels);
  const ageMs = lastS === undefined ? Infinity : nowEpochMs - lastS * 1000;
  return {
    check: `maintenance of ${table}`,
    status: graded(ageMs, {
      warnAbove: MISSED_ROUNDS.warnAbove * intervalMs,
      badAbove: MISSED_ROUNDS.badAbove * intervalMs,
    }),
    observed:
      lastS === undefined
        ? "no compaction has ever come to its end"
        : `compacted ${span(Math.max(0, ageMs))} ago`,
    expected: `every ${span(intervalMs)}, at most ${span(MISSED_ROUNDS.warnAbove * intervalMs)} ago`,
    hint: "Read its log: each statement that failed stands there with Trino's reason.",
  };
}

function conflictFinding(
  table: string,
  own: MaintenanceReading["runs"],
  attempted: number,
): HealthFinding {
  const countOf = (outcome: string): number =>
    own.filter((one) => one.outcome === outcome).reduce((sum, { runCount }) => sum + runCount, 0);
  const conflicts = countOf("conflict");
  const failed = countOf("refused") + countOf("unreachable");
  const many = attempted >= ATTEMPT_COUNT_MIN && conflicts / attempted > CONFLICT_RATIO_MAX;
  return {
    check: `conflicts on ${table}`,
    status: okIf(!many, "warn"),
    observed: listed([
      `${String(conflicts)} of ${plural(attempted, "statement")} met a commit of the stream (${percent(conflicts / attempted)})`,
      `${String(failed)} failed otherwise`,
    ]),
    expected: `at most ${percent(CONFLICT_RATIO_MAX)} conflicts`,
    hint: "Compact less at a time or less often: a rewrite that takes longer than a checkpoint loses to it.",
  };
}

const rounds: HealthCheck = async (context, _instances, signal) => {
  const address = context.endpoints.address(context.service, "metrics");
  const reading = readMaintenance(await scrapeText(address, "/metrics", signal));
  const times = {
    intervalS: intervalSOf(context.service, context.config),
    nowEpochMs: host.epochMs(),
  };
  return BANK_TABLES.flatMap((table) => judgeMaintenance(table, reading, times));
};

export const lakeMaintenanceChecks: Readonly<Record<string, HealthCheck>> = { rounds };
