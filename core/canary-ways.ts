/**
 * The way of each canary from its intended write to the reader's eyes, as far as the journal tells. What contradicts
 * itself or fits several answers is left unknown, and its time is told as such.
 */
import type { EventOf, JournalReader } from "./contracts/journal.ts";
import {
  FRESHNESS_STAGES,
  type FreshnessStage,
  type StagedCanary,
} from "./contracts/lake-commits.ts";

/** Other processes stamp whole milliseconds, and the run's clock is set against them with a reading of its own. */
const CLOCK_ERROR_MS = 5;
/** The JobManager triggers first; until its barrier reaches the source, records still come into that checkpoint. */
const BARRIER_MS_MAX = 1000;
/** A snapshot is stamped before its metadata is written and the catalog points to it. */
const CATALOG_MS_MAX = 2000;

type Seen = EventOf<"canary.seen">;
type Captured = EventOf<"canary.captured">;
export type Checkpoint = EventOf<"checkpoint.completed">;

/** A snapshot of the streaming job. */
interface Commit {
  readonly atMs: number;
  readonly checkpoint: Checkpoint | undefined;
}

export interface CanaryWay extends StagedCanary {
  readonly visibleMs: number;
  readonly checkpoint?: Checkpoint;
}

/** Of every canary that was read back, in the order of the journal. */
export function canaryWays(journal: JournalReader): readonly CanaryWay[] {
  const captures = new Map<number, Captured>();
  for (const captured of journal.of("canary.captured")) {
    // Debezium delivers at least once: what is told again came earlier.
    if (!captures.has(captured.canary)) captures.set(captured.canary, captured);
  }
  const commits = commitsByTable(journal);
  return journal
    .of("canary.seen")
    .map((seen) => wayOf(seen, captures.get(seen.canary), commits.get(seen.table) ?? []));
}

/** Ascending by time. */
function commitsByTable(journal: JournalReader): ReadonlyMap<string, readonly Commit[]> {
  const checkpoints = new Map(
    journal.of("checkpoint.completed").map((one) => [keyOf(one.jobId, one.checkpointId), one]),
  );
  const commits = new Map<string, Commit[]>();
  for (const { table, committedAtMs, jobId, checkpointId } of journal.of("lake.committed")) {
    // Compactions write the same records again, and nothing else may write at all.
    if (jobId === undefined || checkpointId === undefined) continue;
    const own = commits.get(table) ?? [];
    own.push({ atMs: committedAtMs, checkpoint: checkpoints.get(keyOf(jobId, checkpointId)) });
    commits.set(table, own);
  }
  for (const own of commits.values()) own.sort((a, b) => a.atMs - b.atMs);
  return commits;
}

function keyOf(jobId: string, checkpointId: number): string {
  return `${jobId}/${String(checkpointId)}`;
}

function wayOf(seen: Seen, captured: Captured | undefined, commits: readonly Commit[]): CanaryWay {
  const { canary, table, partition, intendedMs, visibleMs } = seen;
  const possible = possibleCommits(seen, commits);
  const fitting = possible.filter(({ checkpoint }) => couldHold(checkpoint, captured));
  // Where it came to Kafka after all that could have brought it, one of the two is wrong, and nobody knows which.
  const contradicts = possible.length > 0 && fitting.length === 0;
  const commit = fitting.length === 1 ? fitting[0] : undefined;
  const points = pointsOf(seen, contradicts ? undefined : captured, commit);
  return {
    ...{ canary, table, partition, intendedMs, visibleMs },
    ...stagesBetween(points),
    ...(commit?.checkpoint === undefined ? {} : { checkpoint: commit.checkpoint }),
  };
}

/** The look before did not see it, the one that did cannot have read a later snapshot. */
function possibleCommits(
  { lastMissMs, visibleMs }: Seen,
  commits: readonly Commit[],
): readonly Commit[] {
  const first = firstAfter(commits, lastMissMs - CATALOG_MS_MAX);
  const end = firstAfter(commits, visibleMs + CLOCK_ERROR_MS);
  return commits.slice(first, end);
}

/** Index of the first commit later than `atMs`. */
function firstAfter(commits: readonly Commit[], atMs: number): number {
  let [low, high] = [0, commits.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((commits[middle]?.atMs ?? Infinity) > atMs) high = middle;
    else low = middle + 1;
  }
  return low;
}

function couldHold(checkpoint: Checkpoint | undefined, captured: Captured | undefined): boolean {
  if (checkpoint === undefined || captured === undefined) return true;
  return checkpoint.triggeredAtMs >= captured.seenMs - BARRIER_MS_MAX;
}

/** Due, committed, in Kafka, checkpoint triggered, snapshot, read: ascending where they are known. */
type Points = readonly (number | undefined)[];

function pointsOf(seen: Seen, captured: Captured | undefined, commit: Commit | undefined): Points {
  const { intendedMs, visibleMs } = seen;
  const inKafkaMs = between(captured?.seenMs, intendedMs, visibleMs, 0);
  const committedMs = committedAt(seen, captured?.sourceMs, inKafkaMs ?? visibleMs);
  const beforeMs = inKafkaMs ?? committedMs ?? intendedMs;
  const triggeredMs = between(
    commit?.checkpoint?.triggeredAtMs,
    beforeMs,
    visibleMs,
    BARRIER_MS_MAX,
  );
  const snapshotMs = between(commit?.atMs, triggeredMs ?? beforeMs, visibleMs, CLOCK_ERROR_MS);
  // A snapshot from before its checkpoint: two clocks that differ, and neither is known to be right.
  const isTorn = commit !== undefined && snapshotMs === undefined;
  return [
    intendedMs,
    committedMs,
    inKafkaMs,
    isTorn ? undefined : triggeredMs,
    snapshotMs,
    visibleMs,
  ];
}

/** By the acknowledgement; by PostgreSQL's own time where that never came, or after the change was in Kafka. */
function committedAt(
  { intendedMs, ackMs, visibleMs }: Seen,
  sourceMs: number | undefined,
  limitMs: number,
): number | undefined {
  // An acknowledgement that never came is journalled as that of the moment of sight.
  const isAcknowledged = ackMs < visibleMs;
  if (isAcknowledged && ackMs <= limitMs) return between(ackMs, intendedMs, limitMs, 0);
  const bySource = between(sourceMs, intendedMs, limitMs, CLOCK_ERROR_MS);
  return (
    bySource ?? (isAcknowledged ? between(ackMs, intendedMs, limitMs, CLOCK_ERROR_MS) : undefined)
  );
}

/** Moved into the interval where it lies out of it by at most `errorMs`; unknown where by more. */
function between(
  atMs: number | undefined,
  fromMs: number,
  toMs: number,
  errorMs: number,
): number | undefined {
  if (atMs === undefined || atMs < fromMs - errorMs) return undefined;
  if (atMs > toMs + Math.min(errorMs, CLOCK_ERROR_MS)) return undefined;
  return Math.min(Math.max(atMs, fromMs), toMs);
}

/** In whole microseconds, as the journal has them, so that the parts are the whole to the last digit. */
function stagesBetween(
  points: Points,
): Pick<StagedCanary, "freshnessMs" | "stageMs" | "unknownMs"> {
  const pointsUs = points.map((atMs) => (atMs === undefined ? undefined : Math.round(atMs * 1000)));
  const wholeUs = (pointsUs.at(-1) ?? 0) - (pointsUs[0] ?? 0);
  const stageMs: Partial<Record<FreshnessStage, number>> = {};
  let knownUs = 0;
  for (const [index, stage] of FRESHNESS_STAGES.entries()) {
    const [fromUs, toUs] = [pointsUs[index], pointsUs[index + 1]];
    if (fromUs === undefined || toUs === undefined) continue;
    stageMs[stage] = (toUs - fromUs) / 1000;
    knownUs += toUs - fromUs;
  }
  return { freshnessMs: wholeUs / 1000, stageMs, unknownMs: (wholeUs - knownUs) / 1000 };
}
