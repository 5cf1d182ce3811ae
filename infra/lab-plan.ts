/** Pure: a topology on given addresses → every process it will have, with files and command lines. */
import { join } from "node:path";
import type {
  Component,
  ComponentContext,
  Endpoints,
  InstanceSpec,
  Reachable,
} from "../core/contracts/component.ts";
import type { ServiceSpec, Topology } from "../core/contracts/topology.ts";
import { LakeproofError } from "../core/errors.ts";
import { availabilityZonesOf, placementProblems } from "../core/failure-domains.ts";
import { CLOCK_ARTIFACT, withShiftableClock } from "./clock/library.ts";
import { clockProblem } from "./clock/shiftable.ts";
import { COMPONENTS } from "./components/index.ts";
import { labDir, type LabState } from "./drivers/lab.ts";
import { addressBook } from "./zones.ts";

export type Shape = Pick<Topology, "name" | "topicPartitionCount" | "services">;

export interface LabPlan {
  readonly specs: readonly InstanceSpec[];
  readonly endpoints: Endpoints;
  readonly contextOf: (service: string) => ComponentContext;
}

export function planLab(
  topology: Shape,
  lab: Pick<LabState, "id" | "subnet" | "secret" | "isolation">,
  artifacts: Readonly<Record<string, string>>,
): LabPlan {
  const { services } = topology;
  refuseSettings(services);
  const names = Object.keys(services);
  const byService = new Map<string, readonly InstanceSpec[]>();
  const specsOf = (service: string): readonly InstanceSpec[] => {
    const known = byService.get(service);
    if (known !== undefined) return known;
    // Whoever asks for all while it is being made itself gets the others: Prometheus watches everybody.
    byService.set(service, []);
    const made = componentOf(services, service)
      .instances(contextOf(service))
      .map((spec) => furnished(spec, serviceOf(services, service), artifacts));
    byService.set(service, made);
    return made;
  };
  const hostOf = addressBook(services, lab.isolation, lab.subnet);
  const endpoints = endpointsOf(services, specsOf);
  const contextOf = (service: string): ComponentContext => {
    const spec = serviceOf(services, service);
    return {
      service,
      zone: spec.zone,
      isolation: lab.isolation,
      replicaCount: spec.replicaCount,
      memoryMiB: spec.memoryMiB,
      topicPartitionCount: topology.topicPartitionCount,
      config: spec.config ?? {},
      settings: spec.settings ?? {},
      endpoints,
      secret: lab.secret,
      artifact: (name) => artifacts[name] ?? `<${name}>`,
      host: hostOf,
      availabilityZones: availabilityZonesOf(spec),
      replicaCountOf: (other) => services[other]?.replicaCount ?? 0,
      dataDir: (instanceId) => join(labDir(lab.id), "data", instanceId),
      log: () => undefined,
    };
  };
  return { specs: names.flatMap(specsOf), endpoints, contextOf };
}

/** What a topology replaces of its components' configuration, and may not; zones that are not for each instance. */
export function settingProblems(
  services: Readonly<Record<string, ServiceSpec>>,
): readonly string[] {
  const replaced = Object.entries(services).flatMap(([service, { settings = {} }]) => {
    if (Object.keys(settings).length === 0) return [];
    const allowed = componentOf(services, service).settings ?? {};
    const known = Object.keys(allowed);
    return Object.entries(settings).flatMap(([name, value]) => {
      const values = allowed[name];
      const where = `services.${service}.settings.${name}`;
      if (values === undefined) {
        return [
          `${where} is not one that can be replaced: ${known.length === 0 ? "there is none" : `known are ${known.join(", ")}`}.`,
        ];
      }
      return values.includes(value)
        ? []
        : [`${where} is ${JSON.stringify(value)}: allowed are ${values.join(", ")}.`];
    });
  });
  return [...replaced, ...placementProblems(services)];
}

function refuseSettings(services: Readonly<Record<string, ServiceSpec>>): void {
  const problems = settingProblems(services);
  if (problems.length === 0) return;
  throw new LakeproofError("CONFIG_INVALID", problems.join("\n"), {
    hint: "Correct them in the topology; nothing was started.",
  });
}

/** With what the topology gives to each instance, whichever component it is of. */
function furnished(
  spec: InstanceSpec,
  service: ServiceSpec,
  artifacts: Readonly<Record<string, string>>,
): InstanceSpec {
  const { volumeMiB, clock } = service;
  const withVolume = volumeMiB === undefined ? spec : { ...spec, volumeMiB };
  if (clock === undefined) return withVolume;
  const problem = clockProblem(service);
  if (problem === undefined) {
    return withShiftableClock(withVolume, artifacts[CLOCK_ARTIFACT] ?? `<${CLOCK_ARTIFACT}>`);
  }
  throw new LakeproofError("CONFIG_INVALID", `${spec.service}: ${problem}.`, {
    hint: `Leave out clock: "${clock}" there.`,
  });
}

function endpointsOf(
  services: Readonly<Record<string, ServiceSpec>>,
  specsOf: (service: string) => readonly InstanceSpec[],
): Endpoints {
  const names = Object.keys(services);
  const addresses = (service: string, port = "main"): readonly string[] => {
    serviceOf(services, service);
    return specsOf(service).flatMap((spec) => {
      const number = spec.ports[port];
      return number === undefined ? [] : [`${spec.host}:${String(number)}`];
    });
  };
  return {
    addresses,
    address(service, port = "main") {
      const entry = port === "main" ? serviceOf(services, service).entry : undefined;
      const found = addresses(entry ?? service, port)[0];
      if (found !== undefined) return found;
      throw new LakeproofError("CONFIG_INVALID", `Service ${service} has no port called ${port}.`, {
        hint: `The topology's services are ${names.join(", ")}.`,
      });
    },
    instanceIds: (service) => specsOf(service).map((spec) => spec.id),
    has: (service) => names.includes(service),
    all: (): readonly Reachable[] => names.flatMap(specsOf),
  };
}

export function serviceOf(
  services: Readonly<Record<string, ServiceSpec>>,
  name: string,
): ServiceSpec {
  const spec = services[name];
  if (spec !== undefined) return spec;
  throw new LakeproofError("CONFIG_INVALID", `No service is called ${name}.`, {
    hint: `The topology's services are ${Object.keys(services).join(", ")}.`,
  });
}

export function componentOf(
  services: Readonly<Record<string, ServiceSpec>>,
  service: string,
): Component {
  const kind = serviceOf(services, service).component;
  const component = (COMPONENTS as Readonly<Record<string, Component>>)[kind];
  if (component !== undefined) return component;
  throw new LakeproofError("CONFIG_INVALID", `Service ${service} wants component ${kind}.`, {
    hint: `Known components are ${Object.keys(COMPONENTS).join(", ")}.`,
  });
}

/** Artifact names the topology needs, each once. */
export function artifactsOf(services: Readonly<Record<string, ServiceSpec>>): readonly string[] {
  const names = Object.keys(services).flatMap((service) => [
    ...componentOf(services, service).artifacts,
    ...(serviceOf(services, service).clock === undefined ? [] : [CLOCK_ARTIFACT]),
  ]);
  return [...new Set(names)];
}
