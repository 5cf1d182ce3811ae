/** Whether this machine's generator can offer what is asked of it, by its own calibration. Pure. */
import type { BankPlan } from "./contracts/plan.ts";
import type {
  GeneratorLimits,
  GeneratorMachine,
  SinkLimit,
  SinkName,
} from "./contracts/generator-limits.ts";

export type RateCheck =
  | { readonly kind: "fits" }
  /** Nothing is known, or not of this machine: the run goes on, and is told so. */
  | { readonly kind: "unknown"; readonly note: string }
  | { readonly kind: "too-much"; readonly limit: SinkLimit; readonly ratePerS: number };

export interface RateWish {
  readonly bank: Pick<BankPlan, "rateEventsPerS" | "arrivals">;
  readonly topology: string;
  /** The query classes, all of which one k6 asks. */
  readonly queries?: readonly { readonly ratePerS: number }[];
}

/** Machines differ when a figure of one says nothing about the other. */
function differences(a: GeneratorMachine, b: GeneratorMachine): readonly string[] {
  return (["cpuModel", "cpuCount", "memoryBytes", "kernel", "nodeVersion"] as const)
    .filter((key) => a[key] !== b[key])
    .map((key) => `${key} ${String(a[key])} then, ${String(b[key])} now`);
}

export function unitOfSink(sink: SinkName): "events/s" | "queries/s" {
  return sink === "k6" ? "queries/s" : "events/s";
}

/** The highest rate in any period: what the generator has to be able to do. */
export function peakRatePerS({ rateEventsPerS, arrivals }: RateWish["bank"]): number {
  return typeof arrivals === "string" ? rateEventsPerS : rateEventsPerS * arrivals.peakRatio;
}

export function checkRate(
  wish: RateWish,
  calibration: GeneratorLimits | undefined,
  machine: GeneratorMachine,
): RateCheck {
  if (calibration === undefined) {
    return {
      kind: "unknown",
      note: "What this machine's load generator can do is not known: `lakeproof calibrate` finds out.",
    };
  }
  const changed = differences(calibration.machine, machine);
  if (changed.length > 0) {
    return {
      kind: "unknown",
      note: `The generator's calibration is of another machine (${changed.join("; ")}): \`lakeproof calibrate\` makes one of this.`,
    };
  }
  const ratePerS = peakRatePerS(wish.bank);
  const [lowest] = calibration.limits
    .filter((limit) => applies(limit, wish.topology) && limit.isLimit && limit.ratePerS < ratePerS)
    .sort((a, b) => a.ratePerS - b.ratePerS);
  if (lowest !== undefined) return { kind: "too-much", limit: lowest, ratePerS };
  return checkQueries(wish, calibration);
}

function checkQueries({ queries = [] }: RateWish, { limits }: GeneratorLimits): RateCheck {
  const ratePerS = queries.reduce((sum, query) => sum + query.ratePerS, 0);
  const limit = limits.find((one) => one.sink === "k6" && one.isLimit && one.ratePerS < ratePerS);
  return limit === undefined ? { kind: "fits" } : { kind: "too-much", limit, ratePerS };
}

/**
 * The most that this machine's generator makes for one of these sinks, whatever is behind it. Undefined: not known here,
 * or no limit was met.
 */
export function generatorCeiling(
  sinks: readonly SinkName[],
  calibration: GeneratorLimits | undefined,
  machine: GeneratorMachine,
): number | undefined {
  if (calibration === undefined || differences(calibration.machine, machine).length > 0) {
    return undefined;
  }
  const known = calibration.limits.filter(({ sink }) => sinks.includes(sink));
  if (known.length === 0 || known.some(({ isLimit }) => !isLimit)) return undefined;
  return Math.max(...known.map(({ ratePerS }) => ratePerS));
}

/** The bank goes through PostgreSQL as statements, written by one thread: other sinks say nothing about it. */
function applies({ sink, topology }: SinkLimit, wanted: string): boolean {
  return sink === "sql" || (sink === "postgres" && topology === wanted);
}
