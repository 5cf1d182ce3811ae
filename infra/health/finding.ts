/** What a health check is, what it says, and how a figure becomes a status. */
import type { ComponentContext, InstanceSpec } from "../../core/contracts/component.ts";

/** warn: serves, and somebody should look. bad: does not serve, or has lost what it survives a failure with. */
export const HEALTH_STATUSES = ["bad", "warn", "ok"] as const;
export type HealthStatus = (typeof HEALTH_STATUSES)[number];

export interface HealthFinding {
  /** What was looked at, in a few words. */
  readonly check: string;
  readonly status: HealthStatus;
  /** What was found, with figures and units. */
  readonly observed: string;
  readonly expected: string;
  /** What to do where it is not as expected, as one imperative sentence. */
  readonly hint: string;
}

export interface ProbeOutcome {
  readonly ok: boolean;
  readonly elapsedMs: number;
  /** Why it failed; empty where it did not. */
  readonly reason: string;
}

/** An instance as the checks of its kind see it. */
export interface InstanceHealth {
  readonly spec: InstanceSpec;
  readonly alive: boolean;
  /** How the component's own probe went; it has begun before any check does. */
  readonly probed: Promise<ProbeOutcome>;
}

export type HealthCheck = (
  context: ComponentContext,
  instances: readonly InstanceHealth[],
  signal: AbortSignal,
) => Promise<readonly HealthFinding[]>;

/** What is asked of one kind of component. */
export interface KindHealth {
  /** What the component's own probe, made of every instance, proves. */
  readonly probe: string;
  /** By a name that stands for the check where it could not be made at all. */
  readonly checks: Readonly<Record<string, HealthCheck>>;
}

/** For figures that are good while small. */
export interface Limits {
  readonly warnAbove: number;
  readonly badAbove: number;
}

export function graded(value: number, limits: Limits): HealthStatus {
  if (!(value <= limits.badAbove)) return "bad";
  return value > limits.warnAbove ? "warn" : "ok";
}

export function okIf(holds: boolean, otherwise: "warn" | "bad" = "bad"): HealthStatus {
  return holds ? "ok" : otherwise;
}

export function worstOf(statuses: readonly HealthStatus[]): HealthStatus {
  return HEALTH_STATUSES.find((status) => statuses.includes(status)) ?? "ok";
}

/** "a, b, c", or what to say of none. */
export function listed(words: readonly string[], none = "none"): string {
  return words.length === 0 ? none : words.join(", ");
}
