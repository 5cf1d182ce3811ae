/** The loads through the BI tier as one list, and what a scenario may ask of them. Pure. */
import type { BiRatePlan, MixedPlan, Plan, UsersPlan } from "./contracts/plan.ts";

/** As the journal calls them. */
export const BI_WORKLOADS = ["dashboards", "api-calls", "users"] as const;
export type BiWorkload = (typeof BI_WORKLOADS)[number];

/** Probe that counts the users who have come so far. */
export const USERS_PROBE = "users.concurrent";

export interface BiLoads {
  readonly dashboards?: BiRatePlan;
  readonly apiCalls?: BiRatePlan;
  readonly users?: UsersPlan;
}

export interface PlannedBiLoad {
  readonly workload: BiWorkload;
  /** Offered operations a second of an open schedule; undefined for users, whose rate is the system's answer. */
  readonly ratePerS: number | undefined;
  readonly targetMs: number;
}

export function plannedBiLoads(loads: BiLoads): readonly PlannedBiLoad[] {
  const open = (workload: BiWorkload, plan: BiRatePlan | undefined): readonly PlannedBiLoad[] =>
    plan === undefined
      ? []
      : [{ workload, ratePerS: plan.ratePerMin / 60, targetMs: plan.targetMs }];
  const { dashboards, apiCalls, users } = loads;
  return [
    ...open("dashboards", dashboards),
    ...open("api-calls", apiCalls),
    ...(users === undefined
      ? []
      : [{ workload: "users" as const, ratePerS: undefined, targetMs: users.targetMs }]),
  ];
}

/** Planned operations a second of a workload that is not the bank; 0 where the plan has no such load. */
export function plannedOperationsPerS(
  plan: Pick<Plan, "queries"> & BiLoads,
  workload: string,
): number {
  if (workload === "queries") return plan.queries.reduce((sum, one) => sum + one.ratePerS, 0);
  return plannedBiLoads(plan).find((load) => load.workload === workload)?.ratePerS ?? 0;
}

export type MixedArm = "grouped" | "open";

export const MIXED_TURNS: readonly MixedArm[] = ["grouped", "open", "open", "grouped"];

/**
 * Which arm a query meant for this moment belongs to, by the wall clock: load generator and reports agree on it
 * without a word. Not settled is the first fifth of a turn, when queries of the turn before are still under way.
 */
export function mixedArm(
  mixed: MixedPlan,
  epochMs: number,
): { readonly arm: MixedArm; readonly settled: boolean } {
  const turn = Math.floor(epochMs / mixed.blockMs);
  const arm = MIXED_TURNS[turn % MIXED_TURNS.length] ?? "grouped";
  return { arm, settled: epochMs - turn * mixed.blockMs >= mixed.blockMs / 5 };
}

type Limit = readonly [field: string, value: number | undefined, least: number, most: number];

const RATE_PER_MIN_MAX = 600_000;
const TARGET_MS_MAX = 600_000;

/** Every problem of these loads, each naming the field, its value and what is allowed. */
export function biLoadProblems(
  loads: BiLoads & { readonly mixed?: MixedPlan },
  context: {
    readonly warmupMs: number;
    readonly serviceComponents: readonly string[];
    readonly queryClasses: readonly string[];
  },
): readonly string[] {
  return [
    ...limitProblems([
      ...rateLimits("dashboards", loads.dashboards, context.warmupMs),
      ...rateLimits("apiCalls", loads.apiCalls, context.warmupMs),
      ...userLimits(loads.users, context.warmupMs),
      ["mixed.blockMs", loads.mixed?.blockMs, 5_000, 600_000],
    ]),
    ...topologyProblems(loads, context.serviceComponents),
    ...(loads.apiCalls?.forceRatio === undefined
      ? []
      : [
          "apiCalls.forceRatio means nothing: only dashboards are read from a cache. Leave it out.",
        ]),
    ...(loads.mixed !== undefined &&
    !(context.queryClasses.includes("simple") && context.queryClasses.includes("large"))
      ? [
          'mixed needs the query classes "simple" and "large": the one is measured beside the other.',
        ]
      : []),
  ];
}

function rateLimits(
  name: "dashboards" | "apiCalls",
  plan: BiRatePlan | undefined,
  warmupMs: number,
): readonly Limit[] {
  if (plan === undefined) return [];
  return [
    [`${name}.ratePerMin`, plan.ratePerMin, 0.1, RATE_PER_MIN_MAX],
    [`${name}.targetMs`, plan.targetMs, 1, TARGET_MS_MAX],
    // What is measured must have the full rate.
    [`${name}.rampMs`, plan.rampMs, 0, warmupMs],
    ...(name === "dashboards" ? [["dashboards.forceRatio", plan.forceRatio, 0, 1] as const] : []),
  ];
}

function userLimits(users: UsersPlan | undefined, warmupMs: number): readonly Limit[] {
  if (users === undefined) return [];
  return [
    ["users.count", users.count, 1, 20_000],
    ["users.thinkMsMean", users.thinkMsMean, 100, 600_000],
    ["users.targetMs", users.targetMs, 1, TARGET_MS_MAX],
    ["users.rampMs", users.rampMs, 0, warmupMs],
    ...(Number.isInteger(users.count) ? [] : [["users.count", Number.NaN, 1, 20_000] as const]),
  ];
}

function limitProblems(limits: readonly Limit[]): readonly string[] {
  return limits
    .filter(([, value, least, most]) => value !== undefined && !(value >= least && value <= most))
    .map(
      ([field, value, least, most]) =>
        `${field} is ${Number.isNaN(value) ? "no whole number" : String(value)}: allowed are ${String(least)} to ${String(most)}.`,
    );
}

function topologyProblems(loads: BiLoads, components: readonly string[]): readonly string[] {
  const names = (["dashboards", "apiCalls", "users"] as const).filter(
    (name) => loads[name] !== undefined,
  );
  if (names.length === 0 || components.includes("superset-content")) return [];
  return [
    `${names.join(", ")}: this topology has no Superset with dashboards. Use mini or production, or leave them out.`,
  ];
}
