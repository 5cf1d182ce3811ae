/** Every port of a topology with the instance and zone behind it. */
import type { Reachable } from "../core/contracts/component.ts";
import type { Listener } from "./drivers/ruleset.ts";

export function listenersOf(specs: readonly Reachable[]): readonly Listener[] {
  return specs.flatMap((spec) =>
    Object.entries(spec.ports).map(([portName, port]) => ({
      id: spec.id,
      component: spec.component,
      zone: spec.zone,
      host: spec.host,
      portName,
      port,
    })),
  );
}
