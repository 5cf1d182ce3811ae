/** The lake's two tables: how fresh they are, and how much small stuff has piled up in them. */
import { z } from "zod";
import { BANK_TABLES } from "../../../core/bank-schema.ts";
import { DAY_MS } from "../../../core/units.ts";
import { openTrino } from "../../clients/trino.ts";
import { FLINK_TIMINGS } from "../../components/flink.ts";
import { count, memory, plural, span } from "../../lint/figures.ts";
import { graded, okIf, type HealthCheck, type HealthFinding } from "../finding.ts";

const SOURCE = "lakeproof-probe";
/** Iceberg's sink commits every tenth checkpoint even where nothing changed. */
const EMPTY_COMMIT_EVERY = 10;
const SNAPSHOT_AGE_MS = {
  warnAbove: (EMPTY_COMMIT_EVERY + 4) * FLINK_TIMINGS.checkpointIntervalMs,
  badAbove: 10 * EMPTY_COMMIT_EVERY * FLINK_TIMINGS.checkpointIntervalMs,
};
/** Two days of a commit every checkpoint: what a daily expiry keeps below. */
const SNAPSHOT_COUNT = {
  warnAbove: (2 * DAY_MS) / FLINK_TIMINGS.checkpointIntervalMs,
  badAbove: (30 * DAY_MS) / FLINK_TIMINGS.checkpointIntervalMs,
};
/** Many files are no harm as long as they are large: both together are what compaction is for. */
const SMALL_FILES = { fileCountMin: 10_000, meanBytesMax: 16 * 1024 ** 2 };

const Row = z.tuple([
  z.coerce.number(),
  z.coerce.number(),
  z.coerce.number().nullable(),
  z.coerce.number().nullable(),
]);

/** Rows: snapshots, age of the last one in ms, files and bytes it holds. */
export function judgeTable(table: string, rows: unknown): readonly HealthFinding[] {
  const [row] = z.array(Row).parse(rows);
  if (row === undefined) {
    return [
      {
        check: `snapshot of ${table}`,
        status: "warn",
        observed: "the table has no snapshot yet",
        expected: "one, at most minutes old",
        hint: "Nothing was ever committed: look at Flink's job and its checkpoints.",
      },
    ];
  }
  const [snapshotCount, ageMs, files, bytes] = row;
  const fileCount = files ?? 0;
  const meanBytes = fileCount === 0 ? 0 : (bytes ?? 0) / fileCount;
  const piled = fileCount > SMALL_FILES.fileCountMin && meanBytes < SMALL_FILES.meanBytesMax;
  return [
    {
      check: `snapshot of ${table}`,
      status: graded(ageMs, SNAPSHOT_AGE_MS),
      observed: `the last is ${span(Math.max(0, ageMs))} old`,
      expected: `at most ${span(SNAPSHOT_AGE_MS.warnAbove)}, even without changes`,
      hint: "Flink does not commit: look at its checkpoints, the catalog's database and the object store.",
    },
    {
      check: `files of ${table}`,
      status: okIf(!piled, "warn"),
      observed: `${plural(fileCount, "file")}, ${memory(meanBytes)} each on average`,
      expected: `at most ${count(SMALL_FILES.fileCountMin)} files, or ${memory(SMALL_FILES.meanBytesMax)} and more each`,
      hint: `Compact: ALTER TABLE iceberg.raw_data.${table} EXECUTE optimize.`,
    },
    {
      check: `snapshots of ${table}`,
      status: graded(snapshotCount, SNAPSHOT_COUNT),
      observed: plural(snapshotCount, "snapshot"),
      expected: `at most ${count(SNAPSHOT_COUNT.warnAbove)}`,
      hint: `Expire: ALTER TABLE iceberg.raw_data.${table} EXECUTE expire_snapshots(retention_threshold => '7d').`,
    },
  ];
}

/** Only metadata is read: the summary of the last snapshot counts the files. */
const tableSql = (table: string): string => `SELECT count(*) OVER (),
  date_diff('millisecond', committed_at, current_timestamp),
  element_at(summary, 'total-data-files'), element_at(summary, 'total-files-size')
  FROM iceberg.raw_data."${table}$snapshots" ORDER BY committed_at DESC LIMIT 1`;

const tables: HealthCheck = async (context, _instances, signal) => {
  if (!context.endpoints.has("trino")) return [];
  const trino = openTrino(context.endpoints.address("trino"), SOURCE);
  const findings: HealthFinding[] = [];
  // One after the other: those who watch have few places in the engine, and others watch too.
  for (const table of BANK_TABLES) {
    findings.push(...judgeTable(table, await trino.query(tableSql(table), signal)));
  }
  return findings;
};

export const lakehouseChecks: Readonly<Record<string, HealthCheck>> = { tables };
