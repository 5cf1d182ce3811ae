/** Gives a scenario its types: a misspelt service or fault name does not compile. */
import type { CompositionName, FaultName } from "../chaos/index.ts";
import type { Scenario } from "../core/contracts/scenario.ts";
import type { Services } from "../core/contracts/topology.ts";

export function defineScenario<const S extends Services>(
  scenario: Scenario<S, FaultName | CompositionName>,
): Scenario {
  // The names are checked here, at the call; afterwards every scenario has one common type.
  return scenario as unknown as Scenario;
}
