/** `lakeproof plan`: what a run would do and what it could prove, before anything starts. */
import { closest } from "fastest-levenshtein";
import { FAULTS } from "../chaos/index.ts";
import type { Plan } from "../core/contracts/plan.ts";
import type { Isolation } from "../core/contracts/values.ts";
import type { Scenario } from "../core/contracts/scenario.ts";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { plan } from "../core/plan.ts";
import { duplicateBudget, recoveryBudget } from "../infra/budgets.ts";
import { capabilitiesOf } from "../infra/drivers/local.ts";
import { toleranceOf } from "../infra/tolerance.ts";
import { SCENARIOS } from "../scenarios/index.ts";
import { OBJECTIVES } from "../slo/objectives/index.ts";
import { provable } from "../slo/objectives/provable.ts";
import { settleIsolation } from "./inside.ts";
import { checkSubnet } from "./lab.ts";

/** Changes a transaction carries on average; the generator measures it exactly when it starts. */
const EVENTS_PER_TXN = 2.2;

export interface PlanOptions {
  readonly scenario: string;
  readonly seed: string | undefined;
  readonly subnet: string;
}

export function makePlan(options: PlanOptions, isolation: Isolation): Plan {
  checkSubnet(options.subnet);
  return plan(scenarioNamed(options.scenario), seedOf(options.seed), {
    driver: "local",
    isolation,
    capabilities: capabilitiesOf(isolation),
    faults: FAULTS,
    objectives: Object.values(OBJECTIVES),
    budgetOf: recoveryBudget,
    duplicatesOf: duplicateBudget,
    toleranceOf,
    provable: provableOf,
    nearest: (word, known) => closest(word, [...known]),
  });
}

export function scenarioNamed(name: string): Scenario {
  const found = (SCENARIOS as Readonly<Record<string, Scenario>>)[name];
  if (found !== undefined) return found;
  const known = Object.keys(SCENARIOS);
  throw new LakeproofError("USAGE", `There is no scenario ${JSON.stringify(name)}.`, {
    hint: `Did you mean ${closest(name, known)}? Scenarios are ${known.join(", ")}.`,
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
  const within = base.faults.filter((fault) => fault.faultClass === "W");
  const steadyMs =
    controlMs +
    base.faults.length * quietMs +
    within.reduce((sum, fault) => sum + fault.holdMs + fault.recoveryBudgetMs / 2, 0);
  const wholeMs =
    controlMs +
    base.faults.reduce(
      (sum, fault) => sum + fault.holdMs + fault.recoveryBudgetMs / 2 + quietMs,
      0,
    );
  return provable({
    objectives: base.objectives,
    claims: base.claims,
    bank: {
      transactionRatePerS: base.bank.rateEventsPerS / EVENTS_PER_TXN,
      eventRatePerS: base.bank.rateEventsPerS,
    },
    queries: base.queries,
    canaryRatePerS: base.canary.ratePerS,
    steadyMs,
    wholeMs,
  });
}

/** `lakeproof plan <scenario>`: prints it, as JSON on request. */
export interface PrintPlanOptions extends PlanOptions {
  readonly isolation: string;
  readonly json: boolean;
}

export function printPlan(options: PrintPlanOptions): number {
  const { topology } = scenarioNamed(options.scenario);
  const made = makePlan(options, settleIsolation(topology, options.isolation).isolation);
  host.out(options.json ? `${JSON.stringify(made, null, 2)}\n` : planText(made));
  return 0;
}

const ISOLATION_TEXTS: Readonly<Record<string, string>> = {
  loopback: "isolation loopback: no partitions, packet loss or power-off can be injected here.",
  namespaces: "isolation namespaces: every node in a network of its own, zones with default deny.",
};

export function planText(made: Plan): string {
  const faults = made.faults.map(
    (fault) =>
      `  ${fault.id}  ${fault.fault.padEnd(14)} ${fault.instanceId.padEnd(24)} class ${fault.faultClass}` +
      `  hold ${String(fault.holdMs / 1000)} s  recovery budget ${String(fault.recoveryBudgetMs / 1000)} s`,
  );
  const objectives = made.provable.map((row) => {
    const word = row.claimed ? "claimed" : "not claimed";
    const can = row.provable ? "provable" : "not provable in this run";
    const needed = row.durationMsNeeded > 0 ? `, takes ${duration(row.durationMsNeeded)}` : "";
    return `  ${row.objectiveId.padEnd(26)} ${word.padEnd(12)} ${can}${row.provable ? "" : needed}`;
  });
  return [
    `scenario ${made.scenario}  seed ${made.seed}  topology ${made.topology.name}  driver ${made.driver} (${made.isolation})`,
    made.purpose,
    ISOLATION_TEXTS[made.isolation] ?? made.isolation,
    `load: ${String(made.bank.rateEventsPerS)} change events/s through PostgreSQL, ${made.queries
      .map((query) => `${query.name} ${String(query.ratePerS)}/s`)
      .join(", ")}`,
    "faults:",
    ...faults,
    "objectives:",
    ...objectives,
    "",
  ].join("\n");
}

function duration(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes < 90) return `${minutes.toFixed(0)} min`;
  const hours = minutes / 60;
  return hours < 72 ? `${hours.toFixed(1)} h` : `${(hours / 24).toFixed(1)} days`;
}
