/** What each service of a topology loses with each availability zone: facts for the rule about them. */
import { AVAILABILITY_ZONES, type Topology } from "../../core/contracts/topology.ts";
import { fatesOf, spreadProblem } from "../../core/failure-domains.ts";
import { toleranceOf } from "../tolerance.ts";
import type { ZoneLoss } from "./facts.ts";

/** None on loopback, where no node stands anywhere, and where nothing could be spread. */
export function zoneLossesOf({
  services,
  isolation,
}: Pick<Topology, "services" | "isolation">): readonly ZoneLoss[] {
  if (isolation !== "namespaces" || spreadProblem(services) !== undefined) return [];
  return AVAILABILITY_ZONES.flatMap((zone) =>
    fatesOf(services, zone, toleranceOf).flatMap((fate) => {
      const spec = services[fate.service];
      if (spec === undefined) return [];
      const { replicaCount } = spec;
      return [{ ...fate, zone, replicaCount, toleratedCount: toleranceOf(spec) }];
    }),
  );
}
