/** What is in the zone that a fault takes, and what becomes of it: under the fault in `plan`. */
import type { Plan } from "../core/contracts/plan.ts";
import type { FaultEntry } from "../core/contracts/fault.ts";
import type { AvailabilityZone, Services } from "../core/contracts/topology.ts";
import { AVAILABILITY_ZONES } from "../core/contracts/topology.ts";
import {
  fatesOf,
  spreadProblem,
  zoneClassOf,
  type Fate,
  type ServiceFate,
} from "../core/failure-domains.ts";
import { toleranceOf } from "../infra/tolerance.ts";

const HEADINGS: Readonly<Record<Fate, string>> = {
  "takes-over": "others take over",
  stops: "stops",
  returns: "only instance",
};

/** Who stands where, and what the loss of each zone would be; none where nodes have no place to stand in. */
export function spreadLines({ topology: { services }, isolation }: Plan): readonly string[] {
  if (isolation !== "namespaces" || spreadProblem(services) !== undefined) return [];
  return [
    "availability zones, and what the loss of one would be:",
    ...AVAILABILITY_ZONES.map((zone) => {
      const fates = fatesOf(services, zone, toleranceOf);
      const nodeCount = fates.reduce((sum, { lostIds }) => sum + lostIds.length, 0);
      const named = (fate: Fate): readonly string[] =>
        fates.flatMap((one) => (one.fate === fate && one.onPath ? [one.service] : []));
      const parts = [
        ...fates.flatMap((one) =>
          one.fate === "stops" ? [`stops ${one.service} (${one.why})`] : [],
        ),
        ...(named("returns").length === 0
          ? []
          : [`only instance of ${named("returns").join(", ")}`]),
      ];
      const told = parts.length === 0 ? "the others take over" : parts.join("; ");
      return `  ${zone}  ${String(nodeCount)} nodes  class ${zoneClassOf(fates)}  ${told}`;
    }),
  ];
}

/** None for a fault that takes no zone. */
export function zoneLines(
  { params, instanceIds }: FaultEntry,
  services: Services,
): readonly string[] {
  const zone = zoneIn(params);
  if (instanceIds === undefined || zone === undefined) return [];
  const fates = fatesOf(services, zone, toleranceOf);
  return (["takes-over", "stops", "returns"] as const).flatMap((fate) => {
    const own = fates.filter((one) => one.fate === fate);
    if (own.length === 0) return [];
    return [`        ${HEADINGS[fate].padEnd(16)}  ${own.map(lostText).join(", ")}`];
  });
}

function lostText({ fate, lostIds, why }: ServiceFate): string {
  const ids = lostIds.join(", ");
  return fate === "stops" ? `${ids} (${why})` : ids;
}

function zoneIn(params: FaultEntry["params"]): AvailabilityZone | undefined {
  if (params === null || typeof params !== "object" || !("zone" in params)) return undefined;
  return AVAILABILITY_ZONES.find((zone) => zone === params["zone"]);
}
