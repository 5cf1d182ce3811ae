/** The smallest words of the house: units, quantities and the three outcomes an operation can have. */

export type Unit =
  "ms" | "bytes" | "events" | "operations" | "eventsPerS" | "operationsPerS" | "ratio" | "count";

export interface Quantity {
  readonly value: number;
  readonly unit: Unit;
}

/** ok: definitely happened. fail: definitely did not. unknown: nobody can tell until it is looked up. */
export type Outcome = "ok" | "fail" | "unknown";

/** Something a driver can do to an instance or a link. A fault names what it needs; `plan` refuses what is missing. */
export type Capability =
  | "kill"
  | "pause"
  | "restart"
  | "linkLatency"
  | "networkCut"
  | "networkReset"
  | "networkLoss"
  | "networkRate"
  | "networkDelay"
  | "networkHold"
  | "nodePower"
  | "diskFiles"
  | "diskFull"
  | "diskReadOnly"
  | "diskSlow"
  | "cpuLimit"
  | "memoryLimit"
  | "clockShift";

/**
 * How instances are kept apart: each its own loopback address, or each its own network namespace with real
 * links, zones and rules between them.
 */
export type Isolation = "loopback" | "namespaces";

/** Structural, so that any schema library fits. Throws a LakeproofError that lists every problem at once. */
export interface Parser<T> {
  parse(input: unknown): T;
}

export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
