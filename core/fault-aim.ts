/** What a fault of a scenario is aimed at, alone and together with those that are in force at the same time. */
import type { Composition, Fault, FaultTarget } from "./contracts/fault.ts";
import type { Scenario } from "./contracts/scenario.ts";
import type { Services, ServiceSpec } from "./contracts/topology.ts";
import type { Json } from "./contracts/values.ts";
import { activeProblems, hitTogetherCount } from "./fault-overlap.ts";
import { composed, countsOf, reachOf, stillHitCount } from "./fault-plan.ts";

/** What of the lab decides how far a fault reaches. */
export interface AimPorts {
  /** How many instances of a service may be gone while the others do its work. */
  readonly toleranceOf: (service: ServiceSpec) => number;
  /** The same for the drives of an object store. */
  readonly drivesThatMayGo?: (service: ServiceSpec) => number;
  /** Why the wall clock of a service's instances cannot be shifted; undefined where it can. */
  readonly clockProblem?: (service: ServiceSpec) => string | undefined;
}

interface NamedFaults extends AimPorts {
  readonly faults: Readonly<Record<string, Fault>>;
  readonly compositions?: Readonly<Record<string, Composition>>;
}

export function aimOf(
  service: string,
  params: Json,
  count: number,
  services: Services,
  { toleranceOf, drivesThatMayGo, clockProblem }: AimPorts,
): FaultTarget<unknown> {
  const drives = drivesThatMayGo === undefined ? {} : { drivesThatMayGo };
  const clocks = clockProblem === undefined ? {} : { clockProblem };
  return { params, service, count, services, toleranceOf, ...drives, ...clocks };
}

/** Pure. False where the target goes on, and would be within the design however many of its service were hit. */
export function takesAway(fault: Fault, target: FaultTarget<unknown>): boolean {
  if (fault.stopsTarget) return true;
  const count = target.services[target.service]?.replicaCount ?? target.count;
  return reachOf(fault, { ...target, count }).faultClass === "X";
}

/** As many as all of them together: those that are not back yet, and those that are hit at the same time. */
export function hitCountOf(scenario: Scenario, index: number, ports: NamedFaults): number {
  const { services } = scenario.topology;
  const faults = composedOf(scenario, ports);
  const countAt = countsOf(faults, services);
  const takesAwayAt = (at: number): boolean => {
    const { fault: name = "", service = "", params = {} } = faults[at] ?? {};
    const fault = ports.faults[name];
    if (fault === undefined) return true;
    try {
      const parsed = fault.params.parse(params) as Json;
      return takesAway(fault, aimOf(service, parsed, countAt(at), services, ports));
    } catch {
      // Told with the fault itself.
      return true;
    }
  };
  return (
    hitTogetherCount(faults, index, { countAt, takesAwayAt }) +
    stillHitCount(scenario, index, countAt)
  );
}

/** What is wrong with a fault that waits for another one to be in force, each as one line. */
export function overlapProblems(
  scenario: Scenario,
  index: number,
  where: string,
  ports: NamedFaults,
): readonly string[] {
  const faults = composedOf(scenario, ports);
  return activeProblems(faults, index, where, {
    countAt: countsOf(faults, scenario.topology.services),
    faultAt: (at) => ports.faults[faults[at]?.fault ?? ""],
  });
}

function composedOf(scenario: Scenario, { compositions }: NamedFaults): Scenario["faults"] {
  return scenario.faults.map((named) => composed(named, compositions?.[named.fault]));
}
