/** Probes observe and never judge. */
import type { Endpoints } from "./component.ts";
import type { Unit } from "./values.ts";

export interface Probe {
  readonly name: string;
  readonly purpose: string;
  readonly unit: Unit;
  readonly intervalMs: number;
  /** One number from the running system. Rejects when it is blind; never guesses. */
  sample(endpoints: Endpoints, signal: AbortSignal): Promise<number>;
}
