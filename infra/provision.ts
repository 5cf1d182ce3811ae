/**
 * Turns a topology into a running lab: every service starts as soon as what it depends on is ready
 * and configured, all others in parallel.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type {
  Component,
  ComponentContext,
  Endpoints,
  Instance,
  InstanceSpec,
} from "../core/contracts/component.ts";
import type { Driver } from "../core/contracts/driver.ts";
import type { ServiceSpec, Topology } from "../core/contracts/topology.ts";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { COMPONENTS } from "./components/index.ts";
import { labDir, readLab, writeLab, type LabState } from "./drivers/lab.ts";
import { openLocalDriver } from "./drivers/local.ts";

/** Far above any start that still makes sense; each instance has its own, shorter limit. */
const PROVISION_MS_MAX = 900_000;

export type ProvisionStep =
  | { readonly kind: "starting"; readonly id: string }
  | { readonly kind: "ready"; readonly id: string; readonly instance: Instance }
  | { readonly kind: "configured"; readonly id: string; readonly elapsedMs: number };

export interface Lab {
  readonly id: string;
  readonly secret: string;
  readonly driver: Driver;
  readonly endpoints: Endpoints;
  readonly specs: readonly InstanceSpec[];
  /** One real use of an instance, with the component's own probe. */
  probe(instanceId: string, signal: AbortSignal): Promise<void>;
  /** Starts a stopped instance again on its own data. */
  restart(instanceId: string, signal: AbortSignal): Promise<Instance>;
}

/** Pure: every process the topology will have, with addresses and files. */
export interface LabPlan {
  readonly specs: readonly InstanceSpec[];
  readonly endpoints: Endpoints;
  readonly contextOf: (service: string) => ComponentContext;
}

export function planLab(
  topology: Pick<Topology, "name" | "topicPartitionCount" | "services">,
  lab: Pick<LabState, "id" | "subnet" | "secret">,
  artifacts: Readonly<Record<string, string>>,
): LabPlan {
  const names = Object.keys(topology.services);
  const byService = new Map<string, readonly InstanceSpec[]>();
  const specsOf = (service: string): readonly InstanceSpec[] => {
    const known = byService.get(service);
    if (known !== undefined) return known;
    const made = componentOf(topology.services, service).instances(contextOf(service));
    byService.set(service, made);
    return made;
  };
  const endpoints: Endpoints = {
    address(service, port = "main") {
      const spec = specsOf(service)[0];
      const number = spec?.ports[port];
      if (spec === undefined || number === undefined) {
        throw new LakeproofError(
          "CONFIG_INVALID",
          `Service ${service} has no port called ${port}.`,
          {
            hint: `The topology's services are ${names.join(", ")}.`,
          },
        );
      }
      return `${spec.host}:${String(number)}`;
    },
    instanceIds: (service) => specsOf(service).map((spec) => spec.id),
  };
  const contextOf = (service: string): ComponentContext => {
    const spec = serviceOf(topology.services, service);
    return {
      service,
      replicaCount: spec.replicaCount,
      memoryMiB: spec.memoryMiB,
      topicPartitionCount: topology.topicPartitionCount,
      config: spec.config ?? {},
      endpoints,
      secret: lab.secret,
      artifact: (name) => artifacts[name] ?? `<${name}>`,
      host: (other, ordinal) =>
        `${lab.subnet}.${String(10 * (names.indexOf(other) + 1) + 1 + ordinal)}`,
      dataDir: (instanceId) => join(labDir(lab.id), "data", instanceId),
      log: () => undefined,
    };
  };
  return { specs: names.flatMap(specsOf), endpoints, contextOf };
}

function serviceOf(services: Readonly<Record<string, ServiceSpec>>, name: string): ServiceSpec {
  const spec = services[name];
  if (spec !== undefined) return spec;
  throw new LakeproofError("CONFIG_INVALID", `No service is called ${name}.`, {
    hint: `The topology's services are ${Object.keys(services).join(", ")}.`,
  });
}

function componentOf(services: Readonly<Record<string, ServiceSpec>>, service: string): Component {
  const kind = serviceOf(services, service).component;
  const component = (COMPONENTS as Readonly<Record<string, Component>>)[kind];
  if (component !== undefined) return component;
  throw new LakeproofError("CONFIG_INVALID", `Service ${service} wants component ${kind}.`, {
    hint: `Known components are ${Object.keys(COMPONENTS).join(", ")}.`,
  });
}

/** Artifact names the topology needs, each once. */
export function artifactsOf(services: Readonly<Record<string, ServiceSpec>>): readonly string[] {
  const names = Object.keys(services).flatMap(
    (service) => componentOf(services, service).artifacts,
  );
  return [...new Set(names)];
}

export interface ProvisionOptions {
  readonly topology: Pick<Topology, "name" | "topicPartitionCount" | "services">;
  readonly state: LabState;
  readonly artifacts: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly onStep: (step: ProvisionStep) => void;
}

/** Writes the lab's state, starts everything, and returns when the whole chain is ready. */
export async function provision(options: ProvisionOptions): Promise<Lab> {
  const { topology, state, onStep } = options;
  const plan = planLab(topology, state, options.artifacts);
  writeLab(state);
  const lab = openLab(topology, state, options.artifacts);
  const failed = new AbortController();
  const signal = host.deadline(PROVISION_MS_MAX, options.signal, failed.signal);
  const done = new Map<string, Promise<void>>();
  const begin = (service: string): Promise<void> => {
    const running = done.get(service);
    if (running !== undefined) return running;
    const spec = serviceOf(topology.services, service);
    const work = Promise.all((spec.dependsOn ?? []).map(begin)).then(() =>
      startService(service, componentOf(topology.services, service), plan, lab, signal, onStep),
    );
    done.set(service, work);
    return work;
  };
  const works = Object.keys(topology.services).map(begin);
  try {
    await Promise.all(works);
  } catch (error) {
    // The first failure stops the others, so that nothing starts while the lab is taken down.
    failed.abort(error);
    await Promise.allSettled(works);
    throw error;
  }
  const current = readLab(state.id) ?? state;
  writeLab({ ...current, state: "up" });
  return lab;
}

async function startService(
  service: string,
  component: Component,
  plan: LabPlan,
  lab: Lab,
  signal: AbortSignal,
  onStep: (step: ProvisionStep) => void,
): Promise<void> {
  const specs = plan.specs.filter((spec) => spec.service === service);
  await Promise.all(
    specs.map(async (spec) => {
      signal.throwIfAborted();
      onStep({ kind: "starting", id: spec.id });
      const instance = await lab.driver.start(spec, probeOf(component), signal);
      onStep({ kind: "ready", id: spec.id, instance });
    }),
  );
  if (component.configure === undefined) return;
  const startedMs = host.monotonicMs();
  if (specs.length === 0) onStep({ kind: "starting", id: service });
  await component.configure(plan.contextOf(service), signal);
  if (specs.length === 0) {
    onStep({ kind: "configured", id: service, elapsedMs: host.monotonicMs() - startedMs });
  }
}

function probeOf(component: Component): (spec: InstanceSpec, signal: AbortSignal) => Promise<void> {
  return (spec, signal) => component.probe?.(spec, signal) ?? Promise.resolve();
}

/** The handle to a lab, whether this process started it or found it up. */
export function openLab(
  topology: Pick<Topology, "name" | "topicPartitionCount" | "services">,
  state: LabState,
  artifacts: Readonly<Record<string, string>>,
): Lab {
  const plan = planLab(topology, state, artifacts);
  const driver = openLocalDriver(state);
  const specOf = (id: string): InstanceSpec => {
    const spec = plan.specs.find((candidate) => candidate.id === id);
    if (spec !== undefined) return spec;
    throw new LakeproofError("CONFIG_INVALID", `No instance is called ${id}.`, {
      hint: `The lab's instances are ${plan.specs.map((known) => known.id).join(", ")}.`,
    });
  };
  const probeFor = (spec: InstanceSpec): ReturnType<typeof probeOf> =>
    probeOf(componentOf(topology.services, spec.service));
  return {
    id: state.id,
    secret: state.secret,
    driver,
    endpoints: plan.endpoints,
    specs: plan.specs,
    probe: (id, signal) => probeFor(specOf(id))(specOf(id), signal),
    restart: (id, signal) => driver.start(specOf(id), probeFor(specOf(id)), signal),
  };
}

/** SHA-256 of what each instance is configured with; secrets and lab paths masked, so that labs compare. */
export function configDigests(lab: Lab): Readonly<Record<string, string>> {
  return Object.fromEntries(
    lab.specs.map((spec) => {
      const text = JSON.stringify({ files: spec.files, command: spec.command })
        .replaceAll(lab.secret, "<secret>")
        .replaceAll(lab.id, "<lab>");
      return [spec.id, createHash("sha256").update(text).digest("hex")];
    }),
  );
}
