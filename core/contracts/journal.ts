/**
 * The journal: append-only NDJSON, one ordered history of load, faults, phases and samples.
 * It is the only thing the checks and the reports ever see.
 */
import type { EventList, FrequentKind } from "./event-list.ts";
import type { FaultClass, Undo } from "./fault.ts";
import type { LakeCommitBody } from "./lake-commits.ts";
import type { Phase, Plan, QueryClassName } from "./plan.ts";
import type { Outcome, Quantity } from "./values.ts";

export const JOURNAL_SCHEMA = "lakeproof.journal/1";

/** The points a change passes on its way; a difference between two neighbours names the guilty hop. */
export const HOPS = ["acknowledged", "postgres", "kafka", "iceberg", "reader"] as const;
export type Hop = (typeof HOPS)[number];

/** delayed: it came, but behind the fence that says its bucket is complete. */
export type Anomaly =
  "lost" | "duplicated" | "reordered" | "delayed" | "corrupted" | "phantom" | "resurrected";

export type FaultState =
  "undo-written" | "injecting" | "active" | "healing" | "healed" | "recovered" | "failed";

/** What machine and which versions the run is about. */
export interface Environment {
  readonly cpuModel: string;
  readonly cpuCount: number;
  readonly memoryBytes: number;
  readonly diskFreeBytes: number;
  readonly kernel: string;
  readonly osName: string;
  readonly nodeVersion: string;
  readonly lakeproofVersion: string;
  readonly versions: Readonly<Record<string, string>>;
  /** SHA-256 of each instance's configuration files and command. */
  readonly configDigests: Readonly<Record<string, string>>;
}

/** refused: the engine said no for another reason. unreachable: no answer, or none in time. */
export type MaintenanceOutcome = "ok" | "conflict" | "refused" | "unreachable" | "skipped";

/** Events carry `atMs`: milliseconds of the monotonic clock since run.started, fractions allowed. */
export type JournalEvent = { readonly atMs: number } & JournalBody;

export type JournalBody =
  | LakeCommitBody
  | {
      readonly kind: "run.started";
      readonly schema: typeof JOURNAL_SCHEMA;
      readonly runId: string;
      readonly startedAtEpochMs: number;
      readonly plan: Plan;
      readonly environment: Environment;
      /** Command that repeats this run. */
      readonly rerun: string;
    }
  | { readonly kind: "phase.entered"; readonly phase: Phase }
  | {
      /** Work of the lake's maintenance on one table that has ended since it was last asked, seconds before. */
      readonly kind: "lake.maintained";
      readonly table: string;
      readonly operation: "optimize" | "expire_snapshots";
      /** conflict: a commit of the stream came in between, and nothing was changed. skipped: it would have done harm. */
      readonly outcome: MaintenanceOutcome;
      readonly runCount: number;
      /** Of all these runs together. */
      readonly durationMs: number;
      /** Of the last of these runs, in run time by the clock of its process. Absent in journals of older versions. */
      readonly startedAtMs?: number;
      readonly endedAtMs?: number;
      /** Of a compaction that was done: data files of the table's current snapshot. */
      readonly beforeFileCount?: number;
      readonly afterFileCount?: number;
      readonly snapshotCount?: number;
    }
  | {
      readonly kind: "instance.ready";
      readonly instanceId: string;
      readonly component: string;
      readonly address: string;
      readonly pid: number;
      /** From the process start to the first successful probe. */
      readonly readyMs: number;
      /** CPU time of its processes until then. Absent in journals of older versions. */
      readonly readyCpuMs?: number;
      readonly restart: boolean;
    }
  | { readonly kind: "instance.memory"; readonly instanceId: string; readonly rssBytes: number }
  | {
      /** One second (windowMs) of one workload. Operations are counted in the window of their INTENDED start. */
      readonly kind: "load.window";
      readonly workload: string;
      /** Query class; absent for the bank. */
      readonly class?: QueryClassName;
      readonly fromMs: number;
      readonly windowMs: number;
      readonly offered: number;
      readonly ok: number;
      readonly failed: number;
      readonly unknown: number;
      /** Never started because no worker was free. Counts as failed against the objectives. */
      readonly dropped: number;
      /** Change events carried by the ok operations (bank only). */
      readonly events: number;
    }
  | {
      /** HDR histogram (V2, base64) of microseconds from intended start to completion. Mergeable. */
      readonly kind: "latency.window";
      readonly workload: string;
      readonly class?: string;
      readonly fromMs: number;
      readonly windowMs: number;
      readonly count: number;
      readonly histogramUs: string;
      /** Samples at or above the class's objective: exact, no bucket error. */
      readonly overTarget?: number;
    }
  | {
      /** A contiguous range of one lane's sequence numbers with the same outcome. */
      readonly kind: "ops.settled";
      readonly lane: number;
      readonly seqMin: number;
      readonly seqMax: number;
      readonly outcome: Outcome;
    }
  | {
      /** Sum over the CHANGES of one lane in one bucket as seen at one hop. */
      readonly kind: "ledger.changes";
      readonly hop: Hop;
      readonly bucket: number;
      readonly lane: number;
      readonly eventCount: number;
      /** Without repeated sequence numbers. */
      readonly distinctCount: number;
      /** Decimal text of the exact sum of the 48-bit fingerprints of the distinct events. */
      readonly fingerprintSum: string;
      /** during: at a fence under load. final: after drain. */
      readonly when: "during" | "final";
    }
  | {
      /** Digest of the current STATE (rows, not changes) of one lane's accounts and users after one bucket. */
      readonly kind: "ledger.state";
      readonly hop: Hop;
      readonly bucket: number;
      readonly lane: number;
      readonly rowCount: number;
      readonly fingerprintSum: string;
      /** Cents. Sum over the lane's accounts; constant by construction. */
      readonly balanceSum: string;
      readonly when: "during" | "final";
    }
  | {
      /** One located finding. `hop` is the first hop where the change is wrong. */
      readonly kind: "ledger.anomaly";
      readonly hop: Hop;
      readonly anomaly: Anomaly;
      readonly lane: number;
      readonly seq: number;
      readonly bucket: number;
      readonly detail: string;
    }
  | {
      /** Iceberg metadata, without scanning data: added records per table against the records Kafka holds. */
      readonly kind: "ledger.metadata";
      readonly table: string;
      readonly snapshotCount: number;
      /** By all writers, but not by compactions: those write the same records again. */
      readonly addedRecords: number;
      readonly kafkaRecords: number;
      /** Snapshots not written by the streaming job: "id operation records". */
      readonly foreignSnapshots: readonly string[];
      /** job/operator/checkpoint triples that were committed more than once. */
      readonly repeatedCommits: readonly string[];
      /** Snapshots of Trino that only rewrote files. */
      readonly compactionCount?: number;
      /** Compactions that did not keep the number of records: "id operation records". */
      readonly unequalCompactions?: readonly string[];
      /** Part of addedRecords whose snapshots had expired by then: taken from the totals of those that remain. */
      readonly expiredRecordCount?: number;
    }
  | {
      /** Asked the same about one table, Trino and the reader of the lake's files answered differently. */
      readonly kind: "readers.differ";
      readonly question: "changes" | "control-rows";
      readonly table: string;
      readonly bucket: number;
      readonly lane: number;
      readonly trino: string;
      readonly files: string;
      /** Which rows, as far as they were looked for. */
      readonly detail: string;
    }
  | {
      /** A file that the lake's metadata lists is missing, cut off or cannot be decoded. */
      readonly kind: "lake.damaged";
      readonly reason: string;
    }
  | {
      /**
       * One look at the balances of all lanes under load. The snapshot it read was chosen somewhere between askedMs
       * and seenMs.
       */
      readonly kind: "balances.seen";
      readonly askedMs: number;
      readonly seenMs: number;
      readonly laneCount: number;
      /** Lanes whose sum was not the constant: of some transfer one leg was there and the other was not. */
      readonly tornLanes: readonly number[];
      /** Cents, decimal text: the largest difference of one lane, without its sign. "0" where none differed. */
      readonly differenceMax: string;
    }
  | {
      readonly kind: "fence.visible";
      readonly bucket: number;
      readonly committedAtMs: number;
      readonly visibleAtMs: number;
    }
  | {
      /** A canary row: committed at ackMs, first seen through the reader in (lastMissMs, visibleMs]. */
      readonly kind: "canary.seen";
      readonly canary: number;
      readonly table: string;
      readonly partition: number;
      readonly intendedMs: number;
      readonly ackMs: number;
      readonly lastMissMs: number;
      readonly visibleMs: number;
    }
  | {
      /** A canary not visible when the run stopped looking: censored at its age, never dropped. */
      readonly kind: "canary.censored";
      readonly canary: number;
      readonly table: string;
      readonly partition: number;
      readonly intendedMs: number;
      readonly ageMs: number;
      readonly reason: string;
    }
  | {
      /** The answer to a query over settled buckets, beside what the books say of them. */
      readonly kind: "query.digest";
      readonly class: QueryClassName;
      readonly bucketMin: number;
      readonly bucketMax: number;
      /** Only this lane was asked for; absent: all. */
      readonly lane?: number;
      /** When the query was meant to start: the buckets were visible before. */
      readonly intendedMs: number;
      /** Both as generators/k6/digest.ts writes them; equal where the answer was right. */
      readonly expected: string;
      readonly observed: string;
    }
  | {
      /** How the user's own k6 script ended. */
      readonly kind: "script.ended";
      readonly path: string;
      /** k6's own: 0, 99 thresholds crossed, 105 stopped with the run; anything else is a failure of the script. */
      readonly exitCode: number;
      readonly iterations: number;
      /** Iterations k6 never started for want of a free user. */
      readonly dropped: number;
      readonly checks: readonly ScriptCheckCount[];
      readonly thresholds: readonly ScriptThreshold[];
      /** Every trend of the script whole: HDR histogram as in latency.window. */
      readonly trends: readonly ScriptTrend[];
    }
  | { readonly kind: "sample.taken"; readonly probe: string; readonly observed: Quantity }
  | { readonly kind: "probe.blind"; readonly probe: string; readonly reason: string }
  | {
      readonly kind: "fault.changed";
      /** Plan id: f1, f2, … */
      readonly id: string;
      readonly fault: string;
      readonly instanceId: string;
      readonly faultClass: FaultClass;
      readonly state: FaultState;
      readonly undo?: Undo;
      readonly evidence?: readonly string[];
      /** On "recovered": from injection ended (undo applied) to the first canary committed after it being visible. */
      readonly recoveryMs?: number;
      readonly recoveryBudgetMs?: number;
      readonly reason?: string;
    }
  | {
      /**
       * The run took a step back: wait before the next fault, quiet (no further fault), or heal (all is undone and
       * the run ends).
       */
      readonly kind: "guard.tripped";
      readonly guard: "disk" | "memory" | "telemetry" | "operator";
      readonly step: "wait" | "quiet" | "heal";
      readonly reason: string;
    }
  | {
      readonly kind: "selftest.defect";
      readonly defect: string;
      readonly check: string;
      readonly caught: boolean;
    }
  | { readonly kind: "residue.checked"; readonly residue: readonly string[] }
  | { readonly kind: "note"; readonly text: string }
  | {
      /** In a game day: a fault of the menu is about to be injected. */
      readonly kind: "gameday.chosen";
      readonly id: string;
      /** True where nobody was told which, until somebody said what they see. */
      readonly hidden: boolean;
    }
  | {
      /** What is expected of a fault, written down before it is injected. */
      readonly kind: "gameday.expected";
      readonly id: string;
      readonly text: string;
    }
  | {
      /** A person has noticed that something is wrong. */
      readonly kind: "gameday.detected";
      readonly id: string;
      readonly text: string;
    }
  | {
      /** What a person says of their own expectation, where no figure decides it. */
      readonly kind: "gameday.judged";
      readonly id: string;
      readonly held: boolean;
      readonly text: string;
    }
  /** A fault was ended by hand before its time. */
  | { readonly kind: "gameday.healed"; readonly id: string }
  /** Written down by a person. */
  | { readonly kind: "gameday.noted"; readonly text: string }
  | {
      readonly kind: "run.ended";
      readonly reason: "completed" | "interrupted" | "provisioning-failed" | "crashed";
      readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
    };

export interface ScriptCheckCount {
  readonly name: string;
  readonly scenario: string;
  readonly passed: number;
  readonly failed: number;
}

export interface ScriptThreshold {
  /** With its tags, e.g. "http_req_duration{scenario:browse}". */
  readonly metric: string;
  readonly expression: string;
  readonly ok: boolean;
}

export interface ScriptTrend {
  readonly metric: string;
  readonly scenario: string;
  /** "ms" for k6's own times and trends made for times, otherwise what the script meant. */
  readonly isTime: boolean;
  readonly count: number;
  /** Thousandths of the value: microseconds for times. */
  readonly histogram: string;
}

export type JournalKind = JournalBody["kind"];
export type EventOf<K extends JournalKind> = Extract<JournalEvent, { readonly kind: K }>;

export interface JournalWriter extends AsyncDisposable {
  /** Stamps the event with the monotonic clock and appends it. */
  append(body: JournalBody): void;
  /** Milliseconds since run.started. */
  nowMs(): number;
  /** Events written so far, for the live console. */
  onEvent(listener: (event: JournalEvent) => void): void;
  flush(): Promise<void>;
}

export type EventsOf<K extends JournalKind> = K extends FrequentKind
  ? EventList<EventOf<K>>
  : readonly EventOf<K>[];

export interface JournalReader {
  readonly runId: string;
  readonly plan: Plan;
  readonly environment: Environment;
  readonly startedAtEpochMs: number;
  readonly rerun: string;
  /** atMs of the last event read. */
  readonly endMs: number;
  /** Truncated line, unknown version, unknown kinds, missing run.ended: said, never hidden. */
  readonly problems: readonly string[];
  /** Of all kinds together. */
  readonly eventCount: number;
  /** In the order of the journal. */
  of<K extends JournalKind>(kind: K): EventsOf<K>;
  /** Every event as an object of its own, in the order of the journal: a gigabyte of a day. */
  all(): readonly JournalEvent[];
}
