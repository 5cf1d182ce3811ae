/** What a fault of a scenario is aimed at, alone and together with those that are in force at the same time. */
import type { Composition, Fault, FaultTarget } from "./contracts/fault.ts";
import type { Scenario } from "./contracts/scenario.ts";
import type { Services, ServiceSpec } from "./contracts/topology.ts";
import type { Json } from "./contracts/values.ts";
import { activeProblems, hitTogetherCount, inForceWith } from "./fault-overlap.ts";
import { composed, countsOf, reachOf, stillHitCount } from "./fault-plan.ts";
import { countOf } from "./target-count.ts";

/** What of the lab decides how far a fault reaches. */
export interface AimPorts {
  /** How many instances of a service may be gone while the others do its work. */
  readonly toleranceOf: (service: ServiceSpec) => number;
  /** The same for the drives of an object store. */
  readonly drivesThatMayGo?: (service: ServiceSpec) => number;
  /** Why the wall clock of a service's instances cannot be shifted; undefined where it can. */
  readonly clockProblem?: (service: ServiceSpec) => string | undefined;
  /** Services that go on while more of this one is gone than it bears, if nothing of theirs is. */
  readonly goOnWithout?: (service: ServiceSpec, services: Services) => readonly string[];
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
  { toleranceOf, drivesThatMayGo, clockProblem, goOnWithout }: AimPorts,
): FaultTarget<unknown> {
  const spec = services[service];
  const drives = drivesThatMayGo === undefined ? {} : { drivesThatMayGo };
  const clocks = clockProblem === undefined ? {} : { clockProblem };
  const others =
    goOnWithout === undefined || spec === undefined
      ? {}
      : { goOnWithout: goOnWithout(spec, services) };
  return { params, service, count, services, toleranceOf, ...drives, ...clocks, ...others };
}

/** One of a scenario's faults, with all that is gone at the same time: who would go on without it has to be whole. */
export function aimWithin(
  scenario: Scenario,
  index: number,
  service: string,
  params: Json,
  ports: NamedFaults,
): FaultTarget<unknown> {
  const { services } = scenario.topology;
  const count = Math.min(services[service]?.replicaCount ?? 0, hitCountOf(scenario, index, ports));
  const aim = aimOf(service, params, count, services, ports);
  const { goOnWithout = [] } = aim;
  if (goOnWithout.length === 0) return aim;
  const faults = composedOf(scenario, ports);
  const isHit = inForceWith(faults, index).some((at) => {
    const other = faults[at];
    return (
      other !== undefined &&
      goOnWithout.includes(other.service) &&
      takesAwayAt(other, services, ports)
    );
  });
  return isHit ? { ...aim, goOnWithout: [] } : aim;
}

/** Pure. False where the target goes on, and would be within the design however many of its service were hit. */
export function takesAway(fault: Fault, target: FaultTarget<unknown>): boolean {
  if (fault.stopsTarget) return true;
  const count = target.services[target.service]?.replicaCount ?? target.count;
  return reachOf(fault, { ...target, count }).faultClass === "X";
}

/** As many as all of them together: those that are not back yet, and those that are hit at the same time. */
function hitCountOf(scenario: Scenario, index: number, ports: NamedFaults): number {
  const { services } = scenario.topology;
  const faults = composedOf(scenario, ports);
  const countAt = countsOf(faults, services);
  const takesAwayBy = (at: number): boolean => {
    const entry = faults[at];
    return entry === undefined || takesAwayAt(entry, services, ports);
  };
  return (
    hitTogetherCount(faults, index, { countAt, takesAwayAt: takesAwayBy }) +
    stillHitCount(scenario, index, countAt)
  );
}

function takesAwayAt(
  { fault: name, service, count, params = {} }: Scenario["faults"][number],
  services: Services,
  ports: NamedFaults,
): boolean {
  const fault = ports.faults[name];
  if (fault === undefined) return true;
  try {
    const parsed = fault.params.parse(params) as Json;
    const hitCount = countOf(count, services[service]?.replicaCount ?? 0);
    return takesAway(fault, aimOf(service, parsed, hitCount, services, ports));
  } catch {
    // Told with the fault itself.
    return true;
  }
}

/** What is wrong with a fault that waits for another one to be in force, each as one line. */
export function overlapProblems(
  scenario: Scenario,
  index: number,
  where: string,
  ports: NamedFaults,
): readonly string[] {
  const faults = composedOf(scenario, ports);
  const faultAt = (at: number): Fault | undefined => ports.faults[faults[at]?.fault ?? ""];
  const countAt = countsOf(faults, scenario.topology.services);
  const others = inForceWith(faults, index);
  // Told once, with the one that hits more than it is aimed at.
  const alone =
    faultAt(index)?.hits === undefined || others.length === 0
      ? []
      : [
          `${where}: ${faults[index]?.fault ?? ""} hits several services by itself: nothing else may be in force with it, ` +
            `and ${others.map((at) => `f${String(at + 1)}`).join(", ")} would be.`,
        ];
  return [...activeProblems(faults, index, where, { countAt, faultAt }), ...alone];
}

function composedOf(scenario: Scenario, { compositions }: NamedFaults): Scenario["faults"] {
  return scenario.faults.map((named) => composed(named, compositions?.[named.fault]));
}
