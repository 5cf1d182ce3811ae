/** A plan is a decision: frozen JSON, everything random already fixed by one seed. */
import type { FaultEntry } from "./fault.ts";
import type { Objective } from "./objective.ts";
import type { ServiceSpec } from "./topology.ts";

export const PHASES = [
  "provision",
  "selftest",
  "warmup",
  "control",
  "measure",
  "heal",
  "drain",
  "verify",
  "teardown",
] as const;
export type Phase = (typeof PHASES)[number];

/** How starts lie around the expected rate: evenly, or as a Poisson process. */
export type ArrivalSpacing = "uniform" | "poisson";

/** The last `burstMs` of every period come at `peakRatio` times the mean rate, the rest as slow as keeps the mean. */
export interface BurstArrivals {
  readonly kind: "burst";
  readonly spacing: ArrivalSpacing;
  readonly periodMs: number;
  readonly burstMs: number;
  /** Above 1, at most periodMs / burstMs: then nothing comes between the bursts. */
  readonly peakRatio: number;
}

/** A sine over the period: the trough at its start, `peakRatio` times the mean rate in its middle. */
export interface DiurnalArrivals {
  readonly kind: "diurnal";
  readonly spacing: ArrivalSpacing;
  readonly periodMs: number;
  /** Above 1, at most 2: then the trough is silent. */
  readonly peakRatio: number;
}

/** When load is meant to start. Whatever the shape, every whole period has the mean rate. */
export type Arrivals = ArrivalSpacing | BurstArrivals | DiurnalArrivals;

/** What the bank's operations look like; core/bank-profile.ts has the defaults and what is allowed. */
export interface BankProfile {
  /** Transfers touch the k-th busiest account in proportion to k^-zipfExponent. */
  readonly zipfExponent: number;
  /** Accounts that everybody pays, on top of the skew. */
  readonly merchantCount: number;
  /** Share of all changes of the bank, whatever the number of lanes, on each merchant's one account. */
  readonly merchantEventRatio: number;
  /** Shares of the change events; they add up to 1. */
  readonly insertRatio: number;
  readonly updateRatio: number;
  readonly deleteRatio: number;
  /** Share of the inserts that open a closed account again, under its old key. */
  readonly reopenRatio: number;
  /** Shares of the operations that do nothing but update; they add up to 1. */
  readonly transferRatio: number;
  readonly profileRatio: number;
  readonly salaryRatio: number;
  /** Salary operations come so many in a row: 1 spreads them evenly. */
  readonly salaryRunCount: number;
  /** Accounts one salary operation pays. */
  readonly salaryAccountCountMin: number;
  readonly salaryAccountCountMax: number;
  /** Operations that commit together, with the share of the transactions that have so many; shares add up to 1. */
  readonly txnSizes: readonly { readonly operationCount: number; readonly txnRatio: number }[];
  /** Share of the rows whose `data` is wide enough to be stored out of line, and by how much. */
  readonly wideUserRatio: number;
  readonly wideAccountRatio: number;
  readonly wideBytes: number;
  /** Free text in every row, and the share of it (and of wide text) that no codec can compress away. */
  readonly payloadBytes: number;
  readonly entropyRatio: number;
}

export interface BankPlan {
  readonly laneCount: number;
  readonly userCountPerLane: number;
  readonly rateEventsPerS: number;
  readonly arrivals: Arrivals;
  readonly bucketMs: number;
  /** What differs from the default profile. A plan has it whole. */
  readonly profile?: Partial<BankProfile>;
}

export interface QueryClassPlan {
  readonly name: QueryClassName;
  /** The mean, where `arrivals` come in waves. */
  readonly ratePerS: number;
  /** Default: uniform. */
  readonly arrivals?: Arrivals;
  readonly targetMs: number;
  /**
   * Every so many-th query of the class asks for settled data, and its answer is compared with the books.
   * 0: none. A plan has it; in older plans it is absent, and none was.
   */
  readonly digestEvery?: number;
}
export type QueryClassName = "simple" | "medium" | "complex" | "large";

/** Operations of one kind on an open schedule, through the load balancer and the BI tier. */
export interface BiRatePlan {
  readonly ratePerMin: number;
  readonly targetMs: number;
  /** The rate grows evenly from nothing in this time. Default: full at once. */
  readonly rampMs?: number;
  /** Share of the dashboard refreshes that pass by the cache, as the page's own button does. Default 0.1. */
  readonly forceRatio?: number;
}

/** People at their dashboards: closed, each waits for an answer and thinks before the next action. */
export interface UsersPlan {
  readonly count: number;
  /** Of the exponential pause before each action; no pause is longer than ten times this. */
  readonly thinkMsMean: number;
  readonly targetMs: number;
  /** They come one after the other in this time. Default: all at once. */
  readonly rampMs?: number;
}

/** A k6 script of the user's own beside the load. */
export interface ScriptPlan {
  /** Absolute in a plan; in a scenario relative to the working directory. */
  readonly path: string;
  /** Further variables for `__ENV`. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Large reports beside simple queries: the same mix in turns with and without resource groups. */
export interface MixedPlan {
  /** Length of one turn. Turns go with, without, without, with, so that a drift of the machine falls on both. */
  readonly blockMs: number;
}

export interface Provable {
  readonly objectiveId: string;
  readonly claimed: boolean;
  /** Samples this run will have at the planned rates and durations. */
  readonly sampleCountExpected: number;
  /** Samples the proof needs when not one of them is bad. */
  readonly sampleCountNeeded: number;
  readonly provable: boolean;
  /** Length of the window that would be enough at the planned rate. */
  readonly durationMsNeeded: number;
  /** Absent: samples, or seconds where a rate is held. */
  readonly countedIn?: "injections";
  /**
   * What it takes to be rather sure of the proof although some samples are bad. Absent where no sample is
   * counted: rates, and what the plan does not measure.
   */
  readonly withBad?: {
    /** Share of bad samples that is reckoned with. */
    readonly badRatio: number;
    /** Probability of the proof at that share. */
    readonly powerRatio: number;
    readonly sampleCountNeeded: number;
    readonly durationMsNeeded: number;
  };
}

/** How often a kind of fault is declared to happen to a service: nothing a run could measure. */
export interface FaultRate {
  readonly fault: string;
  readonly service: string;
  /** In 30 days; may be a fraction. */
  readonly countPerMonth: number;
}

/** Two faults at a time: what was drawn out of what could be. */
export interface PairsPlan {
  readonly drawnCount: number;
  /** Ordered pairs that make sense on this topology and machine: the second begins while the first is in force. */
  readonly pairCount: number;
  /** The seeds 0 to this less one draw every pair at least once; the plan's own seed counts modulo it. */
  readonly drawCount: number;
  /** Seeds from 0 to this less one let every two services meet once that can. */
  readonly meetingDrawCount: number;
  /** What no draw can take, grouped by why. */
  readonly leftOut: readonly LeftOut[];
}

export interface LeftOut {
  readonly what: "fault" | "pair";
  readonly count: number;
  readonly reason: string;
  /** One of them, e.g. "process-kill on kafka-0". */
  readonly example: string;
}

export interface Plan {
  readonly schema: "lakeproof.plan/1";
  readonly scenario: string;
  readonly purpose: string;
  /** Decimal text of a 64-bit seed. */
  readonly seed: string;
  readonly driver: string;
  readonly isolation: string;
  /** By which means each disturbance of network and machine is made here, or why it cannot be. Absent in older plans. */
  readonly network?: Readonly<Record<string, string>>;
  readonly topology: {
    readonly name: string;
    readonly topicPartitionCount: number;
    readonly services: Readonly<Record<string, ServiceSpec>>;
  };
  readonly bank: BankPlan;
  readonly queries: readonly QueryClassPlan[];
  readonly canary: {
    readonly ratePerS: number;
    readonly freshnessTargetMs: number;
    /** Pause between two looks at the lake; 1000 where an older plan does not say it. */
    readonly readIntervalMs?: number;
  };
  readonly faults: readonly FaultEntry[];
  readonly durations: {
    readonly warmupMs: number;
    readonly controlMs: number;
    /** Quiet time after each fault has recovered. */
    readonly quietMs: number;
    readonly drainMsMax: number;
  };
  readonly objectives: readonly Objective[];
  readonly claims: readonly string[];
  /** Declared for the projected uptime. Absent for a kind of fault: once a month. */
  readonly faultRates?: readonly FaultRate[];
  readonly provable: readonly Provable[];
  readonly dashboards?: BiRatePlan;
  readonly apiCalls?: BiRatePlan;
  readonly users?: UsersPlan;
  readonly script?: ScriptPlan;
  readonly mixed?: MixedPlan;
  /** The faults are pairs that the seed has drawn. */
  readonly pairs?: PairsPlan;
  /** The faults are a menu, of which people take what they like, and it ends by itself after this time. */
  readonly gameDay?: { readonly lengthMsMax: number };
}
