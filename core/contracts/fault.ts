/** One way to break the system under test, with the proof that it bit and the way back. */
import type { ClockReading, Endpoints, ReplicaSet } from "./component.ts";
import type { Driver } from "./driver.ts";
import type { Services, ServiceSpec } from "./topology.ts";
import type { Capability, Json, Parser } from "./values.ts";

/**
 * W within design: objectives must hold. B boundary: degraded but safe.
 * X beyond design: must fail loudly, lose nothing acknowledged and recover.
 */
export type FaultClass = "W" | "B" | "X";

/** What undoes a fault: pure data, so that any later process can replay it from the undo log. */
export type Undo =
  | { readonly kind: "start-instances"; readonly instanceIds: readonly string[] }
  /** They may have been told to end: what still runs is ended first. */
  | { readonly kind: "restart-instances"; readonly instanceIds: readonly string[] }
  | { readonly kind: "resume-instances"; readonly instanceIds: readonly string[] }
  | {
      readonly kind: "remove-toxic";
      readonly apiAddress: string;
      readonly proxy: string;
      readonly toxic: string;
    }
  | { readonly kind: "clear-network"; readonly tag: string }
  | { readonly kind: "power-on-nodes"; readonly instanceIds: readonly string[] }
  /** What was done to disks, files or control groups of the tag, then whatever of the instances has died of it. */
  | {
      readonly kind: "repair-damage";
      readonly tag: string;
      readonly instanceIds: readonly string[];
    }
  /** Those that are stopped go on, those that are gone are started. */
  | { readonly kind: "revive-instances"; readonly instanceIds: readonly string[] }
  /**
   * The connector's replication slot is made anew if it is not usable, and all rows are read again. Before that the
   * instances run on, those that are gone are started, and the settings of the servers are what their configuration says.
   */
  | {
      readonly kind: "renew-slot";
      readonly at: CaptureAddresses;
      readonly instanceIds: readonly string[];
      readonly settings: readonly string[];
    }
  /** A service without processes of its own is set up again, from where it was stopped. */
  | { readonly kind: "configure-service"; readonly service: string }
  /** Nothing is done, or it cannot be taken back. */
  | { readonly kind: "nothing" };

/** "host:port" each. */
export interface CaptureAddresses {
  /** Where the server that takes writes is reached, whoever that is. */
  readonly postgres: string;
  /** Every server itself. */
  readonly members: readonly string[];
  /** Connect's workers. */
  readonly workers: readonly string[];
}

/** The connector's slot as PostgreSQL shows it. */
export interface SlotSeen {
  readonly active: boolean;
  /** PostgreSQL's word: reserved, extended, unreserved, lost. */
  readonly walStatus: string;
  /** Absent while it is valid. */
  readonly invalidationReason?: string;
  readonly restartLsn?: string;
  readonly confirmedLsn?: string;
}

/** The connector and its replication slot, as an operator reaches them. */
export interface ChangeCapture {
  readonly slotName: string;
  /** Undefined where there is no such slot. */
  slot(signal: AbortSignal): Promise<SlotSeen | undefined>;
  /** Ends who reads it and drops it before the reader is back. Throws FAULT_FAILED where that fails. */
  dropSlot(signal: AbortSignal): Promise<void>;
  /**
   * The connector is stopped, its slot dropped and its offsets forgotten; once no server has a slot of that name any
   * more, it may go on. It then makes a slot and reads all rows, as a new one does, which is not waited for.
   */
  beginAnew(signal: AbortSignal): Promise<void>;
  /**
   * Lets the server keep no WAL for slots, and moves on until the slot is lost. Throws FAULT_FAILED where it is kept,
   * or where a standby would be lost with it.
   */
  starveSlot(signal: AbortSignal): Promise<void>;
  /** State of the connector's task, e.g. "RUNNING", with what it says of a failure. */
  task(signal: AbortSignal): Promise<{ readonly state: string; readonly reason?: string }>;
  /**
   * The runbook: settings as configured, a new slot where there is no usable one, a snapshot of all rows. Idempotent;
   * resolves once the slot is read, and safe on every standby.
   */
  renewSlot(settings: readonly string[], signal: AbortSignal): Promise<void>;
}

/** A slot on one server: the connector's own on the leader, a copy of it on a standby. */
export interface SlotCopy {
  readonly active: boolean;
  /** PostgreSQL copied it from the leader. */
  readonly synced: boolean;
  /** Gone with a promotion. */
  readonly temporary: boolean;
  readonly confirmedLsn?: string;
}

/** One PostgreSQL server itself, past whatever stands before it. Every question rejects where nobody answers. */
export interface DatabaseServer {
  /** Takes writes, as it says itself: `pg_is_in_recovery()` is false. */
  isPrimary(signal: AbortSignal): Promise<boolean>;
  postmaster(signal: AbortSignal): Promise<Postmaster>;
  /**
   * Commits an empty table of this name where nothing is captured. Resolves once that is acknowledged; where a standby
   * has to confirm it and does not, that is never.
   */
  write(table: string, signal: AbortSignal): Promise<void>;
  /** Undefined where it has no slot of that name. */
  slot(name: string, signal: AbortSignal): Promise<SlotCopy | undefined>;
}

/** The process that is PostgreSQL: another start is another one. */
export interface Postmaster {
  readonly pid: number;
  /** As PostgreSQL prints it. */
  readonly startedAt: string;
}

/** Where the changes of the load are, as the books of the run have it. */
export interface CaptureProgress {
  /** Acknowledged by PostgreSQL so far. */
  readonly acknowledgedCount: number;
  /** Of those, seen in Kafka, each once. */
  readonly capturedCount: number;
}

/** The lake's catalog, as far as commits go through it. */
export interface LakeCatalog {
  readonly table: string;
  /** Until it is released, whoever commits to the table waits. A process that dies has released it. */
  hold(signal: AbortSignal): Promise<HeldCommits>;
  /** The table's current metadata, by the path of its file. */
  metadataLocation(signal: AbortSignal): Promise<string>;
}

export interface HeldCommits {
  /** Commits that wait right now. */
  waitingCount(signal: AbortSignal): Promise<number>;
  /** Those that wait go on, whether or not anybody is still there to be told. Idempotent. */
  release(): Promise<void>;
}

/** Whoever compacts the lake and expires its snapshots. */
export interface LakeMaintenance {
  /** The next round begins at once, or right after the one that is under way. */
  begin(signal: AbortSignal): Promise<void>;
  progress(signal: AbortSignal): Promise<MaintenanceProgress>;
}

export interface MaintenanceProgress {
  /** A compaction or an expiry is under way. */
  readonly isWorking: boolean;
  /** Compactions and expiries that have ended so far, whatever became of them. */
  readonly endedCount: number;
}

export interface FaultContext<Params> {
  /** The entry's id: names everything that is made for this fault. */
  readonly id: string;
  readonly params: Params;
  /** At least one; several are hit at the same moment. */
  readonly instanceIds: readonly string[];
  readonly driver: Driver;
  readonly endpoints: Endpoints;
  /** The topology: who belongs to whom. */
  readonly services: Services;
  /** After this a fault ends by itself, in the kernel or by a process of its own, whatever became of us. */
  readonly leaseMs: number;
  readonly signal: AbortSignal;
  /** One real use of a target (the component's own probe). Resolves when it answers. */
  readonly useTarget: (instanceId: string, signal: AbortSignal) => Promise<void>;
  /** SHA-256 of an object as one instance of its store gives it out; throws with the store's answer. */
  readonly readObject?: (
    instanceId: string,
    object: { readonly bucket: string; readonly key: string },
    signal: AbortSignal,
  ) => Promise<string>;
  /** Rows of one statement, sent to the query engine as its clients send theirs; throws with its answer. */
  readonly query?: (sql: string, signal: AbortSignal) => Promise<readonly (readonly unknown[])[]>;
  /** How the targets' service keeps its copies; absent where it keeps none. */
  readonly replication?: FaultReplication;
  readonly openCapture?: (at: CaptureAddresses) => ChangeCapture;
  readonly openServer?: (instanceId: string) => DatabaseServer;
  readonly openCatalog?: () => LakeCatalog;
  /** Absent where the lab has no maintenance of the lake. */
  readonly openMaintenance?: () => LakeMaintenance;
  /** Absent where no load keeps books. */
  readonly progress?: () => CaptureProgress;
  /** Sets up a service as its start does: what is there already stays. */
  readonly configure?: (service: string, signal: AbortSignal) => Promise<void>;
  /** What an instance takes for the time, and by what it was asked; undefined where it cannot be asked. */
  readonly readClock?: (
    instanceId: string,
    signal: AbortSignal,
  ) => Promise<(ClockReading & { readonly means: string }) | undefined>;
  /** Starts a target again and waits until it is ready. */
  readonly restart: (instanceId: string, signal: AbortSignal) => Promise<void>;
}

/** The component's replication, of the lab that is up. */
export interface FaultReplication {
  readonly unit: string;
  replicaSets(signal: AbortSignal): Promise<readonly ReplicaSet[]>;
  refresh(set: ReplicaSet, signal: AbortSignal): Promise<ReplicaSet>;
  positionCount(set: ReplicaSet, signal: AbortSignal): Promise<number>;
}

/** What is aimed at, before anything runs. */
export interface FaultTarget<Params> {
  readonly params: Params;
  /** Key in `services`. */
  readonly service: string;
  readonly count: number;
  readonly services: Services;
  /** How many instances of a service may be gone while the others do its work. */
  readonly toleranceOf: (service: ServiceSpec) => number;
  /** How many drives of an object store may be gone or spoilt, one of each of so many of its instances. */
  readonly drivesThatMayGo?: (service: ServiceSpec) => number;
  /** Why the wall clock of a service's instances cannot be shifted; undefined where it can. */
  readonly clockProblem?: (service: ServiceSpec) => string | undefined;
  /** Services that go on, at the boundary, while more of this one is gone than it bears. Absent: none. */
  readonly goOnWithout?: readonly string[];
}

/** What a fault does to the topology as a whole. */
export interface FaultReach {
  readonly faultClass: FaultClass;
  /** True where others do the work while the fault still lasts. */
  readonly takesOver: boolean;
  /** Services whose instances it touches: budgets are the largest among them. */
  readonly services: readonly string[];
  /**
   * For so long, and while the fault is held, what was sent may wait for its acknowledgement: whoever starts again
   * sends it again. Absent: no longer than it takes to write an offset.
   */
  readonly unacknowledgedMs?: number;
  /**
   * `services` in groups that are started one after the other, because each needs the one before: the budget of one counts
   * from the start of its group. Absent: all at once.
   */
  readonly waves?: readonly (readonly string[])[];
  /** True where the way back reads every row again: that takes its time, and repeats what Kafka holds. */
  readonly readsAgain?: boolean;
  /** How often at most, with what it does before its way back. Default 1. */
  readonly readsAgainCountMax?: number;
  /** Why it makes no sense on this topology; `plan` then refuses it. */
  readonly problem?: string;
}

export interface FaultHits {
  /** For people: "availability zone az-b". */
  readonly name: string;
  /** In the order in which they are started again. */
  readonly instanceIds: readonly string[];
}

export interface Fault<Params = unknown> {
  readonly name: string;
  readonly purpose: string;
  readonly params: Parser<Params>;
  /** Documented parameters: name with unit → meaning, for the reference page. */
  readonly paramsHelp: Readonly<Record<string, string>>;
  readonly needs: readonly Capability[];
  /** True when the target stops serving, false when it is only slower: decides the class with the topology. */
  readonly stopsTarget: boolean;
  /** True where it has done its work once it is injected: nothing else can begin while it is in force. */
  readonly isOverAtOnce?: boolean;
  /** Names of faults that come closest where the driver cannot do this one, best first. */
  readonly nearest?: readonly string[];
  /**
   * Pure. Where it is absent the class follows from `stopsTarget` and the tolerance alone: W while the others can do the
   * work of those that are gone, B while those who need them go on without any, else X.
   */
  reach?(target: FaultTarget<Params>): FaultReach;
  /**
   * Pure. What it hits by itself, beyond the service that it is aimed at; absent: instances of that service alone. Called
   * only where `reach` found no problem.
   */
  hits?(params: Params, services: Services): FaultHits;
  /** Known before injection, fsynced to the undo log before `inject` is called. */
  undo(context: FaultContext<Params>): Undo;
  inject(context: FaultContext<Params>): Promise<void>;
  /** Proof that the fault was felt, gathered while it is active; undefined when there is none. */
  evidence(context: FaultContext<Params>): Promise<string | undefined>;
  /** Idempotent; also called when `inject` threw. */
  recover(context: FaultContext<Params>): Promise<void>;
  /** Evidence that can only be had after recovery (e.g. a new process identity). */
  evidenceAfter?(context: FaultContext<Params>): Promise<string | undefined>;
}

/** A fault under a name of its own: another one with its target, its number or its parameters. */
export interface Composition {
  readonly purpose: string;
  /** Name of the fault it comes down to. */
  readonly fault: string;
  /** Kinds of component it is about. Absent: any. */
  readonly components?: readonly string[];
  /** What holds where the scenario does not say otherwise. */
  readonly target?: string;
  readonly count?: number | "one" | "minority" | "majority" | "all";
  readonly params?: Readonly<Record<string, number | string | boolean>>;
  /** Held shorter it would be another fault. */
  readonly holdMsMin?: number;
}

/** Something that is waited for before a fault is injected. */
export interface FaultTrigger {
  /**
   * checkpoint-started: Flink has begun a checkpoint, and it is under way. checkpoint-completed: one is complete, and
   * what it holds is about to be committed to the lake. recovery-started: the fault before this one is being undone,
   * and nothing has recovered yet. load-peak: the bank's load, which comes in waves, is at its highest.
   * maintenance-started: the lake's maintenance, told to begin now, is in the middle of a compaction or an expiry.
   * fault-active: an earlier fault has been proven to bite, and is not being undone yet; where it ends before the delay
   * is over, this one is not injected.
   */
  readonly event:
    | "checkpoint-started"
    | "checkpoint-completed"
    | "recovery-started"
    | "load-peak"
    | "maintenance-started"
    | "fault-active";
  /** fault-active: which one, by its place in the list: f1, f2, … Default: the one before. */
  readonly fault?: string;
  /** From the event to the injection. Default 0. */
  readonly delayMs?: number;
}

export interface FaultEntry {
  /** Unique within the plan: f1, f2, … */
  readonly id: string;
  readonly fault: string;
  /** The name the scenario gave it, where that is another one. */
  readonly composition?: string;
  /** Absent: it is injected as soon as its turn has come. */
  readonly after?: FaultTrigger;
  /** What is expected of it, written down before; core/game-day.ts reads the measurable part. */
  readonly hypothesis?: string;
  readonly service: string;
  /** What people call the target: an instance, several, or a role that is looked up at injection. */
  readonly instanceId: string;
  readonly target?: string;
  /** All that it hits, where the plan knows that and it is more than one service. */
  readonly instanceIds?: readonly string[];
  readonly count: number;
  /**
   * True where others take over: recovery then counts from the injection and has to happen while the target
   * is still gone. False: it counts from the moment the target was brought back.
   */
  readonly takesOver: boolean;
  readonly params: Json;
  readonly holdMs: number;
  readonly faultClass: FaultClass;
  readonly recoveryBudgetMs: number;
  /** The sum that gave the budget, term by term, with the configuration values in it. */
  readonly recoveryBudgetFormula: string;
  /** After this the fault ends without us: in the kernel, or by a process of its own. Absent: its undo is all. */
  readonly leaseMs?: number;
  /**
   * Changes that at-least-once delivery may repeat in Kafka because of this fault, computed from the
   * configuration. Absent: none.
   */
  readonly duplicateEventCountMax?: number;
}
