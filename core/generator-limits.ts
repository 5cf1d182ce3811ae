/** Whether this machine's generator can offer what is asked of it, by its own calibration. Pure. */
import { plannedBiLoads, type BiLoads } from "./bi-load.ts";
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
  readonly queries?: readonly QueryRate[];
  /** What goes through the BI tier, all of it from another k6. */
  readonly bi?: BiLoads;
}

interface QueryRate {
  readonly ratePerS: number;
  readonly arrivals?: RateWish["bank"]["arrivals"];
}

/** Machines differ when a figure of one says nothing about the other. */
function differences(a: GeneratorMachine, b: GeneratorMachine): readonly string[] {
  return (["cpuModel", "cpuCount", "memoryBytes", "kernel", "nodeVersion"] as const)
    .filter((key) => a[key] !== b[key])
    .map((key) => `${key} ${String(a[key])} then, ${String(b[key])} now`);
}

export function unitOfSink(sink: SinkName): "events/s" | "queries/s" | "operations/s" {
  if (sink === "bi") return "operations/s";
  return sink === "k6" ? "queries/s" : "events/s";
}

/** The highest rate in any period: what the generator has to be able to do. */
export function peakRatePerS({ rateEventsPerS, arrivals }: RateWish["bank"]): number {
  return typeof arrivals === "string" ? rateEventsPerS : rateEventsPerS * arrivals.peakRatio;
}

/** Why a calibration says nothing here; undefined where it does. */
function strangeness(
  calibration: GeneratorLimits | undefined,
  machine: GeneratorMachine,
): string | undefined {
  if (calibration === undefined) {
    return "What this machine's load generator can do is not known: `lakeproof calibrate` finds out.";
  }
  const changed = differences(calibration.machine, machine);
  if (changed.length === 0) return undefined;
  return `The generator's calibration is of another machine (${changed.join("; ")}): \`lakeproof calibrate\` makes one of this.`;
}

export function queryPeakPerS({ ratePerS, arrivals = "uniform" }: QueryRate): number {
  return peakRatePerS({ rateEventsPerS: ratePerS, arrivals });
}

export function checkRate(
  wish: RateWish,
  calibration: GeneratorLimits | undefined,
  machine: GeneratorMachine,
): RateCheck {
  const note = strangeness(calibration, machine);
  if (calibration === undefined || note !== undefined) return { kind: "unknown", note: note ?? "" };
  const ratePerS = peakRatePerS(wish.bank);
  const limit = lowestBelow(
    calibration.limits.filter((one) => applies(one, wish.topology)),
    ratePerS,
  );
  if (limit !== undefined) return { kind: "too-much", limit, ratePerS };
  const queries = checkK6("k6", queriesPeakPerS(wish), calibration);
  return queries.kind === "fits" ? checkK6("bi", biPeakPerS(wish.bi ?? {}), calibration) : queries;
}

export interface KafkaRateWish {
  readonly rateEventsPerS: number;
  readonly arrivals: RateWish["bank"]["arrivals"];
  /** Of the lab that is loaded; undefined for brokers that were named by hand, of which nothing was measured. */
  readonly topology: string | undefined;
}

/**
 * The same for load straight into Kafka: what the generator writes of the connector's records on all its threads, and
 * what the brokers of this topology took when they were measured.
 */
export function checkKafkaRate(
  { topology, ...bank }: KafkaRateWish,
  calibration: GeneratorLimits | undefined,
  machine: GeneratorMachine,
): RateCheck {
  const note = strangeness(calibration, machine);
  if (calibration === undefined || note !== undefined) return { kind: "unknown", note: note ?? "" };
  const ratePerS = peakRatePerS(bank);
  const { limits } = calibration;
  const most = Math.max(...limits.flatMap((one) => (one.sink === "envelopes" ? one.ratePerS : [])));
  const limit = lowestBelow(
    limits.filter(
      (one) =>
        (one.sink === "kafka" && one.topology === topology) ||
        // One thread alone binds nobody who has more of them.
        (one.sink === "envelopes" && one.ratePerS === most),
    ),
    ratePerS,
  );
  return limit === undefined ? { kind: "fits" } : { kind: "too-much", limit, ratePerS };
}

function lowestBelow(limits: readonly SinkLimit[], ratePerS: number): SinkLimit | undefined {
  return limits
    .filter((limit) => limit.isLimit && limit.ratePerS < ratePerS)
    .sort((a, b) => a.ratePerS - b.ratePerS)[0];
}

function checkK6(sink: "k6" | "bi", ratePerS: number, { limits }: GeneratorLimits): RateCheck {
  const limit = lowestBelow(
    limits.filter((one) => one.sink === sink),
    ratePerS,
  );
  return limit === undefined ? { kind: "fits" } : { kind: "too-much", limit, ratePerS };
}

function queriesPeakPerS({ queries = [] }: RateWish): number {
  return queries.reduce((sum, query) => sum + queryPeakPerS(query), 0);
}

/** Users act no more often than once in a mean pause, however fast they are answered. */
function biPeakPerS(loads: BiLoads): number {
  const open = plannedBiLoads(loads).reduce((sum, { ratePerS = 0 }) => sum + ratePerS, 0);
  const { users } = loads;
  return open + (users === undefined ? 0 : (users.count * 1000) / users.thinkMsMean);
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
