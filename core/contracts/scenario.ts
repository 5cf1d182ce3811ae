/** A scenario is data, with service names checked by the compiler. */
import type { FaultTrigger } from "./fault.ts";
import type {
  BankPlan,
  BiRatePlan,
  FaultRate,
  MixedPlan,
  QueryClassPlan,
  ScriptPlan,
  UsersPlan,
} from "./plan.ts";
import type { Services, Topology } from "./topology.ts";

export interface ScenarioFault<S extends Services, FaultName extends string = string> {
  readonly fault: FaultName;
  readonly service: keyof S & string;
  /** An instance, or a role that is looked up when the fault is injected, e.g. "leader". Default: the first instances. */
  readonly target?: string;
  /** How many instances at once: a number, or a word for a share of the service's. Default 1. */
  readonly count?: number | "one" | "minority" | "majority" | "all";
  /** Waits for something to happen first. Default: injected as soon as its turn has come. */
  readonly after?: FaultTrigger;
  readonly holdMs: number;
  /** What is expected of it, e.g. "Patroni promotes: recovery < 60 s, nothing lost". The report says whether it held. */
  readonly hypothesis?: string;
  readonly params?: Readonly<Record<string, number | string | boolean>>;
}

/** How many pairs of faults a run draws, and how the two of a pair lie in time. */
export interface PairsWish {
  readonly count: number;
  /** Of the fault that is there first. Default 30000. */
  readonly firstHoldMs?: number;
  /** From the proof that the first one bites to the injection of the second. Default 2000. */
  readonly delayMs?: number;
  /** Default 12000. */
  readonly secondHoldMs?: number;
}

export interface Scenario<S extends Services = Services, FaultName extends string = string> {
  readonly name: string;
  readonly purpose: string;
  readonly topology: Topology<S>;
  readonly bank: BankPlan;
  readonly queries: readonly QueryClassPlan[];
  /** Dashboard refreshes, API calls and users need a topology with Superset. */
  readonly dashboards?: BiRatePlan;
  readonly apiCalls?: BiRatePlan;
  readonly users?: UsersPlan;
  /** A k6 script of one's own; `run --script` puts one into any scenario. */
  readonly script?: ScriptPlan;
  readonly mixed?: MixedPlan;
  readonly canaryRatePerS: number;
  /** Pause between two looks at the lake; freshness is known to this. Default 1000. */
  readonly readIntervalMs?: number;
  /** Two faults at a time, drawn by the seed, instead of `faults`. `--pairs` does the same with any scenario. */
  readonly pairs?: PairsWish;
  /** Injected one after the other, each only once the one before has recovered, unless it says otherwise (`after`). */
  readonly faults: readonly ScenarioFault<S, FaultName>[];
  /** True where faults of class X are meant: without it, or --beyond-design, `plan` refuses them. */
  readonly beyondDesign?: boolean;
  readonly warmupMs: number;
  readonly controlMs: number;
  readonly quietMs: number;
  readonly drainMsMax: number;
  /** Ids of the objectives this scenario's length can prove; they decide its exit code. */
  readonly claims: readonly string[];
  /**
   * Ids of the verdicts that must turn VIOLATED, where a configuration is known to be bad. The run itself ends as any
   * other; `selftest --gallery` holds it to this.
   */
  readonly mustViolate?: readonly string[];
  /** How often the faults happen in production; a kind that is not named, once a month. */
  readonly faultRates?: readonly FaultRate[];
}
