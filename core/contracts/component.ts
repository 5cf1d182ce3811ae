/** HOW one kind of service is configured, started and probed. */
import type { AvailabilityZone, Zone } from "./topology.ts";
import type { Isolation } from "./values.ts";

export interface Command {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** One process to run. `id` is a stable identity: service name + ordinal. */
export interface InstanceSpec {
  readonly id: string;
  readonly service: string;
  readonly component: string;
  readonly ordinal: number;
  readonly zone: Zone;
  /** Address that belongs to this instance alone, on loopback or in its own network namespace. */
  readonly host: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly command: Command;
  /** Run once, in order, when the data directory is new. */
  readonly prepare: readonly Command[];
  /** Written below the data directory before `prepare`. Path → content. */
  readonly files: Readonly<Record<string, string>>;
  readonly dataDir: string;
  /** Extra time a slow starter may take before it counts as failed. */
  readonly readyMsMax: number;
  /** True where the program refuses to run as root: the driver then switches to an unprivileged user. */
  readonly unprivileged?: boolean;
  /** Makes the main process read its configuration anew. Absent where the program has none such. */
  readonly reloadSignal?: "SIGHUP" | "SIGUSR2";
  /** Size of the file system of its own that its data directory is. Absent: a directory on the machine's disk. */
  readonly volumeMiB?: number;
  /** File that says how far its wall clock is shifted. Absent: it has the machine's clock, as it is. */
  readonly clockPage?: string;
}

export interface Instance {
  readonly spec: InstanceSpec;
  readonly pid: number;
  /** Kernel start time of the process in clock ticks: tells a restarted process from the old one. */
  readonly startTicks: string;
  readonly startedAtEpochMs: number;
  readonly readyMs: number;
  /** CPU time of its processes until it was ready, without what was prepared before. Absent before that. */
  readonly readyCpuMs?: number;
  readonly logPath: string;
  /** As it was when the instance was ready. Absent before that. */
  readonly sharedMemory?: SharedMemory;
}

/** Memory that the kernel keeps when the processes that share it are killed. */
export interface SharedMemory {
  /** Of System V. */
  readonly segmentIds: readonly number[];
  /** Files in /dev/shm. */
  readonly paths: readonly string[];
}

/** One instance as others see it. */
export type Reachable = Pick<
  InstanceSpec,
  "id" | "service" | "component" | "ordinal" | "host" | "zone" | "ports"
>;

export interface Endpoints {
  /**
   * "host:port" where clients use a service: its entry where the topology names one, else the first instance.
   * Throws when there is none.
   */
  address(service: string, port?: string): string;
  /** "host:port" of every instance itself, past any entry. */
  addresses(service: string, port?: string): readonly string[];
  instanceIds(service: string): readonly string[];
  has(service: string): boolean;
  all(): readonly Reachable[];
}

export interface ComponentContext {
  readonly service: string;
  readonly zone: Zone;
  readonly isolation: Isolation;
  readonly replicaCount: number;
  readonly memoryMiB: number;
  readonly topicPartitionCount: number;
  readonly config: Readonly<Record<string, string | number | boolean>>;
  /** What the topology replaces of the component's configuration; allowed values only. */
  readonly settings: Readonly<Record<string, string>>;
  readonly endpoints: Endpoints;
  /** Random per lab: key and password of the stores, worth nothing outside this lab. */
  readonly secret: string;
  /** Path of a fetched artifact by its name in the ARTIFACTS table. */
  artifact(name: string): string;
  /** Address the given ordinal of a service gets. */
  host(service: string, ordinal: number): string;
  /** Where each instance of the service stands, by its number; absent where nobody asks for that. */
  readonly availabilityZones?: readonly AvailabilityZone[];
  /** How many instances another service has; 0 where the topology has none such. */
  replicaCountOf(service: string): number;
  dataDir(instanceId: string): string;
  readonly log: (line: string) => void;
}

/** What is written once and copied: its leader takes the writes, its followers have them later. */
export interface ReplicaSet {
  /** "dbserver1.bank.users/2", "postgres". */
  readonly name: string;
  readonly leaderId: string;
  readonly followerIds: readonly string[];
  /** Followers whose copy counts as complete. */
  readonly inSyncIds: readonly string[];
  /** Instances of which a majority must be there for anything to be decided; none where others decide. */
  readonly voterIds: readonly string[];
}

/** How a service keeps its copies, asked at the leader alone: its followers may not answer. */
export interface Replication {
  /** What a position counts: "records", "bytes of WAL". */
  readonly unit: string;
  replicaSets(context: ComponentContext, signal: AbortSignal): Promise<readonly ReplicaSet[]>;
  /** The set as its leader sees it now. */
  refresh(context: ComponentContext, set: ReplicaSet, signal: AbortSignal): Promise<ReplicaSet>;
  /** End of the leader's own log, acknowledged or not. */
  positionCount(context: ComponentContext, set: ReplicaSet, signal: AbortSignal): Promise<number>;
}

/** The wall clock of an instance, as it tells it itself. */
export interface ClockReading {
  /** The middle of what its answer leaves open. */
  readonly epochMs: number;
  /** Half of what its answer leaves open: 500 where only whole seconds are told. */
  readonly errorMs: number;
}

export interface ComponentClock {
  /** By what an instance is asked, for people: "TIME". */
  readonly means: string;
  /** Undefined where this instance has nothing that tells the time, in a topology that nobody watches. */
  read(spec: InstanceSpec, signal: AbortSignal): Promise<ClockReading | undefined>;
}

export interface Component {
  readonly kind: string;
  /** Names in the ARTIFACTS table this component cannot start without. */
  readonly artifacts: readonly string[];
  /** Pure: what to run. A component without processes of its own (a connector, a job) returns none. */
  instances(context: ComponentContext): readonly InstanceSpec[];
  /** One attempt at a real use of the instance; throws with the reason while it is not there yet. */
  probe?(spec: InstanceSpec, signal: AbortSignal): Promise<void>;
  /** Instances by what they are at this moment ("leader"): faults aim at roles, not at numbers. */
  readonly roles?: Readonly<
    Record<string, (context: ComponentContext, signal: AbortSignal) => Promise<string>>
  >;
  readonly replication?: Replication;
  /** Names of its configuration that a topology may replace, each with the values allowed. */
  readonly settings?: Readonly<Record<string, readonly string[]>>;
  /** One real use of the service as its clients have it, with some instances perhaps gone. */
  serving?(context: ComponentContext, signal: AbortSignal): Promise<void>;
  /**
   * CPU an instance takes to start, in shares of a core for most of its start: the provisioner starts only so
   * many at once. Default 1; 0 for what starts in a moment.
   */
  readonly startCoreCount?: number;
  /** The first instance makes what all share: the others would hold a place in the start and wait for it. */
  readonly firstStartsAlone?: true;
  /** Present where it asks the C library for the time, so that its wall clock can be shifted. */
  readonly clock?: ComponentClock;
  /** After all instances are ready: create what dependents need. Safe to repeat. */
  configure?(context: ComponentContext, signal: AbortSignal): Promise<void>;
}
