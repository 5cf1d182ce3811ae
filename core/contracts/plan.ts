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

export interface BankPlan {
  readonly laneCount: number;
  readonly userCountPerLane: number;
  readonly rateEventsPerS: number;
  readonly arrivals: "uniform" | "poisson";
  readonly bucketMs: number;
}

export interface QueryClassPlan {
  readonly name: QueryClassName;
  readonly ratePerS: number;
  readonly targetMs: number;
}
export type QueryClassName = "simple" | "medium" | "complex" | "large";

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
}

export interface Plan {
  readonly schema: "lakeproof.plan/1";
  readonly scenario: string;
  readonly purpose: string;
  /** Decimal text of a 64-bit seed. */
  readonly seed: string;
  readonly driver: string;
  readonly isolation: string;
  readonly topology: {
    readonly name: string;
    readonly topicPartitionCount: number;
    readonly services: Readonly<Record<string, ServiceSpec>>;
  };
  readonly bank: BankPlan;
  readonly queries: readonly QueryClassPlan[];
  readonly canary: { readonly ratePerS: number; readonly freshnessTargetMs: number };
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
  readonly provable: readonly Provable[];
}
