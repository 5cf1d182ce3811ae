/** Pure: which flows between nodes a disturbance of the network is about. */
import type { FaultContext } from "../core/contracts/fault.ts";
import type { NetworkFlow, NetworkNode } from "../core/contracts/network.ts";
import type { Services } from "../core/contracts/topology.ts";

export const SHAPES = ["full", "one-way", "partial", "ring", "client-only", "zone"] as const;
export type Shape = (typeof SHAPES)[number];

/** As seen from the targets. */
export const DIRECTIONS = ["in", "out", "both"] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** Fewer than this see each other all round, and nothing would be cut. */
export const RING_COUNT_MIN = 4;

/** What the flows are computed from. */
export interface Surroundings {
  readonly nodes: readonly NetworkNode[];
  /** Service of each instance; nodes without one are the harness's and the users'. */
  readonly serviceOf: ReadonlyMap<string, string>;
  readonly services: Services;
  readonly targetIds: readonly string[];
}

export function surroundingsOf<Params>(
  context: FaultContext<Params>,
  nodes: readonly NetworkNode[],
): Surroundings {
  const { endpoints, services, instanceIds } = context;
  return {
    nodes,
    serviceOf: new Map(endpoints.all().map(({ id, service }) => [id, service])),
    services,
    targetIds: instanceIds,
  };
}

/** Everything between the targets and all others. */
export function trafficFlows(around: Surroundings, direction: Direction): readonly NetworkFlow[] {
  const targets = around.nodes.filter(({ id }) => around.targetIds.includes(id));
  const others = around.nodes.filter(({ id }) => !around.targetIds.includes(id));
  return [
    ...(direction === "in" ? [] : cross(targets, others)),
    ...(direction === "out" ? [] : cross(others, targets)),
  ];
}

export interface PartitionParams {
  readonly shape: Shape;
  readonly direction: "in" | "out";
  /** Service to be cut off from, for the shape `partial`; empty for the targets' own. */
  readonly from: string;
}

export function partitionFlows(
  around: Surroundings,
  params: PartitionParams,
): readonly NetworkFlow[] {
  const { nodes, serviceOf, services, targetIds } = around;
  const targets = nodes.filter(({ id }) => targetIds.includes(id));
  const service = serviceOf.get(targetIds[0] ?? "") ?? "";
  const instancesOf = (name: string): readonly NetworkNode[] =>
    nodes.filter(({ id }) => serviceOf.get(id) === name);
  const without = (all: readonly NetworkNode[]): readonly NetworkNode[] =>
    all.filter((node) => !targets.includes(node));
  switch (params.shape) {
    case "full":
      return between(targets, without(nodes));
    case "one-way":
      return trafficFlows(around, params.direction);
    case "partial":
      return between(targets, without(instancesOf(params.from === "" ? service : params.from)));
    case "ring":
      return ringFlows(instancesOf(service));
    case "client-only": {
      const needed = new Set([service, ...dependenciesOf(service, services)]);
      return between(
        targets,
        without(nodes.filter(({ id }) => !needed.has(serviceOf.get(id) ?? ""))),
      );
    }
    case "zone": {
      const places = new Set(targets.map(({ place }) => place));
      const inside = nodes.filter(({ place }) => places.has(place));
      return between(
        inside,
        nodes.filter(({ place }) => !places.has(place)),
      );
    }
  }
}

/** Each sees the nearest on both sides, just enough for a majority, and no two see the same. */
function ringFlows(members: readonly NetworkNode[]): readonly NetworkFlow[] {
  const count = members.length;
  const majority = Math.floor(count / 2) + 1;
  const reach = Math.ceil((majority - 1) / 2);
  return members.flatMap((from, at) =>
    members.flatMap((to, other) => {
      const apart = Math.abs(at - other);
      return Math.min(apart, count - apart) > reach ? [{ from, to }] : [];
    }),
  );
}

/** Whatever a service cannot work without, and what that needs in turn. */
function dependenciesOf(service: string, services: Services): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (name: string): void => {
    for (const next of services[name]?.dependsOn ?? []) {
      if (found.has(next)) continue;
      found.add(next);
      visit(next);
    }
  };
  visit(service);
  return found;
}

function cross(
  senders: readonly NetworkNode[],
  receivers: readonly NetworkNode[],
): readonly NetworkFlow[] {
  return senders.flatMap((from) => receivers.map((to) => ({ from, to })));
}

function between(
  one: readonly NetworkNode[],
  other: readonly NetworkNode[],
): readonly NetworkFlow[] {
  return [...cross(one, other), ...cross(other, one)];
}
