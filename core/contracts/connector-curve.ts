/** What the connector carries, over the size of transactions and the number of slots the same changes are split over. */
import type { Environment } from "./journal.ts";

/** One drain of a backlog that was written while the connectors were stopped. */
export interface CurveDrain {
  /** Changed rows of each transaction. */
  readonly transactionRowCount: number;
  /** Connectors, each with a slot and tables of its own. */
  readonly slotCount: number;
  /** Changes that waited when the connectors were started. */
  readonly eventCount: number;
  /** Changes that came beyond those that were written; a drain is exact when it is 0. */
  readonly extraEventCount: number;
  /** Through the middle of the drain, from a tenth to nine tenths of it, all connectors together. */
  readonly eventsPerS: number;
  /** From the request to start until the first change was in Kafka. */
  readonly firstEventMs: number;
  /** WAL that PostgreSQL wrote for the backlog. */
  readonly walBytesPerEvent: number;
  /** CPU of each stage through the middle of the drain. */
  readonly cpuMicrosPerEvent: Readonly<Record<string, number>>;
}

export interface CurvePoint {
  readonly transactionRowCount: number;
  readonly slotCount: number;
  readonly drainCount: number;
  /** Median of the drains, with the lowest and the highest. */
  readonly eventsPerS: number;
  readonly eventsPerSMin: number;
  readonly eventsPerSMax: number;
  readonly firstEventMs: number;
  readonly walBytesPerEvent: number;
  readonly cpuMicrosPerEvent: Readonly<Record<string, number>>;
  /** Against the same transactions through one slot. Absent where that was not measured. */
  readonly speedupRatio?: number;
}

export interface ConnectorCurve {
  readonly schema: "lakeproof.connector-curve/1";
  readonly topology: string;
  readonly environment: Environment;
  readonly eventCountPerDrain: number;
  readonly tableCount: number;
  readonly drains: readonly CurveDrain[];
  readonly points: readonly CurvePoint[];
  readonly ended: "completed" | "interrupted" | "failed";
  readonly rerun: string;
}
