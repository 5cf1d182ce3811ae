/**
 * scenario × seed → plan. Pure: everything random is decided here, everything impossible is refused here,
 * all problems at once.
 */
import { arrivalProblems } from "./arrival-shape.ts";
import { bankProfile, bankProfileProblems, USER_COUNT_MAX } from "./bank-profile.ts";
import type { Fault, FaultEntry, FaultReach } from "./contracts/fault.ts";
import type { BankPlan, Plan, Provable } from "./contracts/plan.ts";
import type { Scenario } from "./contracts/scenario.ts";
import type { Objective } from "./contracts/slo.ts";
import type { ServiceSpec } from "./contracts/topology.ts";
import type { Capability, Json } from "./contracts/values.ts";
import { LakeproofError, reasonOf } from "./errors.ts";
import { LEASE_MS_MAX, leaseMsOf } from "./lease.ts";

export interface PlanPorts {
  readonly driver: string;
  readonly isolation: string;
  readonly capabilities: ReadonlySet<Capability>;
  /** By which means each disturbance of the network is made here, or why it cannot be. */
  readonly network: Readonly<Record<string, string>>;
  readonly faults: Readonly<Record<string, Fault>>;
  readonly objectives: readonly Objective[];
  /** Budget of a fault on a component, with the sum it comes from. */
  readonly budgetOf: (fault: {
    readonly component: string;
    readonly restarts: boolean;
    readonly takesOver: boolean;
    /** How long its connections were disturbed while nobody took over; absent where they were not. */
    readonly disturbedMs?: number;
    /** Between two canaries of the same partition. */
    readonly canaryRoundMs: number;
    readonly readIntervalMs: number;
  }) => { readonly budgetMs: number; readonly formula: string };
  /** How many instances of a service may be gone while the others do its work. */
  readonly toleranceOf: (service: ServiceSpec) => number;
  /** Roles that a component can be asked for when the fault is injected. */
  readonly rolesOf: (component: string) => readonly string[];
  readonly duplicatesOf: (component: string, rateEventsPerS: number) => number;
  readonly provable: (plan: Omit<Plan, "provable">) => readonly Provable[];
  readonly nearest: (word: string, known: readonly string[]) => string;
}

const FRESHNESS_TARGET_MS = 30_000;
/** Pause between two looks at the lake where a scenario does not say it. */
export const READ_INTERVAL_MS = 1000;

export function plan(scenario: Scenario, seed: bigint, ports: PlanPorts): Plan {
  const problems: string[] = [];
  const faults = scenario.faults.map((_, index) => planFault(scenario, index, ports, problems));
  problems.push(
    ...numberProblems(scenario),
    ...arrivalProblems(scenario.bank.arrivals, "bank.arrivals"),
    ...bankProblems(scenario.bank),
    ...claimProblems(scenario, ports),
  );
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
    network: ports.network,
    topology: {
      name: scenario.topology.name,
      topicPartitionCount: scenario.topology.topicPartitionCount,
      services: scenario.topology.services,
    },
    bank: {
      ...scenario.bank,
      profile: bankProfile(scenario.bank.profile, scenario.bank.laneCount),
    },
    queries: scenario.queries,
    canary: {
      ratePerS: scenario.canaryRatePerS,
      freshnessTargetMs: FRESHNESS_TARGET_MS,
      readIntervalMs: readIntervalMsOf(scenario),
    },
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
  if (fault === undefined || service === undefined) return undefined;
  const count = entry.count ?? 1;
  problems.push(
    ...sizeProblems(entry.holdMs, count, service.replicaCount, where),
    ...capabilityProblems(fault, where, ports),
    ...targetProblems(entry, service, where, ports),
  );
  const params = paramsOf(fault, entry.params ?? {}, where, problems);
  if (params === null) return undefined;
  const reach = reachOf(fault, { params, service: entry.service, count }, scenario, ports);
  if (reach.problem !== undefined) problems.push(`${where}: ${reach.problem}.`);
  const onNetwork = fault.needs.some((need) => need.startsWith("network"));
  const { takesOver } = reach;
  const budget = largestBudget(scenario, reach, ports, {
    restarts: fault.needs.includes("restart"),
    takesOver,
    ...(onNetwork && !takesOver ? { disturbedMs: entry.holdMs } : {}),
  });
  const leaseMs = leaseMsOf({ holdMs: entry.holdMs, takesOver, recoveryBudgetMs: budget.budgetMs });
  if (onNetwork && leaseMs > LEASE_MS_MAX) {
    problems.push(
      `${where}: ${entry.fault} may last ${String(leaseMs)} ms; the kernel ends it after ${String(LEASE_MS_MAX)} ms at most. ` +
        `Hold it shorter.`,
    );
  }
  const repeats = fault.stopsTarget || onNetwork;
  return {
    id: `f${String(index + 1)}`,
    fault: entry.fault,
    service: entry.service,
    instanceId: targetName(entry.service, entry.target, count),
    ...(entry.target === undefined ? {} : { target: entry.target }),
    count,
    takesOver,
    params,
    holdMs: entry.holdMs,
    faultClass: reach.faultClass,
    recoveryBudgetMs: budget.budgetMs,
    recoveryBudgetFormula: budget.formula,
    ...(onNetwork ? { leaseMs } : {}),
    duplicateEventCountMax: repeats ? duplicatesOf(scenario, reach, ports) : 0,
  };
}

function readIntervalMsOf({ readIntervalMs }: Scenario): number {
  return readIntervalMs ?? READ_INTERVAL_MS;
}

function sizeProblems(
  holdMs: number,
  count: number,
  replicaCount: number,
  where: string,
): readonly string[] {
  const limits = [
    ["holdMs", holdMs, LEASE_MS_MAX],
    ["count", count, replicaCount],
  ] as const;
  return limits
    .filter(([, value, most]) => !(value >= 1 && value <= most))
    .map(
      ([field, value, most]) =>
        `${where}.${field} is ${String(value)}: allowed are 1 to ${String(most)}.`,
    );
}

function targetProblems(
  { service: name, target }: Scenario["faults"][number],
  service: ServiceSpec,
  where: string,
  ports: PlanPorts,
): readonly string[] {
  const roles = ports.rolesOf(service.component);
  const ids = Array.from({ length: service.replicaCount }, (_, at) => `${name}-${String(at)}`);
  if (target === undefined || roles.includes(target) || ids.includes(target)) return [];
  const known = [...roles, ...ids];
  return [
    `${where}.target is ${JSON.stringify(target)}: did you mean ${ports.nearest(target, known)}? Known: ${known.join(", ")}.`,
  ];
}

function capabilityProblems(fault: Fault, where: string, ports: PlanPorts): readonly string[] {
  const missing = fault.needs.filter((need) => !ports.capabilities.has(need));
  if (missing.length === 0) return [];
  const reasons = missing.map((need) => `${need} (${ports.network[need] ?? "not there"})`);
  const isPossible = (name: string): boolean =>
    ports.faults[name]?.needs.every((need) => ports.capabilities.has(need)) === true;
  const nearest = fault.nearest?.find(isPossible);
  return [
    `${where}: ${fault.name} needs ${reasons.join(", ")}, which the ${ports.driver} driver cannot do ` +
      `with isolation ${ports.isolation} here.` +
      (nearest === undefined ? "" : ` The nearest that it can do is ${nearest}.`),
  ];
}

function reachOf(
  fault: Fault,
  aim: { readonly params: Json; readonly service: string; readonly count: number },
  scenario: Scenario,
  ports: PlanPorts,
): FaultReach {
  const { services } = scenario.topology;
  const reach = fault.reach?.({ ...aim, services, toleranceOf: ports.toleranceOf });
  if (reach !== undefined) return reach;
  const spec = services[aim.service];
  const takesOver = fault.stopsTarget && spec !== undefined && aim.count <= ports.toleranceOf(spec);
  const faultClass = !fault.stopsTarget || takesOver ? "W" : "X";
  return { faultClass, takesOver, services: [aim.service] };
}

function componentsOf(scenario: Scenario, reach: FaultReach): readonly string[] {
  const { services } = scenario.topology;
  return reach.services.flatMap((name) => services[name]?.component ?? []);
}

function largestBudget(
  scenario: Scenario,
  reach: FaultReach,
  ports: PlanPorts,
  fault: Omit<
    Parameters<PlanPorts["budgetOf"]>[0],
    "component" | "canaryRoundMs" | "readIntervalMs"
  >,
): ReturnType<PlanPorts["budgetOf"]> {
  const canaryRoundMs =
    (2 * scenario.topology.topicPartitionCount * 1000) / scenario.canaryRatePerS;
  const readIntervalMs = readIntervalMsOf(scenario);
  return componentsOf(scenario, reach)
    .map((component) => ports.budgetOf({ ...fault, component, canaryRoundMs, readIntervalMs }))
    .reduce((most, budget) => (budget.budgetMs > most.budgetMs ? budget : most));
}

function duplicatesOf(scenario: Scenario, reach: FaultReach, ports: PlanPorts): number {
  const { rateEventsPerS } = scenario.bank;
  const counts = componentsOf(scenario, reach).map((component) =>
    ports.duplicatesOf(component, rateEventsPerS),
  );
  return Math.max(0, ...counts);
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
function targetName(service: string, target: string | undefined, count: number): string {
  if (target?.startsWith(`${service}-`) === true) return target;
  if (target !== undefined) return `the ${target} of ${service}`;
  return count === 1 ? `${service}-0` : `${service}-0 to ${service}-${String(count - 1)}`;
}

function numberProblems(scenario: Scenario): readonly string[] {
  const limits: readonly [string, number, number, number][] = [
    ["bank.laneCount", scenario.bank.laneCount, 1, 64],
    ["bank.userCountPerLane", scenario.bank.userCountPerLane, 4, 10_000_000],
    ["bank.rateEventsPerS", scenario.bank.rateEventsPerS, 1, 1_000_000],
    ["bank.bucketMs", scenario.bank.bucketMs, 1000, 60_000],
    ["canaryRatePerS", scenario.canaryRatePerS, 0.1, 100],
    ["readIntervalMs", readIntervalMsOf(scenario), 100, 60_000],
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

function bankProblems(bank: BankPlan): readonly string[] {
  const userCount = bank.laneCount * bank.userCountPerLane;
  const profile = bankProfile(bank.profile, bank.laneCount);
  return [
    ...(userCount <= USER_COUNT_MAX
      ? []
      : [`bank has ${String(userCount)} users: allowed are up to ${String(USER_COUNT_MAX)}.`]),
    ...bankProfileProblems(profile, bank.laneCount).map((problem) => `bank.profile: ${problem}`),
  ];
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
