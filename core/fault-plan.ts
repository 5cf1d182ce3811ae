/** What a plan says about single faults, apart from their numbers: names, classes, triggers, and how far it may go. */
import { peakOf } from "./arrival-shape.ts";
import type {
  Composition,
  Fault,
  FaultClass,
  FaultEntry,
  FaultReach,
  FaultTarget,
} from "./contracts/fault.ts";
import type { Scenario } from "./contracts/scenario.ts";
import type { ServiceSpec } from "./contracts/topology.ts";
import { countOf } from "./target-count.ts";

const TRIGGER_DELAY_MS_MAX = 60_000;

/** Pure: where a fault does not say itself, W while the others do the work of those that are gone, B while nobody needs it, else X. */
export function reachOf(fault: Fault, target: FaultTarget<unknown>): FaultReach {
  const reach = fault.reach?.(target);
  if (reach !== undefined) return reach;
  const spec = target.services[target.service];
  const takesOver =
    fault.stopsTarget && spec !== undefined && target.count <= target.toleranceOf(spec);
  const faultClass = !fault.stopsTarget || takesOver ? "W" : beyondTolerance(target);
  return { faultClass, takesOver, services: [target.service] };
}

/** Class of a loss that is more than the service bears: at the boundary where those who need it go on without it. */
export function beyondTolerance({
  goOnWithout = [],
}: Pick<FaultTarget<unknown>, "goOnWithout">): FaultClass {
  return goOnWithout.length > 0 ? "B" : "X";
}

/** By the index of a fault, as composed: how many instances it is aimed at. */
export function countsOf(
  faults: Scenario["faults"],
  services: Scenario["topology"]["services"],
): (index: number) => number {
  return (index) => {
    const { count, service = "" } = faults[index] ?? {};
    return countOf(count, services[service]?.replicaCount ?? 0);
  };
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
  index: number,
  scenario: Scenario,
  where: string,
): readonly string[] {
  const after = scenario.faults[index]?.after;
  if (after === undefined) return [];
  const problems: string[] = [];
  const { delayMs = 0 } = after;
  if (!(delayMs >= 0 && delayMs <= TRIGGER_DELAY_MS_MAX)) {
    problems.push(
      `${where}.after.delayMs is ${String(delayMs)}: allowed are 0 to ${String(TRIGGER_DELAY_MS_MAX)}.`,
    );
  }
  if (after.event === "recovery-started") {
    if (index > 0) return problems;
    return [...problems, `${where}.after.event is ${after.event}: there is no fault before it.`];
  }
  if (after.event === "load-peak") {
    if (peakOf(scenario.bank.arrivals) !== undefined) return problems;
    return [
      ...problems,
      `${where}.after.event is ${after.event}: bank.arrivals has no peak, only burst and diurnal have.`,
    ];
  }
  // What it may name depends on the faults themselves: core/fault-overlap.ts.
  if (after.event === "fault-active") return problems;
  const components = Object.values(scenario.topology.services).map(({ component }) => component);
  if (after.event === "maintenance-started") {
    if (components.includes("lake-maintenance")) return problems;
    return [
      ...problems,
      `${where}.after.event is ${after.event}: topology ${scenario.topology.name} has no lake-maintenance.`,
    ];
  }
  if (!components.includes("flink-jobmanager")) {
    problems.push(
      `${where}.after.event is ${after.event}: topology ${scenario.topology.name} has no Flink to tell it.`,
    );
  }
  return problems;
}

/**
 * Instances of the same service that the faults before still have down, or on their way back, when this one falls into
 * their recovery; `countAt` of a fault by its index.
 */
export function stillHitCount(
  scenario: Scenario,
  index: number,
  countAt: (index: number) => number,
): number {
  const { after, service } = scenario.faults[index] ?? {};
  if (after?.event !== "recovery-started" || index === 0) return 0;
  const own = scenario.faults[index - 1]?.service === service ? countAt(index - 1) : 0;
  return own + stillHitCount(scenario, index - 1, countAt);
}

/** A recovery that another fault falls into may take as long as that one lasts and is recovered from, too. */
export function withInterrupted(
  faults: readonly (FaultEntry | undefined)[],
): readonly (FaultEntry | undefined)[] {
  return faults.reduceRight<readonly (FaultEntry | undefined)[]>((later, entry) => {
    const [next] = later;
    // Where others take over, that is over before anything is undone.
    if (next?.after?.event !== "recovery-started" || entry === undefined || entry.takesOver) {
      return [entry, ...later];
    }
    const moreMs = (next.after.delayMs ?? 0) + next.holdMs + next.recoveryBudgetMs;
    const interrupted: FaultEntry = {
      ...entry,
      recoveryBudgetMs: entry.recoveryBudgetMs + moreMs,
      recoveryBudgetFormula: `${entry.recoveryBudgetFormula} + ${next.id} in the middle of it ${String(moreMs / 1000)} s`,
    };
    return [interrupted, ...later];
  }, []);
}

interface Budget {
  readonly budgetMs: number;
  readonly formula: string;
}

/** A group of services that is started at one moment. */
export interface Wave {
  /** Until the slowest of them is ready, and the next group begins. */
  readonly startMs: number;
  /** Of those in the group, counted from its own start. */
  readonly longest: Budget;
}

/** The longest of all, each counted from the first group's start: a group waits until those before it are ready. */
export function wavesBudget(waves: readonly Wave[]): Budget {
  const candidates = waves.map(({ longest }, at) => {
    const beforeMs = waves.slice(0, at).reduce((sum, { startMs }) => sum + startMs, 0);
    return { longest, beforeMs, budgetMs: beforeMs + longest.budgetMs };
  });
  const { longest, beforeMs, budgetMs } = candidates.reduce((most, one) =>
    one.budgetMs > most.budgetMs ? one : most,
  );
  if (beforeMs === 0) return longest;
  const formula = `what has to start before it ${String(beforeMs / 1000)} s + (${longest.formula})`;
  return { budgetMs, formula: `${formula} = ${String(budgetMs / 1000)} s` };
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
