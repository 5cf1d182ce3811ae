/** One way to break the system under test, with the proof that it bit and the way back. */
import type { Endpoints } from "./component.ts";
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
  | { readonly kind: "resume-instances"; readonly instanceIds: readonly string[] }
  | {
      readonly kind: "remove-toxic";
      readonly apiAddress: string;
      readonly proxy: string;
      readonly toxic: string;
    }
  | { readonly kind: "clear-network"; readonly tag: string }
  | { readonly kind: "power-on-nodes"; readonly instanceIds: readonly string[] };

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
  /** After this the kernel ends a disturbance of the network by itself. */
  readonly leaseMs: number;
  readonly signal: AbortSignal;
  /** One real use of a target (the component's own probe). Resolves when it answers. */
  readonly useTarget: (instanceId: string, signal: AbortSignal) => Promise<void>;
  /** Starts a target again and waits until it is ready. */
  readonly restart: (instanceId: string, signal: AbortSignal) => Promise<void>;
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
}

/** What a fault does to the topology as a whole. */
export interface FaultReach {
  readonly faultClass: FaultClass;
  /** True where others do the work while the fault still lasts. */
  readonly takesOver: boolean;
  /** Services whose instances it touches: budgets are the largest among them. */
  readonly services: readonly string[];
  /** Why it makes no sense on this topology; `plan` then refuses it. */
  readonly problem?: string;
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
  /** Names of faults that come closest where the driver cannot do this one, best first. */
  readonly nearest?: readonly string[];
  /**
   * Pure. Where it is absent the class follows from `stopsTarget` and the tolerance alone: W while the others
   * can do the work of those that are gone, else X.
   */
  reach?(target: FaultTarget<Params>): FaultReach;
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

export interface FaultEntry {
  /** Unique within the plan: f1, f2, … */
  readonly id: string;
  readonly fault: string;
  readonly service: string;
  /** What people call the target: an instance, several, or a role that is looked up at injection. */
  readonly instanceId: string;
  readonly target?: string;
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
  /** Time-out in the kernel of what the fault does to the network. Absent: it does nothing there. */
  readonly leaseMs?: number;
  /**
   * Changes that at-least-once delivery may repeat in Kafka because of this fault, computed from the
   * configuration. Absent: none.
   */
  readonly duplicateEventCountMax?: number;
}
