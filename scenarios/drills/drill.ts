/** What the drills share: the highly available pipeline at a rate that leaves a small machine room to recover. */
import type { CompositionName, FaultName } from "../../chaos/index.ts";
import type { Scenario, ScenarioFault } from "../../core/contracts/scenario.ts";
import { mini } from "../../infra/topologies/index.ts";
import { defineScenario } from "../define.ts";

type MiniFault = ScenarioFault<(typeof mini)["services"], FaultName | CompositionName>;

/** A drill goes through one part of the catalogue, one fault after the other. */
export function drill(
  name: string,
  purpose: string,
  faults: readonly MiniFault[],
  changes: Partial<Pick<Scenario, "beyondDesign" | "pairs">> = {},
): Scenario {
  return defineScenario({
    name: `drills/${name}`,
    purpose,
    topology: mini,
    bank: {
      laneCount: 4,
      userCountPerLane: 500,
      rateEventsPerS: 200,
      arrivals: "poisson",
      bucketMs: 10_000,
    },
    queries: [{ name: "simple", ratePerS: 0.05, targetMs: 100 }],
    canaryRatePerS: 2,
    readIntervalMs: 3000,
    faults,
    // A drill goes to the edge of what the smallest counts can lose, and once beyond it.
    beyondDesign: true,
    warmupMs: 15_000,
    controlMs: 30_000,
    quietMs: 8000,
    drainMsMax: 180_000,
    claims: [],
    ...changes,
  });
}
