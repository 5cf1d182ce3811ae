/** A cut in the network, in the shapes that distributed systems stumble over. */
import { z } from "zod";
import type { FaultReach, FaultTarget } from "../core/contracts/fault.ts";
import { networkFault } from "./network-fault.ts";
import { partitionFlows, RING_COUNT_MIN, SHAPES } from "./network-flows.ts";
import { goneReach, greyReach, specOf } from "./reach.ts";

const Params = z.strictObject({
  shape: z.enum(SHAPES).default("full"),
  direction: z.enum(["in", "out"]).default("out"),
  from: z.string().default(""),
});
type Params = z.infer<typeof Params>;

export const partition = networkFault<Params>({
  name: "partition",
  purpose: "Drops every packet between the targets and others, both ways or one, by shape.",
  params: Params,
  paramsHelp: {
    shape:
      "full: the targets from everybody else (default); one-way: only what they send or get is lost; " +
      "partial: from the rest of their own service, or from the service `from`; ring: all instances of the service " +
      "see only their neighbours, no two the same majority; client-only: from everybody but their own service and what " +
      "it depends on; zone: the targets' zone from all other zones",
    direction: "one-way: what is lost as seen from the targets, out (default) or in",
    from: "partial: the service to be cut off from, default the targets' own",
  },
  needs: ["networkCut"],
  nearest: ["node-power-off", "process-pause", "process-kill"],
  stopsTarget: true,
  reach: reachOf,
  flows: partitionFlows,
  effect: () => ({ kind: "drop" }),
  sign: () => "blocked",
});

function reachOf(target: FaultTarget<Params>): FaultReach {
  switch (target.params.shape) {
    case "full":
      return goneReach(target);
    case "one-way":
    case "client-only":
      return greyReach(target);
    case "partial":
      return partialReach(target);
    case "ring":
      return ringReach(target);
    case "zone":
      return zoneReach(target);
  }
}

/** Within the service either side may be the smaller one. */
function partialReach(target: FaultTarget<Params>): FaultReach {
  const { from } = target.params;
  const { service, services, count } = target;
  if (from !== "" && from !== service) {
    const reach = greyReach(target);
    if (services[from] !== undefined) return { ...reach, services: [service, from] };
    const known = Object.keys(services).join(", ");
    return { ...reach, problem: `from is ${JSON.stringify(from)}; services are ${known}` };
  }
  const all = specOf(target)?.replicaCount ?? 0;
  const reach = greyReach({ ...target, count: Math.min(count, all - count) });
  if (count < all) return reach;
  return { ...reach, problem: `${service} has no instance left to be cut off from` };
}

/** Everybody sees a majority, and nobody is gone. */
function ringReach(target: FaultTarget<Params>): FaultReach {
  const { service } = target;
  const reach = { faultClass: "B", takesOver: false, services: [service] } as const;
  const all = specOf(target)?.replicaCount ?? 0;
  if (all >= RING_COUNT_MIN) return reach;
  const needed = `a ring needs ${String(RING_COUNT_MIN)} instances, ${service} has ${String(all)}`;
  return { ...reach, problem: `${needed}; shape partial cuts fewer` };
}

/** Whole services are gone for all others, so it takes a service that may lose every instance to be within design. */
function zoneReach(target: FaultTarget<Params>): FaultReach {
  const { services, toleranceOf } = target;
  const zone = specOf(target)?.zone;
  const inside = Object.entries(services).filter(([, spec]) => spec.zone === zone);
  const within = inside.every(([, spec]) => spec.replicaCount <= toleranceOf(spec));
  const reach: FaultReach = {
    faultClass: within ? "W" : "X",
    takesOver: within,
    services: inside.map(([name]) => name),
  };
  if (zone !== "ops") return reach;
  return { ...reach, problem: "the zone ops is where the harness itself sits" };
}
