/** What the game days share: the highly available pipeline, and people who said before what they expect. */
import type { CompositionName, FaultName } from "../../chaos/index.ts";
import type { Scenario, ScenarioFault } from "../../core/contracts/scenario.ts";
import { mini } from "../../infra/topologies/index.ts";
import { defineScenario } from "../define.ts";

type MiniFault = ScenarioFault<(typeof mini)["services"], FaultName | CompositionName>;

/** Everything that differs from game to game. */
type GameChanges = Pick<Scenario, "purpose"> &
  Partial<Pick<Scenario, "queries" | "bank" | "quietMs" | "beyondDesign">> & {
    readonly faults: readonly MiniFault[];
  };

export const GAME_BANK = {
  laneCount: 4,
  userCountPerLane: 500,
  rateEventsPerS: 200,
  arrivals: "poisson",
  bucketMs: 10_000,
} as const satisfies Scenario["bank"];

export function game(name: string, changes: GameChanges): Scenario {
  return defineScenario({
    topology: mini,
    bank: GAME_BANK,
    queries: [{ name: "simple", ratePerS: 0.05, targetMs: 100 }],
    canaryRatePerS: 2,
    readIntervalMs: 3000,
    warmupMs: 15_000,
    controlMs: 30_000,
    quietMs: 10_000,
    drainMsMax: 180_000,
    claims: [],
    name: `game-day/${name}`,
    ...changes,
  });
}
