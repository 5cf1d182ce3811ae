/**
 * scenario × seed → plan. Pure: everything random is decided here, everything impossible is refused here,
 * all problems at once.
 */
import type { Fault, FaultEntry } from "./contracts/fault.ts";
import type { Plan, Provable } from "./contracts/plan.ts";
import type { Scenario } from "./contracts/scenario.ts";
import type { Objective } from "./contracts/slo.ts";
import type { Capability, Json } from "./contracts/values.ts";
import { LakeproofError, reasonOf } from "./errors.ts";

export interface PlanPorts {
  readonly driver: string;
  readonly isolation: string;
  readonly capabilities: ReadonlySet<Capability>;
  readonly faults: Readonly<Record<string, Fault>>;
  readonly objectives: readonly Objective[];
  /** Budget of a fault on a component, with the sum it comes from. */
  readonly budgetOf: (fault: {
    readonly component: string;
    readonly restarts: boolean;
    readonly takesOver: boolean;
    /** Between two canaries of the same partition. */
    readonly canaryRoundMs: number;
  }) => { readonly budgetMs: number; readonly formula: string };
  /** How many instances of a service may be gone while the others do its work. */
  readonly toleranceOf: (component: string, replicaCount: number) => number;
  readonly duplicatesOf: (component: string, rateEventsPerS: number) => number;
  readonly provable: (plan: Omit<Plan, "provable">) => readonly Provable[];
  readonly nearest: (word: string, known: readonly string[]) => string;
}

const FRESHNESS_TARGET_MS = 30_000;

export function plan(scenario: Scenario, seed: bigint, ports: PlanPorts): Plan {
  const problems: string[] = [];
  const faults = scenario.faults.map((_, index) => planFault(scenario, index, ports, problems));
  problems.push(...numberProblems(scenario), ...claimProblems(scenario, ports));
  if (problems.length > 0) {
    throw new LakeproofError(
      "CONFIG_INVALID",
      `Scenario ${scenario.name} has ${String(problems.length)} problem(s):\n${problems
        .map((problem) => `  - ${problem}`)
        .join("\n")}`,
      { hint: "Correct them all; nothing was started." },
    );
  }
  const base: Omit<Plan, "provable"> = {
    schema: "lakeproof.plan/1",
    scenario: scenario.name,
    purpose: scenario.purpose,
    seed: seed.toString(),
    driver: ports.driver,
    isolation: ports.isolation,
    topology: {
      name: scenario.topology.name,
      topicPartitionCount: scenario.topology.topicPartitionCount,
      services: scenario.topology.services,
    },
    bank: scenario.bank,
    queries: scenario.queries,
    canary: { ratePerS: scenario.canaryRatePerS, freshnessTargetMs: FRESHNESS_TARGET_MS },
    faults: faults.filter((entry) => entry !== undefined),
    durations: {
      warmupMs: scenario.warmupMs,
      controlMs: scenario.controlMs,
      quietMs: scenario.quietMs,
      drainMsMax: scenario.drainMsMax,
    },
    objectives: ports.objectives,
    claims: scenario.claims,
  };
  return { ...base, provable: ports.provable(base) };
}

function planFault(
  scenario: Scenario,
  index: number,
  ports: PlanPorts,
  problems: string[],
): FaultEntry | undefined {
  const entry = scenario.faults[index];
  if (entry === undefined) return undefined;
  const where = `faults[${String(index)}]`;
  const names = Object.keys(ports.faults);
  const fault = ports.faults[entry.fault];
  const service = scenario.topology.services[entry.service];
  if (fault === undefined) {
    problems.push(
      `${where}.fault is ${JSON.stringify(entry.fault)}: did you mean ${ports.nearest(entry.fault, names)}? Known: ${names.join(", ")}.`,
    );
  }
  if (service === undefined) {
    const services = Object.keys(scenario.topology.services);
    problems.push(
      `${where}.service is ${JSON.stringify(entry.service)}: did you mean ${ports.nearest(entry.service, services)}? Known: ${services.join(", ")}.`,
    );
  }
  if (!(entry.holdMs > 0 && entry.holdMs <= 600_000)) {
    problems.push(`${where}.holdMs is ${String(entry.holdMs)}: allowed are 1 to 600000.`);
  }
  if (fault === undefined || service === undefined) return undefined;
  const missing = fault.needs.filter((need) => !ports.capabilities.has(need));
  if (missing.length > 0) {
    problems.push(
      `${where}: ${entry.fault} needs ${missing.join(", ")}, which the ${ports.driver} driver cannot do here.`,
    );
  }
  const count = entry.count ?? 1;
  if (!(count >= 1 && count <= service.replicaCount)) {
    problems.push(
      `${where}.count is ${String(count)}: allowed are 1 to ${String(service.replicaCount)}.`,
    );
  }
  const takesOver =
    fault.stopsTarget && count <= ports.toleranceOf(service.component, service.replicaCount);
  const budget = ports.budgetOf({
    component: service.component,
    restarts: entry.fault === "process-kill",
    takesOver,
    canaryRoundMs: (2 * scenario.topology.topicPartitionCount * 1000) / scenario.canaryRatePerS,
  });
  return {
    id: `f${String(index + 1)}`,
    fault: entry.fault,
    service: entry.service,
    instanceId: targetName(entry.service, entry.target, count),
    ...(entry.target === undefined ? {} : { target: entry.target }),
    count,
    takesOver,
    params: paramsOf(fault, entry.params ?? {}, where, problems),
    holdMs: entry.holdMs,
    faultClass: !fault.stopsTarget || takesOver ? "W" : "X",
    recoveryBudgetMs: budget.budgetMs,
    recoveryBudgetFormula: budget.formula,
    duplicateEventCountMax: fault.stopsTarget
      ? ports.duplicatesOf(service.component, scenario.bank.rateEventsPerS)
      : 0,
  };
}

function paramsOf(fault: Fault, given: Json, where: string, problems: string[]): Json {
  try {
    return fault.params.parse(given) as Json;
  } catch (error) {
    problems.push(`${where}.params of ${fault.name}: ${reasonOf(error).replaceAll("\n", " ")}`);
    return null;
  }
}

/** "kafka-0", "minio-0 to minio-1", "the leader of postgres". */
function targetName(service: string, role: string | undefined, count: number): string {
  if (role !== undefined) return `the ${role} of ${service}`;
  return count === 1 ? `${service}-0` : `${service}-0 to ${service}-${String(count - 1)}`;
}

function numberProblems(scenario: Scenario): readonly string[] {
  const limits: readonly [string, number, number, number][] = [
    ["bank.laneCount", scenario.bank.laneCount, 1, 64],
    ["bank.userCountPerLane", scenario.bank.userCountPerLane, 4, 10_000_000],
    ["bank.rateEventsPerS", scenario.bank.rateEventsPerS, 1, 1_000_000],
    ["bank.bucketMs", scenario.bank.bucketMs, 1000, 60_000],
    ["canaryRatePerS", scenario.canaryRatePerS, 0.1, 100],
    ["warmupMs", scenario.warmupMs, 0, 3_600_000],
    ["controlMs", scenario.controlMs, 1000, 86_400_000],
    ["quietMs", scenario.quietMs, 0, 3_600_000],
    ["drainMsMax", scenario.drainMsMax, 1000, 3_600_000],
    ...scenario.queries.map((query): [string, number, number, number] => [
      `queries.${query.name}.ratePerS`,
      query.ratePerS,
      0.01,
      10_000,
    ]),
  ];
  return limits
    .filter(([, value, least, most]) => !(value >= least && value <= most))
    .map(
      ([field, value, least, most]) =>
        `${field} is ${String(value)}: allowed are ${String(least)} to ${String(most)}.`,
    );
}

function claimProblems(scenario: Scenario, ports: PlanPorts): readonly string[] {
  const known = ports.objectives.map((objective) => objective.id);
  return scenario.claims
    .filter((claim) => !known.includes(claim))
    .map(
      (claim) =>
        `claims names ${JSON.stringify(claim)}: did you mean ${ports.nearest(claim, known)}? Known: ${known.join(", ")}.`,
    );
}
