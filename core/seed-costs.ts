/**
 * The seed's monthly bill (section 10.1), and what it comes to per event and query. The lines add up to less than the
 * total it states, so both are kept and both are shown.
 */
import { SPEC_CAPACITY } from "./seed-spec.ts";

export interface CostLine {
  readonly name: string;
  readonly monthlyUsd: number;
  /** Line of the seed. */
  readonly line: number;
}

export const COST_LINES: readonly CostLine[] = [
  { name: "PostgreSQL", monthlyUsd: 2000, line: 398 },
  { name: "Kafka", monthlyUsd: 1500, line: 399 },
  { name: "Flink", monthlyUsd: 2500, line: 400 },
  { name: "Trino", monthlyUsd: 4000, line: 401 },
  { name: "Metabase", monthlyUsd: 1000, line: 402 },
  { name: "MinIO", monthlyUsd: 3000, line: 405 },
  { name: "Backup", monthlyUsd: 500, line: 406 },
];

/** As the seed states them, in lines 408 and 409. */
export const COST_STATED = { monthlyUsd: 15_700, userMonthlyUsd: 16 } as const;

const SECONDS_PER_MONTH = 30 * 24 * 3600;
const HOURS_PER_MONTH = 30 * 24;

export function costSumUsd(lines: readonly CostLine[] = COST_LINES): number {
  return lines.reduce((sum, { monthlyUsd }) => sum + monthlyUsd, 0);
}

/** Of a month of 30 days at this rate, day and night. Undefined at no rate: a bill without events has no price each. */
export function usdPerMillionEvents(
  monthlyUsd: number,
  rateEventsPerS: number,
): number | undefined {
  return rateEventsPerS > 0 ? (monthlyUsd * 1e6) / (rateEventsPerS * SECONDS_PER_MONTH) : undefined;
}

export function usdPerThousandQueries(
  monthlyUsd: number,
  queriesPerHour: number,
): number | undefined {
  return queriesPerHour > 0 ? (monthlyUsd * 1000) / (queriesPerHour * HOURS_PER_MONTH) : undefined;
}

export interface UnitCosts {
  readonly monthlyUsd: number;
  readonly userMonthlyUsd: number;
  readonly millionEventsUsd: number | undefined;
  readonly thousandQueriesUsd: number | undefined;
}

/** The whole bill against each of the seed's capacities in turn: events and queries share it, nobody splits it. */
export function unitCosts(monthlyUsd: number): UnitCosts {
  return {
    monthlyUsd,
    userMonthlyUsd: monthlyUsd / SPEC_CAPACITY.userCount,
    millionEventsUsd: usdPerMillionEvents(monthlyUsd, SPEC_CAPACITY.rateEventsPerS),
    thousandQueriesUsd: usdPerThousandQueries(monthlyUsd, SPEC_CAPACITY.queriesPerHour),
  };
}
