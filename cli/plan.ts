/** `lakeproof plan`: what a run would do and what it could prove, before anything starts. */
import { closest } from "fastest-levenshtein";
import { COMPOSITIONS, FAULTS } from "../chaos/index.ts";
import { plannedBiLoads, plannedOperationsPerS } from "../core/bi-load.ts";
import type { FaultClass, FaultEntry } from "../core/contracts/fault.ts";
import { bankProfile, meanEventsPerTxn } from "../core/bank-profile.ts";
import type { Plan } from "../core/contracts/plan.ts";
import type { Isolation } from "../core/contracts/values.ts";
import type { Scenario } from "../core/contracts/scenario.ts";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { joinsOthers } from "../core/fault-overlap.ts";
import { plan } from "../core/plan.ts";
import { duplicateBudget, recoveryBudget } from "../infra/budgets.ts";
import { capabilitiesOf } from "../infra/drivers/local.ts";
import { machineSupport, type MachineSupport } from "../infra/drivers/machine/support.ts";
import type { NetworkSupport } from "../infra/drivers/network-support.ts";
import { settingProblems } from "../infra/lab-plan.ts";
import { clockProblem } from "../infra/clock/shiftable.ts";
import { drivesThatMayGo, goOnWithout, toleranceOf } from "../infra/tolerance.ts";
import { CAPACITY_SCENARIOS, SCENARIOS } from "../scenarios/index.ts";
import {
  duration,
  faultRateLines,
  provableLines,
  recoveryLine,
} from "../slo/objectives/provable-text.ts";
import { provable } from "../slo/objectives/provable.ts";
import { askCalibration } from "./calibrate-store.ts";
import { networkSupport, settleIsolation } from "./inside.ts";
import { checkSubnet } from "./lab.ts";
import { pairLines, printPairs, rolesOf, withPairs } from "./pairs.ts";
import { Eta } from "./run/eta.ts";
import { scriptAt } from "./run/script-load.ts";
import { addTo, type AddedOptions } from "./plan-options.ts";
import { spreadLines, zoneLines } from "./zone-lines.ts";

export interface PlanOptions extends AddedOptions {
  readonly scenario: string;
  readonly seed: string | undefined;
  /** Change events a second instead of the scenario's own. */
  readonly rate: string | undefined;
  /** Faults of class X are wanted, whatever the scenario says. */
  readonly beyondDesign?: boolean;
  readonly subnet: string;
  /** A k6 script of the user's own, instead of the scenario's. */
  readonly script?: string | undefined;
  /** Two faults at a time instead of the scenario's own: how many pairs, as given. */
  readonly pairs?: string | undefined;
  /** The faults are a menu for people, for so long at most. */
  readonly gameMsMax?: number | undefined;
}

/** `support`: what can be done to the network, where there is one; `machine`: to disks, processors and memory. */
export function makePlan(
  options: PlanOptions,
  isolation: Isolation,
  support: NetworkSupport | undefined,
  machine: MachineSupport = machineSupport(),
): Plan {
  checkSubnet(options.subnet);
  const seed = seedOf(options.seed);
  const capabilities = capabilitiesOf(support, machine);
  const beyondDesign = options.beyondDesign === true;
  const { scenario: named, pairs } = withPairs(
    atRate(scenarioNamed(options.scenario), options.rate),
    seed,
    { text: options.pairs, capabilities, beyondDesign },
  );
  const { gameMsMax } = options;
  const { scenario, objectives } = addTo(
    withScript(gameMsMax === undefined ? named : asMenu(named), options.script),
    options,
  );
  const made = plan(scenario, seed, {
    driver: "local",
    isolation,
    capabilities,
    network: { ...support?.notes, ...machine.notes },
    faults: FAULTS,
    compositions: COMPOSITIONS,
    beyondDesign,
    objectives,
    budgetOf: recoveryBudget,
    rolesOf,
    duplicatesOf: duplicateBudget,
    toleranceOf,
    drivesThatMayGo,
    goOnWithout,
    clockProblem,
    provable: provableOf,
    settingProblems,
    nearest: (word, known) => closest(word, [...known]),
  });
  return {
    ...made,
    ...(pairs === undefined ? {} : { pairs }),
    ...(gameMsMax === undefined ? {} : { gameDay: { lengthMsMax: gameMsMax } }),
  };
}

/** People take one fault after the other, in an order of their own: none falls into the recovery of another. */
function asMenu(scenario: Scenario): Scenario {
  if (scenario.faults.length === 0) {
    throw new LakeproofError("USAGE", `Scenario ${scenario.name} has no faults to choose from.`, {
      hint: "Take one of `lakeproof list scenarios` that has, such as game-day/free-play.",
    });
  }
  const faults = scenario.faults.map(({ after, ...fault }) =>
    after === undefined || joinsOthers(after) ? fault : { ...fault, after },
  );
  return { ...scenario, faults };
}

export function scenarioNamed(name: string): Scenario {
  const found = (SCENARIOS as Readonly<Record<string, Scenario>>)[name];
  if (found !== undefined) return found;
  const known = Object.keys({ ...SCENARIOS, ...CAPACITY_SCENARIOS });
  throw new LakeproofError("USAGE", `There is no scenario ${JSON.stringify(name)}.`, {
    hint: `Did you mean ${closest(name, known)}? Scenarios are ${known.join(", ")}.`,
  });
}

function withScript(scenario: Scenario, path: string | undefined): Scenario {
  const script = path === undefined ? scenario.script : { ...scenario.script, path };
  return script === undefined ? scenario : { ...scenario, script: scriptAt(script) };
}

const RATE_EVENTS_PER_S_MAX = 1_000_000;

function atRate(scenario: Scenario, text: string | undefined): Scenario {
  if (text === undefined) return scenario;
  const rateEventsPerS = Number(text);
  if (/^\d+$/.test(text) && rateEventsPerS >= 1 && rateEventsPerS <= RATE_EVENTS_PER_S_MAX) {
    return { ...scenario, bank: { ...scenario.bank, rateEventsPerS } };
  }
  throw new LakeproofError("USAGE", `--rate is ${JSON.stringify(text)}.`, {
    hint: `Allowed is a whole number of change events a second from 1 to ${String(RATE_EVENTS_PER_S_MAX)}.`,
  });
}

function seedOf(text: string | undefined): bigint {
  if (text === undefined) return BigInt(`0x${host.randomHex(8)}`);
  if (/^\d{1,20}$/.test(text) && BigInt(text) < 1n << 64n) return BigInt(text);
  throw new LakeproofError("USAGE", `--seed is ${JSON.stringify(text)}.`, {
    hint: "Allowed is a whole number from 0 to 18446744073709551615.",
  });
}

function provableOf(base: Omit<Plan, "provable">): Plan["provable"] {
  const { controlMs, quietMs } = base.durations;
  const faultMs = (faultClass?: FaultClass): number =>
    base.faults
      .filter((fault) => faultClass === undefined || fault.faultClass === faultClass)
      .reduce((sum, fault) => sum + expectedMs(fault), 0);
  const quietMsTotal = base.faults.filter((fault) => !isWithinAnother(fault)).length * quietMs;
  const steadyMs = controlMs + quietMsTotal + faultMs("W");
  const wholeMs = controlMs + quietMsTotal + faultMs();
  const profile = bankProfile(base.bank.profile, base.bank.laneCount);
  return provable({
    objectives: base.objectives,
    claims: base.claims,
    bank: {
      transactionRatePerS: base.bank.rateEventsPerS / meanEventsPerTxn(profile),
      eventRatePerS: base.bank.rateEventsPerS,
    },
    queries: base.queries,
    biOperationsPerS: (workload) => plannedOperationsPerS(base, workload),
    userCount: base.users?.count ?? 0,
    canaryRatePerS: base.canary.ratePerS,
    steadyMs,
    wholeMs,
    windowsMs: {
      control: controlMs,
      measure: wholeMs - controlMs,
      "faults.W": faultMs("W"),
      "faults.B": faultMs("B"),
      "faults.X": faultMs("X"),
    },
    faults: base.faults.map((fault) => ({
      kind: `${fault.fault}/${fault.service}`,
      faultClass: fault.faultClass,
      cycleMs: expectedMs(fault) + quietMs,
    })),
  });
}

/** Its time is in the window of the fault that it begins in, whose budget has it. */
function isWithinAnother({ after }: FaultEntry): boolean {
  return after?.event === "fault-active";
}

/** From injection to recovery: budgets are worst cases, and half of one is what it mostly takes. */
function expectedMs(fault: FaultEntry): number {
  return isWithinAnother(fault) ? 0 : fault.holdMs + fault.recoveryBudgetMs / 2;
}

/** `lakeproof plan <scenario>`: prints it, as JSON on request. */
export interface PrintPlanOptions extends PlanOptions {
  readonly isolation: string;
  readonly json: boolean;
  readonly aboveCalibration: boolean;
  /** Prints which faults to combine instead. */
  readonly allPairs?: boolean;
}

export async function printPlan(options: PrintPlanOptions): Promise<number> {
  const { topology } = scenarioNamed(options.scenario);
  const { isolation } = settleIsolation(topology, options.isolation);
  const support = await networkSupport(isolation, undefined);
  if (options.allPairs === true) {
    const capabilities = capabilitiesOf(support, machineSupport());
    return printPairs({ services: topology.services, capabilities, json: options.json });
  }
  const made = makePlan(options, isolation, support);
  askCalibration(made, options.aboveCalibration);
  host.out(options.json ? `${JSON.stringify(made, null, 2)}\n` : planText(made));
  return 0;
}

const ISOLATION_TEXTS: Readonly<Record<string, string>> = {
  loopback: "isolation loopback: no partitions, packet loss or power-off can be injected here.",
  namespaces: "isolation namespaces: every node in a network of its own, zones with default deny.",
};

const nameOf = (fault: FaultEntry): string => fault.composition ?? fault.fault;

/** Rounds of the same faults would hide everything below them: each is told once, with how often it comes. */
function faultLines({ faults, topology }: Plan): readonly string[] {
  const nameWidth = Math.max(0, ...faults.map((fault) => nameOf(fault).length));
  const told = (fault: FaultEntry): string =>
    `${nameOf(fault).padEnd(nameWidth)}  ${fault.instanceId.padEnd(24)} class ${fault.faultClass}` +
    `  hold ${String(fault.holdMs / 1000)} s  recovery budget ${String(fault.recoveryBudgetMs / 1000)} s` +
    (fault.composition === undefined ? "" : `  = ${fault.fault} × ${String(fault.count)}`) +
    (fault.after === undefined ? "" : `  after ${fault.after.event}`);
  const expected = (fault: FaultEntry): string =>
    fault.hypothesis === undefined ? "" : `\n        expected: ${fault.hypothesis}`;
  const alike = Map.groupBy(faults, (fault) => JSON.stringify({ ...fault, id: "" }));
  return [...alike.values()].flatMap(([first, ...further]) => {
    if (first === undefined) return [];
    const often = further.length === 0 ? "" : `  ${String(further.length + 1)} times`;
    return [
      `  ${first.id}  ${told(first)}${often}${expected(first)}`,
      ...zoneLines(first, topology.services),
    ];
  });
}

export function planText(made: Plan): string {
  return [
    `scenario ${made.scenario}  seed ${made.seed}  topology ${made.topology.name}  driver ${made.driver} (${made.isolation})`,
    made.purpose,
    ISOLATION_TEXTS[made.isolation] ?? made.isolation,
    ...Object.entries(made.network ?? {}).map(([what, how]) => `  ${what.padEnd(14)} ${how}`),
    ...settingLines(made),
    ...spreadLines(made),
    `load: ${[
      `${String(made.bank.rateEventsPerS)} change events/s through PostgreSQL`,
      ...made.queries.map((query) => `${query.name} ${String(query.ratePerS)}/s`),
    ].join(", ")}`,
    ...furtherLoadLines(made),
    ...gameLines(made),
    lengthLine(made),
    ...pairLines(made),
    "faults (class W: within the design, objectives hold; B: at its boundary; X: beyond it):",
    ...faultLines(made),
    `  ${recoveryLine(made.faults.map((fault) => fault.fault))}`,
    ...faultRateLines(made).map((line) => `  ${line}`),
    "objectives, with one-sided 95 % confidence; times are of the measured time that counts:",
    ...provableLines(made.provable).map((line) => `  ${line}`),
    "",
  ].join("\n");
}

/** Faults that recover as such faults mostly do; the start of everything is in it. */
function lengthLine(made: Plan): string {
  return `length: about ${duration(new Eta(made).remainingMs(0))} from the first process to the report`;
}

function gameLines({ gameDay }: Plan): readonly string[] {
  if (gameDay === undefined) return [];
  const most = String(gameDay.lengthMsMax / 60_000);
  return [`game day: the faults are a menu; at most ${most} min, and claims as for all of them`];
}

/** What is known to be wrong with the configuration, and meant to be. */
function settingLines(made: Plan): readonly string[] {
  return Object.entries(made.topology.services).flatMap(([service, { settings = {} }]) =>
    Object.entries(settings).map(([name, value]) => `replaced in ${service}: ${name}=${value}`),
  );
}

function furtherLoadLines(made: Plan): readonly string[] {
  const open = plannedBiLoads(made)
    .filter((load) => load.ratePerS !== undefined)
    .map((load) => `${load.workload} ${String(Math.round((load.ratePerS ?? 0) * 60))}/min`);
  const users =
    made.users === undefined
      ? []
      : [
          `${String(made.users.count)} users who think ${String(made.users.thinkMsMean / 1000)} s between actions`,
        ];
  const parts = [...open, ...users];
  return [
    ...(parts.length === 0 ? [] : [`through the BI tier: ${parts.join(", ")}`]),
    ...(made.mixed === undefined
      ? []
      : [
          `mixed experiment: turns of ${String(made.mixed.blockMs / 1000)} s with and without resource groups`,
        ]),
    ...(made.script === undefined ? [] : [`own k6 script: ${made.script.path}`]),
  ];
}
