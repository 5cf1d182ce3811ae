/** A configuration that must turn a run red, and the sound one that must stay green under the same load and faults. */
import type { CompositionName, FaultName } from "../../chaos/index.ts";
import type { Scenario, ScenarioFault } from "../../core/contracts/scenario.ts";
import type { Services, Topology } from "../../core/contracts/topology.ts";
import { defineScenario } from "../define.ts";

export interface Pair {
  readonly bad: Scenario;
  readonly healthy: Scenario;
}

interface PairOptions<S extends Services> {
  /** What goes wrong, and what shows it. */
  readonly purpose: string;
  /** Its name is the name of the scenario. */
  readonly bad: Topology<S>;
  readonly sound: Topology<S>;
  readonly faults: readonly ScenarioFault<S, FaultName | CompositionName>[];
  /** Ids of verdicts. */
  readonly mustViolate: readonly string[];
}

/** Few events: what is lost is lost whatever the rate, and two cores have a whole pipeline to carry. */
const LOAD = {
  bank: {
    laneCount: 4,
    userCountPerLane: 200,
    rateEventsPerS: 200,
    arrivals: "poisson",
    bucketMs: 10_000,
  },
  queries: [],
  canaryRatePerS: 2,
  readIntervalMs: 2000,
  warmupMs: 5000,
  controlMs: 20_000,
  quietMs: 10_000,
  drainMsMax: 90_000,
  claims: [],
} as const;

/** Name of the sound twin of a scenario of the gallery. */
const TWIN_SUFFIX = "-healthy";

export function pair<const S extends Services>(options: PairOptions<S>): Pair {
  const { purpose, bad, sound, faults, mustViolate } = options;
  const shared = { ...LOAD, faults, beyondDesign: true };
  return {
    bad: defineScenario({ ...shared, name: bad.name, purpose, topology: bad, mustViolate }),
    healthy: defineScenario({
      ...shared,
      name: `${bad.name}${TWIN_SUFFIX}`,
      purpose: `The sound twin of ${bad.name}: the same load and faults, and nothing is lost.`,
      topology: sound,
    }),
  };
}
