/** What a target of a capacity search needs of a lab, and where its search goes otherwise than the others'. Pure. */
import type {
  CapacityTarget,
  SearchOptions,
  StageCapacity,
} from "../../core/contracts/capacity.ts";
import type { Services } from "../../core/contracts/topology.ts";

export function unitOfTarget(target: CapacityTarget): StageCapacity["unit"] {
  return target === "trino" ? "queries/s" : "events/s";
}

const PIPELINE = ["postgres", "kafka", "connect", "lakehouse", "trino"] as const;

/** Services that a target's load goes through, or that tell what became of it. */
const NEEDS: Readonly<Record<CapacityTarget, readonly string[]>> = {
  postgres: ["postgres"],
  "slot-decoding": ["postgres"],
  kafka: ["kafka"],
  // Where the lake has too little to ask for, the pipeline fills it first.
  trino: PIPELINE,
  connector: PIPELINE,
  lake: PIPELINE,
  "end-to-end": PIPELINE,
};

/** Undefined where the topology has all that the target needs. */
export function missingFor(
  target: CapacityTarget,
  { name, services }: { readonly name: string; readonly services: Services },
): string | undefined {
  const missing = NEEDS[target].filter((service) => services[service] === undefined);
  return missing.length === 0 ? undefined : `topology ${name} has no ${missing.join(", ")}`;
}

/** One thread makes several times this: from less, a ramp would be doublings that tell nothing. */
const KAFKA_START_PER_S = 10_000;
const QUERIES_START_PER_S = 2;
const QUERIES_PER_S_MIN = 0.5;
const QUERIES_PER_S_MAX = 1000;

export interface QueryRates {
  readonly startRatePerS: number | undefined;
  readonly ratePerSMax: number | undefined;
}

/** Of the targets whose rates have another size or another unit than those of the pipeline. */
export function searchesOf(
  search: SearchOptions,
  queries: QueryRates,
): { readonly kafka: SearchOptions; readonly trino: SearchOptions } {
  return {
    kafka: { ...search, startRatePerS: Math.max(search.startRatePerS, KAFKA_START_PER_S) },
    trino: {
      ...search,
      startRatePerS: queries.startRatePerS ?? QUERIES_START_PER_S,
      ratePerSMin: QUERIES_PER_S_MIN,
      ratePerSMax: queries.ratePerSMax ?? QUERIES_PER_S_MAX,
    },
  };
}
