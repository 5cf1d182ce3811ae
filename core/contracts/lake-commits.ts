/** What a run writes down of the way of its changes from PostgreSQL into the lake, and what is made of it: freshness by stage. */

/** Times are run time; what another process stamped was set against the run's own clock when it was read. */
export type LakeCommitBody =
  | {
      /** A canary was read from Kafka for the first time. */
      readonly kind: "canary.captured";
      readonly canary: number;
      readonly table: string;
      readonly partition: number;
      /** With the partition: its place in the topic. */
      readonly offset: number;
      readonly seenMs: number;
      /** When PostgreSQL committed it, as Debezium says. Absent where a snapshot of the connector told of the row. */
      readonly sourceMs?: number;
    }
  | {
      /** As the JobManager tells. Savepoints too: they commit as well. */
      readonly kind: "checkpoint.completed";
      readonly jobId: string;
      readonly checkpointId: number;
      readonly triggeredAtMs: number;
      readonly completedAtMs: number;
      readonly isSavepoint: boolean;
    }
  | {
      /** A snapshot of a lake table. */
      readonly kind: "lake.committed";
      readonly table: string;
      readonly snapshotId: string;
      /** Stamped by the committer, a moment before readers can choose it. */
      readonly committedAtMs: number;
      readonly operation: string;
      readonly addedRecords: number;
      /** The newest checkpoint in it, and whose. Absent where the streaming job did not write it. */
      readonly jobId?: string;
      readonly checkpointId?: number;
    };

/**
 * In the order a change passes them. write: due → committed in PostgreSQL. capture: → readable in Kafka. wait: → the
 * checkpoint that holds it triggered. commit: → the lake's snapshot. visible: → read back.
 */
export const FRESHNESS_STAGES = ["write", "capture", "wait", "commit", "visible"] as const;
export type FreshnessStage = (typeof FRESHNESS_STAGES)[number];

/** The way of one canary: stageMs and unknownMs add up to freshnessMs. */
export interface StagedCanary {
  readonly canary: number;
  readonly table: string;
  readonly partition: number;
  readonly intendedMs: number;
  readonly freshnessMs: number;
  /** Only stages of which both ends are known. */
  readonly stageMs: Readonly<Partial<Record<FreshnessStage, number>>>;
  /** Time in the other stages together. */
  readonly unknownMs: number;
}

/** Times are absent where the stage is known of no canary. */
export interface StageFigures {
  readonly stage: FreshnessStage;
  readonly knownCount: number;
  readonly durationMsP50?: number;
  readonly durationMsP95?: number;
  readonly durationMsMax?: number;
  /** Of the freshness of all canaries together. */
  readonly shareRatio: number;
}

/** Where the time of a change goes, from the canaries of steady time that were read back. */
export interface FreshnessStages {
  readonly canaryCount: number;
  /** Canaries of which every stage is known. */
  readonly wholeCount: number;
  readonly freshnessMsMean: number;
  readonly freshnessMsP50: number;
  readonly freshnessMsP95: number;
  readonly freshnessMsMax: number;
  readonly stages: readonly StageFigures[];
  /** Together with the stages' shares 1. */
  readonly unknownShareRatio: number;
  /** The stage with the largest share; absent where more than that cannot be told. */
  readonly longest?: FreshnessStage;
  /** The canaries whose freshness is the median, the 95th percentile and the largest. */
  readonly examples: readonly {
    readonly quantileRatio: number;
    readonly way: StagedCanary;
  }[];
  /** From trigger to completion, of the checkpoints that these canaries came with. */
  readonly checkpoints?: {
    readonly count: number;
    readonly durationMsP50: number;
    readonly durationMsMax: number;
  };
  /** By whose clock all this is. */
  readonly clock: string;
}
