/**
 * The seed's network zones: which addresses each has, and who may talk to whom. Everything that is not in
 * ALLOWED is denied; inside a zone all may talk.
 */
import { ZONES, type ServiceSpec, type Zone } from "../core/contracts/topology.ts";
import type { Isolation } from "../core/contracts/values.ts";
import { LakeproofError } from "../core/errors.ts";

/** Where users sit: no service runs there, and only the edge may be reached from it. */
export type Place = Zone | "outside";
export const PLACES: readonly Place[] = ["outside", ...ZONES];

export interface Flow {
  readonly from: Place;
  readonly to: Zone;
  /** Component kinds and their port names; "*" for every port of the zone. */
  readonly ports: "*" | Readonly<Record<string, readonly string[]>>;
  readonly why: string;
}

export const ALLOWED: readonly Flow[] = [
  {
    from: "outside",
    to: "dmz",
    ports: { "haproxy-bi": ["main", "tls"] },
    why: "Users reach the load balancer at the edge and nothing behind it.",
  },
  {
    from: "dmz",
    to: "application",
    ports: { superset: ["main"], metabase: ["main"] },
    why: "The load balancer passes requests on to the BI instances.",
  },
  {
    from: "application",
    to: "processing",
    ports: { trino: ["main"] },
    why: "Dashboards and reports are queries to the coordinator.",
  },
  {
    from: "application",
    to: "storage",
    ports: { postgres: ["main"], "haproxy-postgres": ["main"] },
    why: "The BI instances keep their own metadata in PostgreSQL.",
  },
  {
    from: "processing",
    to: "storage",
    ports: {
      postgres: ["main"],
      "haproxy-postgres": ["main"],
      minio: ["main"],
      "haproxy-minio": ["main"],
    },
    why: "Change capture, the Iceberg catalog, and the data files.",
  },
  { from: "ops", to: "dmz", ports: "*", why: "Monitoring, load and faults come from here." },
  {
    from: "ops",
    to: "application",
    ports: "*",
    why: "Monitoring, load and faults come from here.",
  },
  { from: "ops", to: "processing", ports: "*", why: "Monitoring, load and faults come from here." },
  { from: "ops", to: "storage", ports: "*", why: "Monitoring, load and faults come from here." },
];

/** Third octet of a zone's subnet in namespaces. */
const SUBNET: Readonly<Record<Place, number>> = {
  outside: 9,
  dmz: 1,
  application: 2,
  processing: 3,
  storage: 4,
  ops: 5,
};

/** Lab networks are closed, so that every lab can have the same one. */
export function subnetOf(place: Place): string {
  return `10.77.${String(SUBNET[place])}`;
}

export function gatewayOf(place: Place): string {
  return `${subnetOf(place)}.1`;
}

/** The harness's own node, from where it loads, probes and watches; and the one users come from. */
export const HARNESS_NODE = {
  id: "lakeproof",
  place: "ops",
  host: `${subnetOf("ops")}.2`,
} as const;

/** Where the harness itself listens, beside an instance of the same lab: on loopback at the one address nobody has. */
export function harnessHost(inNamespaces: boolean, instanceHost: string): string {
  if (inNamespaces) return HARNESS_NODE.host;
  return `${instanceHost.split(".").slice(0, 3).join(".")}.1`;
}

export const OUTSIDE_NODE = {
  id: "outside",
  place: "outside",
  host: `${subnetOf("outside")}.2`,
} as const;

/** First and last address of each zone where all share one loopback subnet. */
const LOOPBACK_RANGE: Readonly<Record<Zone, readonly [number, number]>> = {
  dmz: [2, 19],
  application: [20, 59],
  processing: [60, 169],
  storage: [170, 219],
  ops: [220, 254],
};
const NAMESPACE_RANGE = [11, 250] as const;

/** Address of every instance: consecutive inside its zone, in the order of the topology. */
export function addressBook(
  services: Readonly<Record<string, ServiceSpec>>,
  isolation: Isolation,
  loopbackSubnet: string,
): (service: string, ordinal: number) => string {
  const first = new Map<string, number>();
  const next = new Map<Zone, number>();
  for (const [name, spec] of Object.entries(services)) {
    const [from, to] = isolation === "loopback" ? LOOPBACK_RANGE[spec.zone] : NAMESPACE_RANGE;
    const at = next.get(spec.zone) ?? from;
    // At least one, because services without processes of their own may be asked for an address too.
    const after = at + Math.max(1, spec.replicaCount);
    if (after - 1 > to) {
      throw new LakeproofError(
        "CONFIG_INVALID",
        `Zone ${spec.zone} is full: ${name} wants ${String(spec.replicaCount)} address(es) from ${String(at)} on.`,
        { hint: `A ${isolation} zone has the addresses ${String(from)} to ${String(to)}.` },
      );
    }
    first.set(name, at);
    next.set(spec.zone, after);
  }
  return (service, ordinal) => {
    const zone = services[service]?.zone ?? "ops";
    const number = (first.get(service) ?? 0) + ordinal;
    const subnet = isolation === "loopback" ? loopbackSubnet : subnetOf(zone);
    return `${subnet}.${String(number)}`;
  };
}
