/**
 * Follows Flink's checkpoints and the snapshots of the lake's tables while a run lasts, by asking those who keep a
 * record of them anyway: the JobManager, and each table's own metadata. No engine works for it.
 */
import { BANK_TABLES } from "../../core/bank-schema.ts";
import type { JournalBody } from "../../core/contracts/journal.ts";
import { reasonOf } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import {
  completedCheckpoints,
  FLINK_ENDED,
  flinkJobs,
  type CompletedCheckpoint,
} from "../../infra/clients/flink.ts";
import type { LakeFiles } from "../../slo/probes/lake-files/reader.ts";
import type { DatedSnapshot } from "../../slo/probes/snapshots.ts";
import { openLakeFiles } from "./second-reader.ts";
import { runMsAt, type Session } from "./session.ts";

/** The JobManager remembers the last ten checkpoints, a table its snapshots for two minutes at least. */
const CHECKPOINTS_INTERVAL_MS = 5000;
const SNAPSHOTS_INTERVAL_MS = 20_000;
const LOOK_MS_MAX = 10_000;

export class LakeCommits {
  readonly #session: Session;
  readonly #files: LakeFiles;
  readonly #told = new Set<string>();
  /** Jobs that have ended and were read since. */
  readonly #finished = new Set<string>();

  constructor(session: Session) {
    this.#session = session;
    this.#files = openLakeFiles(session.lab);
  }

  /**
   * A look that fails is made up for by the next one, which is told the same again: it blinds nobody, and what stays
   * untold is unknown.
   */
  start(): Disposable {
    const timers = [
      every(CHECKPOINTS_INTERVAL_MS, () => this.#lookAtCheckpoints()),
      every(SNAPSHOTS_INTERVAL_MS, () => this.#lookAtSnapshots()),
    ];
    return {
      [Symbol.dispose]: () => {
        for (const timer of timers) timer[Symbol.dispose]();
      },
    };
  }

  /** For what was committed since. A failure is journalled. */
  async lookLast(): Promise<void> {
    const looks = [this.#lookAtCheckpoints(), this.#lookAtSnapshots()];
    for (const look of await Promise.allSettled(looks)) {
      if (look.status === "fulfilled") continue;
      const reason = reasonOf(look.reason).slice(0, 200);
      this.#session.journal.append({ kind: "probe.blind", probe: "lake.commits", reason });
    }
  }

  async #lookAtCheckpoints(): Promise<void> {
    const address = this.#session.lab.endpoints.address("flink-jobmanager");
    const signal = this.#deadline();
    for (const { jid, state } of await flinkJobs(address, signal)) {
      if (this.#finished.has(jid)) continue;
      for (const checkpoint of await completedCheckpoints(address, jid, signal)) {
        this.#tell(checkpointEvent(jid, checkpoint, this.#toRunMs));
      }
      if (FLINK_ENDED.includes(state)) this.#finished.add(jid);
    }
  }

  async #lookAtSnapshots(): Promise<void> {
    const signal = this.#deadline();
    for (const table of BANK_TABLES) {
      for (const snapshot of await this.#files.snapshots(table, signal)) {
        this.#tell(snapshotEvent(table, snapshot, this.#toRunMs));
      }
    }
  }

  readonly #toRunMs = (epochMs: number): number => runMsAt(this.#session.journal, epochMs);

  /** Once each. */
  #tell(event: Told): void {
    const key =
      event.kind === "lake.committed"
        ? `${event.table}/${event.snapshotId}`
        : `${event.jobId}/${String(event.checkpointId)}`;
    if (this.#told.has(key)) return;
    this.#told.add(key);
    // What was there before the run is not the run's.
    const endMs = event.kind === "lake.committed" ? event.committedAtMs : event.completedAtMs;
    if (endMs >= 0) this.#session.journal.append(event);
  }

  #deadline(): AbortSignal {
    return host.deadline(LOOK_MS_MAX, this.#session.signal);
  }
}

type Told = Extract<JournalBody, { kind: "checkpoint.completed" | "lake.committed" }>;

/** Pure. */
export function checkpointEvent(
  jobId: string,
  checkpoint: CompletedCheckpoint,
  toRunMs: (epochMs: number) => number,
): Extract<Told, { kind: "checkpoint.completed" }> {
  const triggeredAtMs = toRunMs(checkpoint.triggeredAtEpochMs);
  return {
    kind: "checkpoint.completed",
    jobId,
    checkpointId: checkpoint.id,
    triggeredAtMs,
    completedAtMs: triggeredAtMs + checkpoint.durationMs,
    isSavepoint: checkpoint.isSavepoint,
  };
}

/** Pure. `commit` of a snapshot is "job/operator/checkpoint", and empty for all but the streaming job. */
export function snapshotEvent(
  table: string,
  snapshot: Pick<
    DatedSnapshot,
    "id" | "operation" | "addedRecords" | "commit" | "committedAtEpochMs"
  >,
  toRunMs: (epochMs: number) => number,
): Extract<Told, { kind: "lake.committed" }> {
  const [jobId = "", , checkpoint = ""] = snapshot.commit.split("/");
  const hasCheckpoint = jobId !== "" && /^\d+$/.test(checkpoint);
  return {
    kind: "lake.committed",
    table,
    snapshotId: snapshot.id,
    committedAtMs: toRunMs(snapshot.committedAtEpochMs),
    operation: snapshot.operation,
    addedRecords: snapshot.addedRecords,
    ...(hasCheckpoint ? { jobId, checkpointId: Number(checkpoint) } : {}),
  };
}

/** One look at a time. */
function every(intervalMs: number, look: () => Promise<void>): Disposable {
  let busy = false;
  return host.every(intervalMs, () => {
    if (busy) return;
    busy = true;
    void look()
      .catch(() => undefined)
      .finally(() => {
        busy = false;
      });
  });
}
