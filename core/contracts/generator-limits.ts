/** What the load generator of one machine can do, sink by sink, and how that was found. */

/** The machine a figure was taken on; another one, another figure. */
export interface GeneratorMachine {
  readonly cpuModel: string;
  readonly cpuCount: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly nodeVersion: string;
}

/**
 * sql: the bank written as statements and thrown away, one thread. envelopes: as the connector's records.
 * postgres: through PostgreSQL of a lab. kafka: straight into Kafka of a lab, in topics of its own. k6: the query mix,
 * to a server on loopback that answers at once. bi: refreshes and calls of the BI tier, to another such server.
 */
export type SinkName = "sql" | "envelopes" | "postgres" | "kafka" | "k6" | "bi";

export interface SinkLimit {
  readonly sink: SinkName;
  /** Topology of the lab; absent for sinks without one. */
  readonly topology?: string;
  readonly threadCount: number;
  /** Highest rate in change events a second (queries for k6, operations for bi) that held when it was confirmed. */
  readonly ratePerS: number;
  /** False where the search ended before it had met a rate that breaks. */
  readonly isLimit: boolean;
  /** What ended first: the generator's own headroom, or the sink behind it. */
  readonly limitedBy: "generator" | "sink" | "ceiling";
  readonly because: string;
  readonly stepCount: number;
  readonly measuredAtEpochMs: number;
}

export interface GeneratorLimits {
  readonly schema: "lakeproof.generator-limits/1";
  readonly lakeproofVersion: string;
  readonly machine: GeneratorMachine;
  readonly limits: readonly SinkLimit[];
  /** Sinks that were asked for and could not be measured, each with its reason. */
  readonly notMeasured: readonly { readonly sink: string; readonly reason: string }[];
}
