/**
 * scenario × seed → plan. Pure: everything random is decided here, everything impossible is refused here,
 * all problems at once.
 */
import { bankProfile, bankRowCountMax } from "./bank-profile.ts";
import { biLoadProblems } from "./bi-load.ts";
import type { Composition, Fault, FaultEntry, FaultReach } from "./contracts/fault.ts";
import type { Plan, Provable } from "./contracts/plan.ts";
import type { Scenario } from "./contracts/scenario.ts";
import type { Objective } from "./contracts/slo.ts";
import type { ServiceSpec } from "./contracts/topology.ts";
import type { Capability, Json } from "./contracts/values.ts";
import { LakeproofError, reasonOf } from "./errors.ts";
import { aimWithin, overlapProblems, type AimPorts } from "./fault-aim.ts";
import { withOverlaps } from "./fault-overlap.ts";
import {
  blastProblems,
  composed,
  compositionProblems,
  reachOf,
  triggerProblems,
  wavesBudget,
  withInterrupted,
  type Wave,
} from "./fault-plan.ts";
import { LEASE_MS_MAX, leaseMsOf } from "./lease.ts";
import {
  bankProblems,
  claimProblems,
  DIGEST_EVERY,
  numberProblems,
  rateProblems,
  readIntervalMsOf,
  shapeProblems,
} from "./plan-problems.ts";
import { countOf } from "./target-count.ts";

export interface PlanPorts extends AimPorts {
  readonly driver: string;
  readonly isolation: string;
  readonly capabilities: ReadonlySet<Capability>;
  /** By which means each disturbance of network and machine is made here, or why it cannot be. */
  readonly network: Readonly<Record<string, string>>;
  readonly faults: Readonly<Record<string, Fault>>;
  /** Names that are another fault, aimed. */
  readonly compositions?: Readonly<Record<string, Composition>>;
  /** True where the operator asks for faults of class X, whatever the scenario says. */
  readonly beyondDesign?: boolean;
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
    /** Rows that the way back reads again; absent where it reads none. */
    readonly rereadRowCount?: number;
  }) => { readonly budgetMs: number; readonly formula: string };
  /** Roles that a component can be asked for when the fault is injected. */
  readonly rolesOf: (component: string) => readonly string[];
  readonly duplicatesOf: (component: string, rateEventsPerS: number) => number;
  readonly provable: (plan: Omit<Plan, "provable">) => readonly Provable[];
  /** What the topology replaces of its components' configuration, and may not; each as one line. */
  readonly settingProblems?: (services: Scenario["topology"]["services"]) => readonly string[];
  readonly nearest: (word: string, known: readonly string[]) => string;
}

const FRESHNESS_TARGET_MS = 30_000;

export function plan(scenario: Scenario, seed: bigint, ports: PlanPorts): Plan {
  const problems: string[] = [];
  const faults = withOverlaps(
    withInterrupted(scenario.faults.map((_, index) => planFault(scenario, index, ports, problems))),
    scenario.faults,
  );
  problems.push(
    ...numberProblems(scenario),
    ...shapeProblems(scenario),
    ...bankProblems(scenario.bank),
    ...biLoadProblems(scenario, {
      warmupMs: scenario.warmupMs,
      serviceComponents: Object.values(scenario.topology.services).map((one) => one.component),
      queryClasses: scenario.queries.map((query) => query.name),
    }),
    ...claimProblems(scenario, ports),
    ...blastProblems(scenario, faults, ports.beyondDesign),
    ...(ports.settingProblems?.(scenario.topology.services) ?? []),
    ...rateProblems(scenario.faultRates ?? [], scenario, ports),
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
    ...(scenario.faultRates === undefined ? {} : { faultRates: scenario.faultRates }),
    ...furtherLoads(scenario),
  };
  return {
    ...base,
    queries: base.queries.map((query) => ({ digestEvery: DIGEST_EVERY, ...query })),
    provable: ports.provable(base),
  };
}

function furtherLoads(
  scenario: Scenario,
): Pick<Plan, "dashboards" | "apiCalls" | "users" | "script" | "mixed"> {
  const { dashboards, apiCalls, users, script, mixed } = scenario;
  return {
    ...(dashboards === undefined ? {} : { dashboards }),
    ...(apiCalls === undefined ? {} : { apiCalls }),
    ...(users === undefined ? {} : { users }),
    ...(script === undefined ? {} : { script }),
    ...(mixed === undefined ? {} : { mixed }),
  };
}

function planFault(
  scenario: Scenario,
  index: number,
  ports: PlanPorts,
  problems: string[],
): FaultEntry | undefined {
  const named = scenario.faults[index];
  if (named === undefined) return undefined;
  const where = `faults[${String(index)}]`;
  const composition = ports.compositions?.[named.fault];
  const entry = composed(named, composition);
  const fault = ports.faults[entry.fault];
  const service = scenario.topology.services[entry.service];
  problems.push(...nameProblems(scenario, entry, where, ports));
  if (fault === undefined || service === undefined) return undefined;
  const count = countOf(entry.count, service.replicaCount);
  problems.push(
    ...compositionProblems(named, composition, service, where),
    ...triggerProblems(index, scenario, where),
    ...overlapProblems(scenario, index, where, ports),
    ...sizeProblems(entry.holdMs, count, service.replicaCount, where),
    ...capabilityProblems(fault, where, ports),
    ...targetProblems(entry, service, where, ports),
  );
  const params = paramsOf(fault, entry.params ?? {}, where, problems);
  if (params === null) return undefined;
  const reach = reachOf(fault, aimWithin(scenario, index, entry.service, params, ports));
  if (reach.problem !== undefined) problems.push(`${where}: ${reach.problem}.`);
  const onNetwork = fault.needs.some((need) => need.startsWith("network"));
  const { takesOver } = reach;
  const rereadRowCount = reach.readsAgain === true ? bankRowCountMax(scenario.bank) : 0;
  const budget = budgetOf(scenario, reach, ports, {
    restarts: fault.needs.includes("restart"),
    takesOver,
    ...(rereadRowCount > 0 ? { rereadRowCount } : {}),
    ...(onNetwork && !takesOver ? { disturbedMs: entry.holdMs } : {}),
  });
  const leaseMs = leaseMsOf({ holdMs: entry.holdMs, takesOver, recoveryBudgetMs: budget.budgetMs });
  const isLeased = onNetwork || fault.needs.some((need) => /^(disk|cpu|memory|clock)/.test(need));
  if (isLeased) problems.push(...leaseProblems(leaseMs, entry.fault, onNetwork, where));
  const repeats = fault.stopsTarget || onNetwork;
  return {
    id: `f${String(index + 1)}`,
    fault: entry.fault,
    ...(composition === undefined ? {} : { composition: named.fault }),
    ...(entry.after === undefined ? {} : { after: entry.after }),
    ...(entry.hypothesis === undefined ? {} : { hypothesis: entry.hypothesis }),
    service: entry.service,
    ...aimedAt(entry, count),
    ...(reach.problem === undefined ? hitBy(fault, params, scenario) : {}),
    takesOver,
    params,
    holdMs: entry.holdMs,
    faultClass: reach.faultClass,
    recoveryBudgetMs: budget.budgetMs,
    recoveryBudgetFormula: budget.formula,
    ...(isLeased ? { leaseMs } : {}),
    duplicateEventCountMax: repeats
      ? duplicatesOf(scenario, reach, entry.holdMs, ports) +
        rereadRowCount * (reach.readsAgainCountMax ?? 1)
      : 0,
  };
}

function leaseProblems(
  leaseMs: number,
  fault: string,
  onNetwork: boolean,
  where: string,
): readonly string[] {
  if (leaseMs <= LEASE_MS_MAX) return [];
  const who = onNetwork ? "the kernel" : "its lease";
  return [
    `${where}: ${fault} may last ${String(leaseMs)} ms; ${who} ends it after ${String(LEASE_MS_MAX)} ms at most. ` +
      `Hold it shorter.`,
  ];
}

function nameProblems(
  scenario: Scenario,
  entry: Scenario["faults"][number],
  where: string,
  ports: PlanPorts,
): readonly string[] {
  const problems: string[] = [];
  if (ports.faults[entry.fault] === undefined) {
    const names = [...Object.keys(ports.faults), ...Object.keys(ports.compositions ?? {})];
    problems.push(
      `${where}.fault is ${JSON.stringify(entry.fault)}: did you mean ${ports.nearest(entry.fault, names)}? Known: ${names.join(", ")}.`,
    );
  }
  if (scenario.topology.services[entry.service] === undefined) {
    const services = Object.keys(scenario.topology.services);
    problems.push(
      `${where}.service is ${JSON.stringify(entry.service)}: did you mean ${ports.nearest(entry.service, services)}? Known: ${services.join(", ")}.`,
    );
  }
  return problems;
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

function componentsOf(scenario: Scenario, names: readonly string[]): readonly string[] {
  const { services } = scenario.topology;
  return names.flatMap((name) => services[name]?.component ?? []);
}

type FaultBudgetInput = Omit<
  Parameters<PlanPorts["budgetOf"]>[0],
  "component" | "canaryRoundMs" | "readIntervalMs"
>;

function budgetOf(
  scenario: Scenario,
  { waves, services }: FaultReach,
  ports: PlanPorts,
  fault: FaultBudgetInput,
): ReturnType<PlanPorts["budgetOf"]> {
  if (waves === undefined || fault.takesOver) {
    return largestBudget(scenario, services, ports, fault);
  }
  const waveOf = (names: readonly string[]): Wave => {
    const longest = largestBudget(scenario, names, ports, fault);
    const startMs = names.map((name) => {
      const ofOne = (restarts: boolean): number =>
        largestBudget(scenario, [name], ports, { ...fault, restarts }).budgetMs;
      return ofOne(fault.restarts) - ofOne(false);
    });
    return { startMs: Math.max(...startMs), longest };
  };
  return wavesBudget(waves.map(waveOf));
}

function largestBudget(
  scenario: Scenario,
  services: readonly string[],
  ports: PlanPorts,
  fault: FaultBudgetInput,
): ReturnType<PlanPorts["budgetOf"]> {
  const canaryRoundMs =
    (2 * scenario.topology.topicPartitionCount * 1000) / scenario.canaryRatePerS;
  const readIntervalMs = readIntervalMsOf(scenario);
  return componentsOf(scenario, services)
    .map((component) => ports.budgetOf({ ...fault, component, canaryRoundMs, readIntervalMs }))
    .reduce((most, budget) => (budget.budgetMs > most.budgetMs ? budget : most));
}

function duplicatesOf(
  scenario: Scenario,
  reach: FaultReach,
  holdMs: number,
  ports: PlanPorts,
): number {
  const { rateEventsPerS } = scenario.bank;
  const counts = componentsOf(scenario, reach.services).map((component) =>
    ports.duplicatesOf(component, rateEventsPerS),
  );
  const { unacknowledgedMs: besidesMs } = reach;
  const unacknowledgedMs = besidesMs === undefined ? 0 : besidesMs + holdMs;
  return Math.max(0, ...counts) + Math.ceil((unacknowledgedMs * rateEventsPerS) / 1000);
}

function paramsOf(fault: Fault, given: Json, where: string, problems: string[]): Json {
  try {
    return fault.params.parse(given) as Json;
  } catch (error) {
    problems.push(`${where}.params of ${fault.name}: ${reasonOf(error).replaceAll("\n", " ")}`);
    return null;
  }
}

type Aim = Pick<FaultEntry, "instanceId" | "instanceIds" | "target" | "count">;

function aimedAt({ service, target }: Scenario["faults"][number], count: number): Aim {
  const instanceId = targetName(service, target, count);
  return { instanceId, ...(target === undefined ? {} : { target }), count };
}

/** What a fault hits by itself goes before what it was aimed at. */
function hitBy(fault: Fault, params: Json, { topology }: Scenario): Partial<Aim> {
  const hits = fault.hits?.(params, topology.services);
  if (hits === undefined) return {};
  const { name, instanceIds } = hits;
  return { instanceId: name, instanceIds, count: instanceIds.length };
}

/** "kafka-0", "minio-0 to minio-1", "the leader of postgres". */
function targetName(service: string, target: string | undefined, count: number): string {
  if (target?.startsWith(`${service}-`) === true) return target;
  if (target !== undefined) return `the ${target} of ${service}`;
  return count === 1 ? `${service}-0` : `${service}-0 to ${service}-${String(count - 1)}`;
}
