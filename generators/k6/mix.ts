/**
 * What the query mix asks and when it meant to: statements, expected sizes and the schedule of each
 * class. No k6 import, so that it can be tested; no import of the house, because k6 runs it unbuilt.
 */

import type { DigestConfig } from "./digest.ts";
import type { StartShape } from "./starts.ts";

export const QUERY_CLASSES = ["simple", "medium", "complex", "large"] as const;
export type QueryClassName = (typeof QUERY_CLASSES)[number];

/** JSON in the environment variable LAKEPROOF_QUERIES. */
export interface QueryRunConfig {
  /** e.g. "http://127.0.0.1:8080". */
  readonly trinoUrl: string;
  /** Decimal text of a 64-bit seed. */
  readonly seed: string;
  readonly durationS: number;
  readonly classes: readonly {
    readonly name: QueryClassName;
    readonly ratePerS: number;
    /** Default: maxVUsPerClass. */
    readonly vuCount?: number;
    /** Absent: even ticks, which k6 makes itself. */
    readonly starts?: StartShape;
  }[];
  readonly laneCount: number;
  readonly userCountPerLane: number;
  readonly maxVUsPerClass: number;
  /** Absent: no answers are compared with the books. */
  readonly digest?: DigestConfig;
  /** Turns by the wall clock, in which queries go into their resource groups or past them. */
  readonly mixed?: { readonly blockMs: number; readonly turns: readonly ("grouped" | "open")[] };
}

/** What Trino's resource groups tell queries apart by; one past the groups says so itself. */
export function sourceOf(
  name: QueryClassName,
  mixed: QueryRunConfig["mixed"],
  intendedEpochMs: number,
): string {
  if (mixed === undefined) return `lakeproof-${name}`;
  const turn = Math.floor(intendedEpochMs / mixed.blockMs) % mixed.turns.length;
  return mixed.turns[turn] === "open" ? `lakeproof-open-${name}` : `lakeproof-${name}`;
}

/** Throws a TypeError that lists every problem. */
export function readConfig(json: string | undefined): QueryRunConfig {
  const config = parsed(json);
  const problems = [
    ...(/^https?:\/\/[^/]+$/.test(String(config.trinoUrl)) ? [] : ["trinoUrl is no http address"]),
    ...(/^\d+$/.test(String(config.seed)) ? [] : ["seed is no decimal text"]),
    ...(["durationS", "laneCount", "userCountPerLane", "maxVUsPerClass"] as const)
      .filter((key) => !(Number(config[key]) > 0))
      .map((key) => `${key} is not above 0`),
    ...classProblems(config.classes),
  ];
  if (problems.length > 0) throw new TypeError(`LAKEPROOF_QUERIES: ${problems.join("; ")}.`);
  return config as QueryRunConfig;
}

function parsed(json: string | undefined): Partial<QueryRunConfig> {
  try {
    const value: unknown = JSON.parse(json ?? "");
    return typeof value === "object" && value !== null ? value : {};
  } catch (cause) {
    throw new TypeError("LAKEPROOF_QUERIES must hold the JSON configuration of the query mix.", {
      cause,
    });
  }
}

function classProblems(classes: unknown): readonly string[] {
  if (!Array.isArray(classes) || classes.length === 0) return ["classes is no list"];
  return (classes as readonly Partial<QueryRunConfig["classes"][number]>[]).flatMap((entry) => {
    const known = QUERY_CLASSES.some((name) => name === entry.name);
    const name = String(entry.name);
    return [
      ...(known ? [] : [`class "${name}" is none of ${QUERY_CLASSES.join(", ")}`]),
      ...(Number(entry.ratePerS) > 0 ? [] : [`ratePerS of class "${name}" is not above 0`]),
    ];
  });
}

export interface Schedule {
  /** Whole number of iterations per `timeUnit`, as k6 wants it. */
  readonly rate: number;
  readonly timeUnit: string;
  /** Distance between two ticks. */
  readonly periodMs: number;
}

/** Ticks at the given rate; fractional rates are kept to a thousandth. */
export function scheduleOf(ratePerS: number): Schedule {
  if (Number.isInteger(ratePerS))
    return { rate: ratePerS, timeUnit: "1s", periodMs: 1000 / ratePerS };
  const rate = Math.max(1, Math.round(ratePerS * 1000));
  return { rate, timeUnit: "1000s", periodMs: 1_000_000 / rate };
}

/** What k6's arrival-rate executors are told: a rate from the start, or one that grows evenly to it first. */
export function arrivalScenario(
  ratePerS: number,
  rampMs: number,
  durationS: number,
): Readonly<Record<string, unknown>> {
  const { rate, timeUnit } = scheduleOf(ratePerS);
  const rest = `${String(durationS)}s`;
  if (rampMs <= 0) return { executor: "constant-arrival-rate", rate, timeUnit, duration: rest };
  return {
    executor: "ramping-arrival-rate",
    startRate: 0,
    timeUnit,
    stages: [
      { target: rate, duration: `${String(rampMs)}ms` },
      { target: rate, duration: rest },
    ],
  };
}

/**
 * The same for a rate that grows from nothing during `rampMs`. There k6 starts its n-th iteration when the area
 * under the rate is n: t²·rate/(2·ramp) while it grows, and evenly from there on.
 */
export function rampedStartMs(
  scenarioEpochMs: number,
  startedEpochMs: number,
  ratePerS: number,
  rampMs: number,
): number {
  if (rampMs <= 0) {
    return intendedStartMs(scenarioEpochMs, startedEpochMs, scheduleOf(ratePerS).periodMs);
  }
  const { periodMs } = scheduleOf(ratePerS);
  const elapsedMs = startedEpochMs - scenarioEpochMs + CLOCK_GRAIN_MS;
  const atRampEnd = rampMs / (2 * periodMs);
  const done =
    elapsedMs < rampMs
      ? (elapsedMs * elapsedMs) / (2 * rampMs * periodMs)
      : atRampEnd + (elapsedMs - rampMs) / periodMs;
  const tick = Math.floor(done);
  const atMs =
    tick <= atRampEnd
      ? Math.sqrt(2 * rampMs * periodMs * tick)
      : rampMs + (tick - atRampEnd) * periodMs;
  return scenarioEpochMs + atMs;
}

/** Both clocks are cut to whole milliseconds, which can make a tick look up to 1 ms ahead. */
const CLOCK_GRAIN_MS = 1;

/**
 * When the iteration that began at `startedEpochMs` was meant to. k6 starts a tick's iteration at once
 * or drops it, so it belongs to the latest tick at or before its start.
 */
export function intendedStartMs(
  scenarioEpochMs: number,
  startedEpochMs: number,
  periodMs: number,
): number {
  const elapsedMs = startedEpochMs - scenarioEpochMs + CLOCK_GRAIN_MS;
  return scenarioEpochMs + Math.floor(elapsedMs / periodMs) * periodMs;
}

/** Integer in [0, limit) that depends on nothing but the seed, the class, the iteration and the label. */
export type Choose = (label: string, limit: number) => number;

export function chooser(seed: string, name: string, iteration: number): Choose {
  return (label, limit) => {
    let hash = 0x811c_9dc5;
    for (const symbol of `${seed}|${name}|${String(iteration)}|${label}`) {
      hash = Math.imul(hash ^ symbol.charCodeAt(0), 0x0100_0193);
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
    return Math.floor((((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000) * limit);
  };
}

/** Rows of fences and canaries live in lanes from here on and are no business of a query. */
const CONTROL_LANE_MIN = 10_000;
const MEDIUM_ROW_COUNT = 200;
const MEDIUM_BUCKETS = 60;
export const LARGE_ROW_COUNT = 12_000;

/** Trino SQL of one query. The tables are append-only logs of changes: lsn tells which is newest. */
export function statementOf(
  name: QueryClassName,
  choose: Choose,
  bank: Pick<QueryRunConfig, "laneCount" | "userCountPerLane">,
): string {
  const lane = choose("lane", bank.laneCount);
  switch (name) {
    case "simple":
      return simpleStatement(lane + 1 + choose("user", bank.userCountPerLane) * bank.laneCount);
    case "medium":
      return mediumStatement(lane);
    case "complex":
      return COMPLEX_STATEMENT;
    case "large":
      return LARGE_STATEMENT;
  }
}

function simpleStatement(userId: number): string {
  return `SELECT id, email, name, status, op, seq, source_ts_ms FROM iceberg.raw_data.users
WHERE id = ${String(userId)} ORDER BY lsn DESC LIMIT 5`;
}

function mediumStatement(lane: number): string {
  const accounts = `iceberg.raw_data.accounts WHERE lane = ${String(lane)}`;
  return `SELECT id, user_id, balance, status, op, seq, bucket, source_ts_ms FROM ${accounts}
AND bucket >= (SELECT max(bucket) - ${String(MEDIUM_BUCKETS)} FROM ${accounts})
ORDER BY lsn DESC LIMIT ${String(MEDIUM_ROW_COUNT)}`;
}

const COMPLEX_STATEMENT = `WITH newest_accounts AS (
  SELECT id, max_by(user_id, lsn) AS user_id, max_by(balance, lsn) AS balance,
    max_by(status, lsn) AS status, max_by(op, lsn) AS op
  FROM iceberg.raw_data.accounts WHERE lane < ${String(CONTROL_LANE_MIN)} GROUP BY id
), newest_users AS (
  SELECT id, max_by(status, lsn) AS status
  FROM iceberg.raw_data.users WHERE lane < ${String(CONTROL_LANE_MIN)} GROUP BY id
)
SELECT a.status AS account_status, u.status AS user_status, count(*) AS account_count,
  sum(a.balance) AS balance_sum, max(a.balance) AS balance_max
FROM newest_accounts a JOIN newest_users u ON u.id = a.user_id
WHERE a.op <> 'd' GROUP BY a.status, u.status ORDER BY balance_sum DESC`;

const LARGE_STATEMENT = `SELECT id, user_id, balance, status, data, op, lane, seq, bucket, source_ts_ms
FROM iceberg.raw_data.accounts WHERE lane < ${String(CONTROL_LANE_MIN)}
LIMIT ${String(LARGE_ROW_COUNT)}`;

/** How many rows a right answer has, both ends included: a fast empty answer is a failure. */
export const ROW_COUNTS: Readonly<
  Record<QueryClassName, { readonly min: number; readonly max: number }>
> = {
  simple: { min: 1, max: 9 },
  medium: { min: 10, max: 1_000 },
  complex: { min: 1, max: 100 },
  large: { min: 10_001, max: LARGE_ROW_COUNT },
};

export function rowCountFits(name: QueryClassName, rowCount: number): boolean {
  const { min, max } = ROW_COUNTS[name];
  return rowCount >= min && rowCount <= max;
}
