/** A building loses its power: instances of every service at one moment. */
import { z } from "zod";
import type { FaultReach, FaultTarget } from "../core/contracts/fault.ts";
import { AVAILABILITY_ZONES } from "../core/contracts/topology.ts";
import {
  fatesOf,
  instancesIn,
  spreadProblem,
  startWaves,
  zoneClassOf,
} from "../core/failure-domains.ts";
import { powerFault } from "./power-off.ts";
import { specOf } from "./reach.ts";

const Params = z.strictObject({ zone: z.enum(AVAILABILITY_ZONES).default("az-b") });
type Params = z.infer<typeof Params>;

/** A fault is aimed at something: this one at what holds the rows. */
const ANCHORS = ["patroni", "postgres"];

export const availabilityZoneLoss = powerFault<Params>({
  name: "availability-zone-loss",
  purpose:
    "Pulls the plug of every node in one of three zones, over which the instances of each service are spread.",
  params: Params,
  paramsHelp: {
    zone: "az-a, az-b (default) or az-c: instances are spread by their number, so az-a has every single one",
  },
  nearest: ["node-power-off"],
  reach: reachOf,
  hits: ({ zone }, services) => ({
    name: `availability zone ${zone}`,
    instanceIds: instancesIn(services, zone),
  }),
});

function reachOf(target: FaultTarget<Params>): FaultReach {
  const { params, service, services, count, toleranceOf } = target;
  const fates = fatesOf(services, params.zone, toleranceOf);
  const names = fates.map((fate) => fate.service);
  const faultClass = zoneClassOf(fates);
  const reach: FaultReach = {
    faultClass,
    takesOver: faultClass === "W",
    services: names,
    waves: startWaves(services, names),
  };
  const problem = (text: string): FaultReach => ({ ...reach, services: [service], problem: text });
  const spread = spreadProblem(services);
  if (spread !== undefined) return problem(spread);
  if (names.length === 0) return problem(`nothing stands in availability zone ${params.zone}`);
  if (!ANCHORS.includes(specOf(target)?.component ?? "")) {
    return problem(`it takes a part of every service: aim it at the bank's database`);
  }
  return count === 1 ? reach : problem("it takes the whole zone: leave count out");
}
