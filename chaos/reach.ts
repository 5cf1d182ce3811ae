/** What a fault means for the topology, by how many of a service it touches and how many may be gone. */
import type { FaultReach, FaultTarget } from "../core/contracts/fault.ts";
import type { ServiceSpec } from "../core/contracts/topology.ts";
import { beyondTolerance } from "../core/fault-plan.ts";

/** The targets are as good as dead to all others: those take over while there are enough of them. */
export function goneReach<Params>(target: FaultTarget<Params>): FaultReach {
  const takesOver = isTolerated(target);
  const faultClass = takesOver ? "W" : beyondTolerance(target);
  return { faultClass, takesOver, services: [target.service] };
}

/**
 * Some still see the targets and some do not, or see them badly. Nobody promises to take over from a node that
 * is half there, but as long as few enough are touched nothing may be lost.
 */
export function greyReach<Params>(target: FaultTarget<Params>): FaultReach {
  const faultClass = isTolerated(target) ? "B" : beyondTolerance(target);
  return { faultClass, takesOver: false, services: [target.service] };
}

function isTolerated<Params>(target: FaultTarget<Params>): boolean {
  const spec = target.services[target.service];
  return spec !== undefined && target.count <= target.toleranceOf(spec);
}

export function specOf<Params>(target: FaultTarget<Params>): ServiceSpec | undefined {
  return target.services[target.service];
}
