/** What a plan says about single faults, apart from their numbers: names, classes, triggers, and how far it may go. */
import type {
  Composition,
  Fault,
  FaultEntry,
  FaultReach,
  FaultTarget,
  FaultTrigger,
} from "./contracts/fault.ts";
import type { Scenario } from "./contracts/scenario.ts";
import type { ServiceSpec } from "./contracts/topology.ts";

const TRIGGER_DELAY_MS_MAX = 60_000;

/** Pure: where a fault does not say itself, W while the others can do the work of those that are gone, else X. */
export function reachOf(fault: Fault, target: FaultTarget<unknown>): FaultReach {
  const reach = fault.reach?.(target);
  if (reach !== undefined) return reach;
  const spec = target.services[target.service];
  const takesOver =
    fault.stopsTarget && spec !== undefined && target.count <= target.toleranceOf(spec);
  const faultClass = !fault.stopsTarget || takesOver ? "W" : "X";
  return { faultClass, takesOver, services: [target.service] };
}

/** What the scenario says goes before what the composition says. */
export function composed(
  entry: Scenario["faults"][number],
  composition: Composition | undefined,
): Scenario["faults"][number] {
  if (composition === undefined) return entry;
  const { fault, target, count, params } = composition;
  return {
    ...(target === undefined ? {} : { target }),
    ...(count === undefined ? {} : { count }),
    ...entry,
    params: { ...params, ...entry.params },
    fault,
  };
}

export function compositionProblems(
  { fault: name, holdMs }: Scenario["faults"][number],
  composition: Composition | undefined,
  service: ServiceSpec,
  where: string,
): readonly string[] {
  const { components, holdMsMin = 0 } = composition ?? {};
  const problems: string[] = [];
  if (components?.includes(service.component) === false) {
    problems.push(`${where}: ${name} is about ${components.join(", ")}, not ${service.component}.`);
  }
  if (holdMs < holdMsMin) {
    problems.push(
      `${where}.holdMs is ${String(holdMs)}: ${name} has to last ${String(holdMsMin)} ms at least.`,
    );
  }
  return problems;
}

export function triggerProblems(
  after: FaultTrigger | undefined,
  scenario: Scenario,
  where: string,
): readonly string[] {
  if (after === undefined) return [];
  const problems: string[] = [];
  const { delayMs = 0 } = after;
  if (!(delayMs >= 0 && delayMs <= TRIGGER_DELAY_MS_MAX)) {
    problems.push(
      `${where}.after.delayMs is ${String(delayMs)}: allowed are 0 to ${String(TRIGGER_DELAY_MS_MAX)}.`,
    );
  }
  const components = Object.values(scenario.topology.services).map(({ component }) => component);
  if (!components.includes("flink-jobmanager")) {
    problems.push(
      `${where}.after.event is ${after.event}: topology ${scenario.topology.name} has no Flink to tell it.`,
    );
  }
  return problems;
}

/** A plan within the design must stay there: what is meant to go beyond it says so. */
export function blastProblems(
  scenario: Scenario,
  faults: readonly (FaultEntry | undefined)[],
  beyondDesign: boolean | undefined,
): readonly string[] {
  if (scenario.beyondDesign === true || beyondDesign === true) return [];
  return faults.flatMap((entry, index) =>
    entry?.faultClass === "X"
      ? [
          `faults[${String(index)}]: ${entry.composition ?? entry.fault} on ${entry.instanceId} is beyond what the topology is designed to bear ` +
            `(class X). Aim it at fewer, or ask for it with --beyond-design.`,
        ]
      : [],
  );
}
