/** A scenario is data, with service names checked by the compiler. */
import type { BankPlan, QueryClassPlan } from "./plan.ts";
import type { Services, Topology } from "./topology.ts";

export interface ScenarioFault<S extends Services, FaultName extends string = string> {
  readonly fault: FaultName;
  readonly service: keyof S & string;
  /** An instance, or a role that is looked up when the fault is injected, e.g. "leader". Default: the first instances. */
  readonly target?: string;
  /** How many instances at once. Default 1. */
  readonly count?: number;
  readonly holdMs: number;
  readonly params?: Readonly<Record<string, number | string | boolean>>;
}

export interface Scenario<S extends Services = Services, FaultName extends string = string> {
  readonly name: string;
  readonly purpose: string;
  readonly topology: Topology<S>;
  readonly bank: BankPlan;
  readonly queries: readonly QueryClassPlan[];
  readonly canaryRatePerS: number;
  /** Pause between two looks at the lake; freshness is known to this. Default 1000. */
  readonly readIntervalMs?: number;
  /** Injected one after the other, each only once the one before has recovered. */
  readonly faults: readonly ScenarioFault<S, FaultName>[];
  readonly warmupMs: number;
  readonly controlMs: number;
  readonly quietMs: number;
  readonly drainMsMax: number;
  /** Ids of the objectives this scenario's length can prove; they decide its exit code. */
  readonly claims: readonly string[];
}
