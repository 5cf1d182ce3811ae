/** A lake table's own history as Trino shows it, and what a run's part of it adds up to. No data file is opened. */
import type { EventOf } from "../../core/contracts/journal.ts";
import type { TrinoClient } from "../../infra/clients/trino.ts";

export interface SnapshotSeen {
  readonly id: string;
  /** Empty for the table's very first. Still there when the parent itself has expired. */
  readonly parentId: string;
  readonly operation: string;
  readonly addedRecords: number;
  readonly removedRecords: number;
  /** Rows hidden by delete files; an append-only table has none. */
  readonly deletedPositions: number;
  /** Records of the whole table after this snapshot. */
  readonly totalRecords: number;
  /** Flink job, operator and checkpoint that committed it; empty for any other writer. */
  readonly commit: string;
  /** Trino's query that committed it; empty for any other writer. */
  readonly queryId: string;
}

/** As the table's own metadata has it. */
export interface DatedSnapshot extends SnapshotSeen {
  readonly committedAtEpochMs: number;
}

export async function snapshotsOf(
  trino: TrinoClient,
  table: string,
  signal: AbortSignal,
): Promise<readonly SnapshotSeen[]> {
  const field = (name: string): string => `coalesce(element_at(summary, '${name}'), '')`;
  const rows = await trino.query(
    `SELECT CAST(snapshot_id AS VARCHAR), coalesce(CAST(parent_id AS VARCHAR), ''), operation, ` +
      `${field("added-records")}, ${field("deleted-records")}, ${field("added-position-deletes")}, ` +
      `${field("total-records")}, ${field("flink.job-id")}, ${field("flink.operator-id")}, ` +
      `${field("flink.max-committed-checkpoint-id")}, ${field("trino_query_id")} ` +
      `FROM "${table}$snapshots" ORDER BY committed_at`,
    signal,
  );
  return rows.map((row) => ({
    id: String(row[0]),
    parentId: String(row[1]),
    operation: String(row[2]),
    addedRecords: Number(row[3]),
    removedRecords: Number(row[4]),
    deletedPositions: Number(row[5]),
    totalRecords: Number(row[6]),
    commit: row[7] === "" ? "" : `${String(row[7])}/${String(row[8])}/${String(row[9])}`,
    queryId: String(row[10]),
  }));
}

/** What a table held before a run: on a lab that other runs have used. */
export interface SnapshotBaseline {
  readonly totalRecords: number;
  readonly ids: ReadonlySet<string>;
}

export function baselineOf(snapshots: readonly SnapshotSeen[]): SnapshotBaseline {
  const parentIds = new Set(snapshots.map((snapshot) => snapshot.parentId));
  const newest = snapshots.findLast((snapshot) => !parentIds.has(snapshot.id));
  return {
    totalRecords: newest?.totalRecords ?? 0,
    ids: new Set(snapshots.map((snapshot) => snapshot.id)),
  };
}

export interface SnapshotAudit {
  readonly facts: Required<
    Omit<EventOf<"ledger.metadata">, "kind" | "atMs" | "table" | "kafkaRecords">
  >;
  /** Some snapshot took records away, whoever wrote it. */
  readonly recordsRemoved: boolean;
}

/** Sums over the snapshots that came after the baseline. Pure. */
export function auditSnapshots(
  retained: readonly SnapshotSeen[],
  baseline: SnapshotBaseline,
): SnapshotAudit {
  const own = retained.filter((snapshot) => !baseline.ids.has(snapshot.id));
  const byId = new Map(retained.map((snapshot) => [snapshot.id, snapshot]));
  const compactions = own.filter(isCompaction);
  const written = own.filter((snapshot) => !isCompaction(snapshot));
  const foreign = written.filter((snapshot) => snapshot.commit === "");
  const unequal = compactions.filter(
    (snapshot) => !keepsRecords(snapshot, byId.get(snapshot.parentId)),
  );
  const expiredRecordCount = expiredCountOf(own, baseline);
  const appended = written.reduce((sum, snapshot) => sum + snapshot.addedRecords, 0);
  return {
    facts: {
      snapshotCount: own.length,
      addedRecords: expiredRecordCount + appended,
      expiredRecordCount,
      compactionCount: compactions.length,
      unequalCompactions: unequal.map((snapshot) =>
        describe(snapshot, byId.get(snapshot.parentId)),
      ),
      foreignSnapshots: foreign.map((snapshot) => describe(snapshot)),
      repeatedCommits: repeated(own.map((snapshot) => snapshot.commit)),
    },
    recordsRemoved: [...foreign, ...unequal].some(
      (snapshot) => snapshot.removedRecords + snapshot.deletedPositions > 0,
    ),
  };
}

/** Only Trino compacts here: a rewrite by anybody else is as foreign as an append. */
function isCompaction(snapshot: SnapshotSeen): boolean {
  return snapshot.operation === "replace" && snapshot.queryId !== "" && snapshot.commit === "";
}

/** By its own account, and by the table's total before it, where that snapshot is still there. */
function keepsRecords(snapshot: SnapshotSeen, parent: SnapshotSeen | undefined): boolean {
  return (
    snapshot.addedRecords === snapshot.removedRecords &&
    snapshot.deletedPositions === 0 &&
    (parent === undefined || parent.totalRecords === snapshot.totalRecords)
  );
}

/**
 * What this run's expired snapshots added: their own figures are gone, but the oldest one that remains says how
 * many records there were before it. Where that one's parent is known, none of the run's has expired.
 */
function expiredCountOf(own: readonly SnapshotSeen[], baseline: SnapshotBaseline): number {
  const ownIds = new Set(own.map((snapshot) => snapshot.id));
  const oldest = own.find(
    ({ parentId }) => parentId !== "" && !ownIds.has(parentId) && !baseline.ids.has(parentId),
  );
  if (oldest === undefined) return 0;
  const before = oldest.totalRecords - oldest.addedRecords + oldest.removedRecords;
  return before - baseline.totalRecords;
}

function describe(snapshot: SnapshotSeen, parent?: SnapshotSeen): string {
  const { id, operation, addedRecords, removedRecords, deletedPositions, totalRecords } = snapshot;
  const totals =
    parent === undefined || parent.totalRecords === totalRecords
      ? ""
      : `, ${String(parent.totalRecords)} before and ${String(totalRecords)} after it`;
  return `${id} ${operation} +${String(addedRecords)} -${String(removedRecords + deletedPositions)}${totals}`;
}

function repeated(commits: readonly string[]): readonly string[] {
  const counts = Map.groupBy(
    commits.filter((commit) => commit !== ""),
    (commit) => commit,
  );
  return [...counts].filter(([, found]) => found.length > 1).map(([commit]) => commit);
}
