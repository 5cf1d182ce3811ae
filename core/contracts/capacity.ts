/** How much each stage of the pipeline carries: the search's questions, its answers, and what came of them. */
import type { Environment } from "./journal.ts";
import type { Topology } from "./topology.ts";
import type { Quantity } from "./values.ts";

/** In the order in which a change passes them. */
export const CAPACITY_STAGES = [
  "postgres",
  "slot-decoding",
  "connector",
  "kafka",
  "lake",
  "trino",
] as const;
export type CapacityStage = (typeof CAPACITY_STAGES)[number];

/** A stage alone, or all of them together. */
export type CapacityTarget = CapacityStage | "end-to-end";

/** ramp: up until something breaks, or down until it holds. bisect: between the two. confirm: said twice. */
export type StepPurpose = "ramp" | "bisect" | "confirm-100" | "confirm-105";

/** Rates are change events a second; queries for trino. */
export interface SearchOptions {
  readonly startRatePerS: number;
  /** Below it nothing is tried. */
  readonly ratePerSMin: number;
  /** Above it nothing is tried: what the generator can do. */
  readonly ratePerSMax: number;
  readonly growthRatio: number;
  /** The search ends when the lowest rate that breaks is at most this much above the highest that holds. */
  readonly toleranceRatio: number;
  /** Windows at one rate when the first is too close to call; the majority decides. Odd. */
  readonly attemptCountMax: number;
  readonly stepCountMax: number;
}

/** blind: the window cannot carry a verdict; the harness itself was the limit, or it could not see. */
export type StepStatus = "holds" | "breaks" | "blind";

export interface SearchStep {
  readonly purpose: StepPurpose;
  readonly ratePerS: number;
  readonly status: StepStatus;
  /** So close to a limit that another window could have ended the other way. */
  readonly isNear: boolean;
  readonly because: string;
}

export type SearchStatus =
  /** Confirmed at 100 %, broken at 105 %. */
  | "found"
  /** Confirmed, but the generator cannot offer more, or was told not to. */
  | "at-least"
  /** Not even the lowest rate held. */
  | "none"
  /** No window could carry a verdict. */
  | "blind"
  /** Ended before it was confirmed: what is known so far. */
  | "unconfirmed";

export interface SearchResult {
  readonly status: SearchStatus;
  /** Highest rate that held: confirmed for found and at-least, merely seen for unconfirmed. */
  readonly ratePerS?: number;
  /** Lowest rate above it that did not. */
  readonly brokenRatePerS?: number;
  readonly because: string;
  readonly stepCount: number;
}

/** One condition of one window: what was seen against what is allowed. */
export interface StepCriterion {
  readonly id: string;
  /** Whose limit it shows. */
  readonly stage: CapacityStage;
  readonly title: string;
  readonly observed: Quantity;
  readonly limit: number;
  /** observed over limit: above 1 it is broken. */
  readonly pressureRatio: number;
}

/** A step as the capacity journal keeps it. */
export interface CapacityStep extends SearchStep {
  readonly target: CapacityTarget;
  readonly startedAtEpochMs: number;
  readonly windowMs: number;
  /** Change events (queries for trino) a second that really went through in the window. */
  readonly achievedPerS: number;
  readonly criteria: readonly StepCriterion[];
  /** CPU seconds each stage used in the window, by stage; "generator" for the harness itself. */
  readonly cpuMs: Readonly<Record<string, number>>;
  /** Until the pipeline was empty again. Absent where there was nothing to wait for. */
  readonly drainMs?: number;
}

/** What is searched for, how, and how much a level may change: data, as a scenario is. */
export interface CapacityScenario {
  readonly name: string;
  readonly purpose: string;
  readonly topology: Topology;
  readonly targets: readonly CapacityTarget[];
  readonly windowMs: number;
  readonly settleMs: number;
  readonly search: SearchOptions;
  /** Smallest change of a level that can fail a night: 0.05 = five percent. */
  readonly effectRatioMin: number;
}

/** Lines of capacity.ndjson, the raw history of a search. */
export type CapacityJournalLine =
  | {
      readonly kind: "capacity.started";
      readonly schema: "lakeproof.capacity-journal/1";
      readonly startedAtEpochMs: number;
      readonly topology: string;
      readonly seed: string;
      readonly windowMs: number;
      readonly settleMs: number;
      readonly targets: readonly CapacityTarget[];
      readonly search: SearchOptions;
      /** Of targets that are searched for otherwise. Absent in older journals. */
      readonly searches?: Partial<Readonly<Record<CapacityTarget, SearchOptions>>>;
      readonly environment: Environment;
    }
  | ({ readonly kind: "capacity.step" } & CapacityStep)
  /** A window that was asked for again because of the history: it decides about a night, never about the search. */
  | ({ readonly kind: "capacity.rerun" } & CapacityStep)
  | {
      readonly kind: "capacity.ended";
      readonly reason: "completed" | "interrupted" | "failed";
      readonly message?: string;
    };

export interface StageCapacity {
  readonly target: CapacityTarget;
  readonly unit: "events/s" | "queries/s";
  readonly result: SearchResult;
  /** The stage that broke at the lowest rate, and by which condition. */
  readonly saturated?: { readonly stage: CapacityStage; readonly because: string };
  /** Per stage, at the rate that held: change events (queries for trino) a second for each core it used. */
  readonly perCore: Readonly<Record<string, number>>;
}

export interface CapacityReport {
  readonly schema: "lakeproof.capacity/1";
  readonly runId: string;
  readonly topology: string;
  readonly seed: string;
  readonly toleranceRatio: number;
  readonly windowMs: number;
  readonly environment: Environment;
  readonly stages: readonly StageCapacity[];
  /** Targets that were asked for and could not be measured, each with its reason. */
  readonly notMeasured: readonly { readonly target: CapacityTarget; readonly reason: string }[];
  readonly steps: readonly CapacityStep[];
  /** How it ended: interrupted means that the last search was cut short. */
  readonly ended: "completed" | "interrupted" | "failed";
  readonly rerun: string;
}
