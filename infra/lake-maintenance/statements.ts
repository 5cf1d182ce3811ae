/**
 * What is said to Trino, and what its answers mean. Compaction and expiry only: remove_orphan_files is never run,
 * because it deletes every file no snapshot names, and those are also the files that a live writer has finished
 * but not yet committed. After a long outage such files are older than any retention a lab could wait for.
 */
import type { MaintenanceOutcome } from "../../core/contracts/journal.ts";
import { DAY_MS } from "../../core/units.ts";
import type { MaintenanceConfig } from "./config.ts";

export const MAINTENANCE_SOURCE = "lakeproof-maintenance";

/** Posted to its own address, it begins a round at once. */
export const MAINTENANCE_RUN_PATH = "/run";

export const OPERATIONS = ["look", "optimize", "expire_snapshots"] as const;
export type Operation = (typeof OPERATIONS)[number];

/** Rewrites the small files of the last days, which are UTC days as Flink writes them. */
export function optimizeSql(table: string, config: MaintenanceConfig, epochMs: number): string {
  const firstMs = epochMs - (config.recentDayCount - 1) * DAY_MS;
  const firstDay = new Date(firstMs).toISOString().slice(0, 10);
  return (
    `ALTER TABLE iceberg.raw_data.${table} ` +
    `EXECUTE optimize(file_size_threshold => '${String(config.fileSizeThresholdMiB)}MB') ` +
    `WHERE partition_date >= DATE '${firstDay}'`
  );
}

/** Forgets old snapshots and deletes the files that only those used. */
export function expireSnapshotsSql(table: string, config: MaintenanceConfig): string {
  return (
    `ALTER TABLE iceberg.raw_data.${table} ` +
    `EXECUTE expire_snapshots(retention_threshold => '${String(config.retentionS)}s')`
  );
}

/** Metadata only: no data file is opened. */
export function lookSql(table: string): string {
  return (
    `SELECT files.n, files.bytes, snapshots.n, snapshots.stream_age_s FROM ` +
    `(SELECT count(*) AS n, coalesce(sum(file_size_in_bytes), 0) AS bytes ` +
    `FROM iceberg.raw_data."${table}$files") files CROSS JOIN ` +
    `(SELECT count(*) AS n, date_diff('second', max(committed_at) FILTER ` +
    `(WHERE element_at(summary, 'flink.max-committed-checkpoint-id') IS NOT NULL), now()) AS stream_age_s ` +
    `FROM iceberg.raw_data."${table}$snapshots") snapshots`
  );
}

export interface TableLook {
  readonly fileCount: number;
  readonly fileBytes: number;
  readonly snapshotCount: number;
  /** Age of the newest snapshot that the stream committed; absent where it has none. */
  readonly streamAgeS: number | undefined;
}

export function lookOf(rows: readonly (readonly unknown[])[]): TableLook {
  const [files, bytes, snapshots, streamAge] = rows[0] ?? [];
  return {
    fileCount: Number(files ?? 0),
    fileBytes: Number(bytes ?? 0),
    snapshotCount: Number(snapshots ?? 0),
    streamAgeS: streamAge === null || streamAge === undefined ? undefined : Number(streamAge),
  };
}

/**
 * The stream remembers in its own newest snapshot which checkpoint it has committed. Expired while the stream is
 * down, and compactions go on above it, the stream would commit that checkpoint a second time when it comes back.
 * Half the retention, because the snapshot grows older between the look and the expiry.
 */
export function mayExpire(look: TableLook, config: MaintenanceConfig): boolean {
  return look.streamAgeS !== undefined && look.streamAgeS < config.retentionS / 2;
}

/** From the text of what was thrown; Trino's refusals end with the name of its error. */
export function outcomeOf(reason: string): MaintenanceOutcome {
  if (!reason.startsWith("Trino refused the query")) return "unreachable";
  const conflict = /ICEBERG_COMMIT_ERROR|TRANSACTION_CONFLICT|stale table metadata|concurrent/i;
  return conflict.test(reason) ? "conflict" : "refused";
}
