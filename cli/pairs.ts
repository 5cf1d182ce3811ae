/**
 * Pairs of faults. `--pairs <n>`: so many of them instead of a scenario's own faults, drawn by the seed. `plan --pairs`
 * alone: which faults to meet which, so that every pair of two services is met once.
 */
import { coveringRows, FAULTS } from "../chaos/index.ts";
import type { Component } from "../core/contracts/component.ts";
import type { Fault, FaultClass } from "../core/contracts/fault.ts";
import type { LeftOut, PairsPlan, Plan } from "../core/contracts/plan.ts";
import type { Scenario } from "../core/contracts/scenario.ts";
import type { Services } from "../core/contracts/topology.ts";
import type { Capability, Json } from "../core/contracts/values.ts";
import { LakeproofError } from "../core/errors.ts";
import { aimOf } from "../core/fault-aim.ts";
import { drawPairs, pairCatalogue, type PairPorts } from "../core/fault-pairs.ts";
import { reachOf } from "../core/fault-plan.ts";
import { host } from "../core/host.ts";
import { COMPONENTS } from "../infra/components/index.ts";
import { clockProblem } from "../infra/clock/shiftable.ts";
import { drivesThatMayGo, goOnWithout, toleranceOf } from "../infra/tolerance.ts";

interface Level {
  readonly fault: string;
  readonly faultClass: FaultClass;
}

interface PairsOptions {
  readonly services: Services;
  readonly capabilities: ReadonlySet<Capability>;
  readonly json: boolean;
}

export function printPairs(options: PairsOptions): number {
  const factors = factorsOf(options);
  // Level 0 of each service is no fault: every fault also has to be met by itself.
  const rows = coveringRows(factors.map(({ levels }) => levels.length + 1));
  const named = rows.map((row) =>
    factors.flatMap(({ service, levels }, at) => {
      const level = levels[(row[at] ?? 0) - 1];
      return level === undefined ? [] : [{ service, ...level }];
    }),
  );
  if (options.json) {
    host.out(`${JSON.stringify({ schema: "lakeproof.pairs/1", rows: named }, null, 2)}\n`);
    return 0;
  }
  const lines = named.map((entries, at) => {
    const texts = entries.map(
      ({ service, fault, faultClass }) => `${service}: ${fault} (${faultClass})`,
    );
    return `${String(at + 1).padStart(4)}  ${texts.length === 0 ? "no fault" : texts.join(", ")}`;
  });
  host.out(
    `${String(rows.length)} combinations in which every two faults of two services meet once, each on one instance, ` +
      `with its class when it is alone:\n${lines.join("\n")}\n`,
  );
  return 0;
}

/** Within the design or at its boundary, and possible here. */
function factorsOf({
  services,
  capabilities,
}: PairsOptions): readonly { readonly service: string; readonly levels: readonly Level[] }[] {
  const ports = { toleranceOf, drivesThatMayGo, clockProblem, goOnWithout };
  return Object.keys(services)
    .map((service) => ({
      service,
      levels: Object.values<Fault>(FAULTS).flatMap((fault): readonly Level[] => {
        if (fault.name === "none" || fault.hits !== undefined) return [];
        if (fault.needs.some((need) => !capabilities.has(need))) return [];
        const params = fault.params.parse({}) as Json;
        const { faultClass, problem } = reachOf(fault, aimOf(service, params, 1, services, ports));
        return problem !== undefined || faultClass === "X"
          ? []
          : [{ fault: fault.name, faultClass }];
      }),
    }))
    .filter(({ levels }) => levels.length > 0);
}

/** Roles that a component can be asked for when a fault is injected. */
export function rolesOf(component: string): readonly string[] {
  return Object.keys((COMPONENTS as Readonly<Record<string, Component>>)[component]?.roles ?? {});
}

export interface PairsAsked {
  /** As given; absent where the scenario's own faults, or its own wish for pairs, stand. */
  readonly text: string | undefined;
  readonly capabilities: ReadonlySet<Capability>;
  readonly beyondDesign: boolean;
}

/** The scenario with drawn pairs for its faults; unchanged where neither it nor the command wants any. */
export function withPairs(
  scenario: Scenario,
  seed: bigint,
  { text, capabilities, beyondDesign }: PairsAsked,
): { readonly scenario: Scenario; readonly pairs?: PairsPlan } {
  const { topology, pairs: own } = scenario;
  if (text === undefined && own === undefined) return { scenario };
  const ports: PairPorts = {
    ...{ faults: FAULTS, capabilities, beyondDesign },
    ...{ rolesOf, toleranceOf, drivesThatMayGo, clockProblem, goOnWithout },
  };
  const catalogue = pairCatalogue(topology.services, ports);
  const count = countOfPairs(text, own?.count, catalogue.pairs.length, topology.name);
  const { services } = topology;
  const drawn = drawPairs(catalogue, seed, { ...own, count }, { services, ports });
  return {
    // Its own faults may have been meant to go beyond the design; these are where the command says so.
    scenario: { ...scenario, faults: drawn.faults, beyondDesign },
    pairs: drawn.pairs,
  };
}

function countOfPairs(
  text: string | undefined,
  own: number | undefined,
  pairCount: number,
  topology: string,
): number {
  const given = text ?? String(own);
  const count = Number(given);
  if (/^\d{1,9}$/.test(given) && count >= 1 && count <= pairCount) return count;
  const name = text === undefined ? "pairs.count of the scenario" : "--pairs";
  throw new LakeproofError("USAGE", `${name} is ${JSON.stringify(given)}.`, {
    hint:
      pairCount === 0
        ? `No two faults can be had together on ${topology} here.`
        : `Allowed is a whole number from 1 to ${String(pairCount)}: so many pairs there are on ${topology} here.`,
  });
}

/** What was drawn, and what no draw can take. */
export function pairLines({ pairs, seed }: Pick<Plan, "pairs" | "seed">): readonly string[] {
  if (pairs === undefined) return [];
  const { drawnCount, pairCount, drawCount, meetingDrawCount, leftOut } = pairs;
  const draw = String((BigInt(seed) % BigInt(drawCount)) + 1n);
  const line = ({ what, count, reason, example }: LeftOut): string =>
    `  ${String(count).padStart(7)} ${what}${count === 1 ? "" : "s"}: ${reason}; e.g. ${example}`;
  return [
    `pairs: ${String(drawnCount)} of ${String(pairCount)} pairs, the second fault while the first is in force; draw ${draw} of ${String(drawCount)}`,
    `  seeds 0 to ${String(meetingDrawCount - 1)} let every two services meet, 0 to ${String(drawCount - 1)} draw every pair`,
    ...(leftOut.length === 0 ? [] : ["left out of the pairs, and why:", ...leftOut.map(line)]),
  ];
}
