/**
 * Which instances go down together when an availability zone is lost, and what becomes of each service then. Pure: the
 * fault, `plan`, `lint` and Kafka's racks all ask here, so that they mean the same instances.
 */
import type { FaultClass } from "./contracts/fault.ts";
import {
  AVAILABILITY_ZONES,
  type AvailabilityZone,
  type Services,
  type ServiceSpec,
} from "./contracts/topology.ts";

/** The first three brokers are controllers too; more would only make the quorum slower. */
export const KAFKA_CONTROLLER_COUNT_MAX = 3;
/** Of each partition, where there are so many brokers; two have to confirm. */
const KAFKA_COPY_COUNT = 3;

/** Nobody waits for them: their loss stops no change and no query. */
const BESIDE_THE_PATH = new Set(["flink-sql-gateway", "toxiproxy"]);

/** What of a service decides. */
type Placed = Pick<
  ServiceSpec,
  "component" | "replicaCount" | "zone" | "memoryMiB" | "config" | "availabilityZones"
>;

/** How many instances of a service may be gone, whichever they are, while the others do its work. */
export type ToleranceOf = (service: ServiceSpec) => number;

/**
 * takes-over: the others do its work. stops: a replicated system has lost more than it bears. returns: its only instance is
 * gone, and the service is back when that is started again.
 */
export type Fate = "takes-over" | "stops" | "returns";

export interface ServiceFate {
  readonly service: string;
  readonly component: string;
  readonly lostIds: readonly string[];
  readonly fate: Fate;
  /** False where neither changes nor queries pass it. */
  readonly onPath: boolean;
  /** With the figures. */
  readonly why: string;
}

/**
 * The zone of one instance: by its number, round robin, so that no zone has two of three. A Redis cluster begins with its
 * masters and goes on with their replicas in the same order: those are moved on by one zone, so that no shard has both
 * of its copies in one.
 */
function availabilityZoneOf(service: Placed, ordinal: number): AvailabilityZone {
  const declared = service.availabilityZones?.[ordinal];
  if (declared !== undefined) return declared;
  const masterCount = Math.floor(service.replicaCount / 2);
  const isReplica = service.component === "redis" && ordinal >= masterCount;
  const index = isReplica ? ordinal - masterCount + 1 : ordinal;
  return AVAILABILITY_ZONES[index % AVAILABILITY_ZONES.length] ?? "az-a";
}

export function availabilityZonesOf(service: Placed): readonly AvailabilityZone[] {
  return Array.from({ length: service.replicaCount }, (_, ordinal) =>
    availabilityZoneOf(service, ordinal),
  );
}

/** Numbers of a service's instances in a zone. Who watches stands outside: it must not go down with what it watches. */
function ordinalsIn(service: Placed, zone: AvailabilityZone): readonly number[] {
  const hasProcesses = service.memoryMiB > 0;
  if (!hasProcesses || service.zone === "ops") return [];
  return availabilityZonesOf(service).flatMap((one, ordinal) => (one === zone ? [ordinal] : []));
}

/** All that is in a zone, in the order in which it can be started again: each after what it depends on. */
export function instancesIn(services: Services, zone: AvailabilityZone): readonly string[] {
  const names = servicesIn(services, zone);
  return startWaves(services, names)
    .flat()
    .flatMap((name) => {
      const spec = services[name];
      return spec === undefined ? [] : idsIn(name, spec, zone);
    });
}

function idsIn(name: string, spec: ServiceSpec, zone: AvailabilityZone): readonly string[] {
  return ordinalsIn(spec, zone).map((ordinal) => `${name}-${String(ordinal)}`);
}

function servicesIn(services: Services, zone: AvailabilityZone): readonly string[] {
  return Object.entries(services).flatMap(([name, spec]) =>
    ordinalsIn(spec, zone).length > 0 ? [name] : [],
  );
}

/** What becomes of every service that has instances in the zone. */
export function fatesOf(
  services: Services,
  zone: AvailabilityZone,
  toleranceOf: ToleranceOf,
): readonly ServiceFate[] {
  return Object.entries(services).flatMap(([service, spec]): readonly ServiceFate[] => {
    const lost = ordinalsIn(spec, zone);
    if (lost.length === 0) return [];
    const { component } = spec;
    const onPath = !BESIDE_THE_PATH.has(component);
    const common = { service, component, lostIds: idsIn(service, spec, zone), onPath };
    if (spec.replicaCount === 1) {
      const why = "its only instance, back when it is started again";
      return [{ ...common, fate: "returns", why }];
    }
    const why = whyItStops(spec, lost, toleranceOf);
    const some = `${String(lost.length)} of ${String(spec.replicaCount)}`;
    return [
      why === undefined
        ? { ...common, fate: "takes-over", why: `${some} gone, the others do its work` }
        : { ...common, fate: "stops", why: `${some} gone: ${why}` },
    ];
  });
}

/** W: others take over from everything. B: what is missing then is beside the path. X: something stops. */
export function zoneClassOf(fates: readonly ServiceFate[]): FaultClass {
  const isWithin = ({ fate }: ServiceFate): boolean => fate === "takes-over";
  if (fates.every(isWithin)) return "W";
  return fates.every((fate) => isWithin(fate) || !fate.onPath) ? "B" : "X";
}

/** Undefined where it goes on. */
function whyItStops(
  spec: ServiceSpec,
  lost: readonly number[],
  toleranceOf: ToleranceOf,
): string | undefined {
  if (spec.component === "redis") return whyRedisStops(spec, lost);
  if (spec.component === "kafka") return whyKafkaStops(spec, lost);
  const most = toleranceOf(spec);
  return lost.length <= most ? undefined : `it bears the loss of ${String(most)}`;
}

/** Of the cluster as it was made; after failovers any two masters may stand in one zone. */
function whyRedisStops({ replicaCount }: ServiceSpec, lost: readonly number[]): string | undefined {
  const masterCount = Math.floor(replicaCount / 2);
  const masters = lost.filter((ordinal) => ordinal < masterCount);
  if (masters.length > Math.floor((masterCount - 1) / 2)) {
    return `${String(masters.length)} of ${String(masterCount)} masters, and a majority has to vote`;
  }
  const both = masters.find((ordinal) => lost.includes(ordinal + masterCount));
  return both === undefined
    ? undefined
    : `shard ${String(both)} has its master and its replica there`;
}

function whyKafkaStops(spec: ServiceSpec, lost: readonly number[]): string | undefined {
  const { replicaCount, config } = spec;
  const controllerCount = Math.min(KAFKA_CONTROLLER_COUNT_MAX, replicaCount);
  const controllers = lost.filter((ordinal) => ordinal < controllerCount).length;
  if (controllers > Math.floor((controllerCount - 1) / 2)) {
    return `${String(controllers)} of ${String(controllerCount)} controllers, and a majority has to vote`;
  }
  if (replicaCount < KAFKA_COPY_COUNT) return "partitions have one copy";
  const knows = config?.["rackAware"] === true;
  const zoneCount = new Set(availabilityZonesOf(spec)).size;
  // Told where they stand, brokers put the copies of a partition into as many zones as there are.
  const copies = knows ? Math.ceil(KAFKA_COPY_COUNT / zoneCount) : lost.length;
  if (Math.min(copies, lost.length) <= 1) return undefined;
  return knows
    ? `with ${String(zoneCount)} zone(s) a partition may have two of its three copies there`
    : "brokers without broker.rack may keep two of a partition's three copies there";
}

/**
 * Services in the order in which they can come back: a group needs nothing of itself or of later ones, directly or
 * through services that are not named.
 */
export function startWaves(
  services: Services,
  names: readonly string[],
): readonly (readonly string[])[] {
  const waveOf = (name: string): number =>
    (services[name]?.dependsOn ?? []).reduce(
      (wave, other) => Math.max(wave, waveOf(other) + (names.includes(other) ? 1 : 0)),
      0,
    );
  const waves = Map.groupBy(names, waveOf);
  return [...waves].toSorted(([one], [other]) => one - other).map(([, wave]) => wave);
}

/** Why zones make no sense here; undefined where they do. */
export function spreadProblem(services: Services): string | undefined {
  const counts = Object.values(services).map(({ replicaCount }) => replicaCount);
  const needed = AVAILABILITY_ZONES.length;
  if (Math.max(0, ...counts) >= needed) return undefined;
  return (
    `no service has ${String(needed)} instances to spread over the zones ${AVAILABILITY_ZONES.join(", ")}: ` +
    "losing one would be losing the whole topology, or nothing of it"
  );
}

/** What a topology says of its zones and cannot mean, each as one line. */
export function placementProblems(services: Services): readonly string[] {
  return Object.entries(services).flatMap(([service, { availabilityZones, replicaCount }]) => {
    if (availabilityZones === undefined || availabilityZones.length === replicaCount) return [];
    return [
      `services.${service}.availabilityZones has ${String(availabilityZones.length)} entries: ` +
        `allowed are ${String(replicaCount)}, one for each instance, of ${AVAILABILITY_ZONES.join(", ")}.`,
    ];
  });
}
