/**
 * What the specified rate would take, from what one core was seen to carry. An extrapolation: one measured point, a straight
 * line through it, and the specification's own cores as if they were those of the machine that was measured.
 */
import type { CapacityReport, StageCapacity } from "./contracts/capacity.ts";
import type { EventCost, RightSizing, SizedStage } from "./contracts/nightly.ts";
import { COST_STATED, costSumUsd, usdPerMillionEvents } from "./seed-costs.ts";
import { SPEC_CAPACITY, specRole, type RoleName } from "./seed-spec.ts";

/** What carries change events, with the nodes that do it there. Replicas and readers are for other work. */
const ROLES: Readonly<Record<string, readonly RoleName[]>> = {
  postgres: ["postgres-primary"],
  connector: [],
  kafka: ["kafka-broker"],
  lake: ["flink-jobmanager", "flink-taskmanager"],
  storage: ["minio"],
};

/** Undefined where the pipeline as a whole has no rate, or no stage of it a figure. */
export function rightSizing({ stages }: CapacityReport): RightSizing | undefined {
  const whole = stages.find(({ target }) => target === "end-to-end");
  const measuredPerS = whole?.result.ratePerS;
  if (whole === undefined || measuredPerS === undefined) return undefined;
  const { rateEventsPerS } = SPEC_CAPACITY;
  const sized = sizedStages(whole, rateEventsPerS);
  if (sized.length === 0) return undefined;
  const both = sized.filter(({ coreCountSpecified }) => coreCountSpecified !== undefined);
  return {
    rateEventsPerS,
    measuredPerS,
    extrapolatedRatio: rateEventsPerS / measuredPerS,
    stages: sized,
    coreCountNeeded: sumOf(both.map(({ coreCountNeeded }) => coreCountNeeded)),
    coreCountSpecified: sumOf(both.map(({ coreCountSpecified }) => coreCountSpecified ?? 0)),
  };
}

function sizedStages({ perCore }: StageCapacity, rateEventsPerS: number): readonly SizedStage[] {
  return Object.entries(ROLES).flatMap(([stage, roles]) => {
    const eventsPerSPerCore = perCore[stage];
    if (eventsPerSPerCore === undefined || eventsPerSPerCore <= 0) return [];
    const coreCountNeeded = rateEventsPerS / eventsPerSPerCore;
    const coreCountSpecified = coresOf(roles);
    return [
      {
        ...{ stage, eventsPerSPerCore, coreCountNeeded, nodes: nodesText(roles) },
        ...(coreCountSpecified === undefined
          ? {}
          : { coreCountSpecified, neededOfSpecifiedRatio: coreCountNeeded / coreCountSpecified }),
      },
    ];
  });
}

/** Undefined where any of them has no cores named: a part of a sum is no figure to hold against. */
function coresOf(roles: readonly RoleName[]): number | undefined {
  const cores = roles.map((role) => {
    const { nodeCount, cpuCount } = specRole(role);
    return cpuCount === undefined ? undefined : nodeCount * cpuCount;
  });
  const named = cores.filter((count) => count !== undefined);
  return named.length === 0 || named.length < cores.length ? undefined : sumOf(named);
}

function nodesText(roles: readonly RoleName[]): string {
  if (roles.length === 0) return "no node named";
  return roles
    .map((role) => {
      const { title, nodeCount, cpuCount } = specRole(role);
      const cores = cpuCount === undefined ? "no cores named" : `${String(cpuCount)} cores`;
      return `${String(nodeCount)} × ${title} (${cores})`;
    })
    .join(", ");
}

/** The specification's bill spread over its own rate, and over the one the whole pipeline held here. */
export function eventCosts({ stages }: CapacityReport): readonly EventCost[] {
  const measured = stages.find(({ target }) => target === "end-to-end")?.result.ratePerS;
  return [SPEC_CAPACITY.rateEventsPerS, ...(measured === undefined ? [] : [measured])].flatMap(
    (rateEventsPerS) => {
      const [linesMonthlyUsd, statedMonthlyUsd] = [costSumUsd(), COST_STATED.monthlyUsd];
      const linesPerMillionUsd = usdPerMillionEvents(linesMonthlyUsd, rateEventsPerS);
      const statedPerMillionUsd = usdPerMillionEvents(statedMonthlyUsd, rateEventsPerS);
      if (linesPerMillionUsd === undefined || statedPerMillionUsd === undefined) return [];
      const totals = { linesMonthlyUsd, statedMonthlyUsd };
      return [{ rateEventsPerS, ...totals, linesPerMillionUsd, statedPerMillionUsd }];
    },
  );
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
