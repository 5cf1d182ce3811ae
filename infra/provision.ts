/**
 * Turns a topology into a running lab: every service starts as soon as what it depends on is ready
 * and configured, all others in parallel.
 */
import { createHash } from "node:crypto";
import type {
  ClockReading,
  Component,
  Endpoints,
  Instance,
  InstanceSpec,
} from "../core/contracts/component.ts";
import type { Driver } from "../core/contracts/driver.ts";
import type { FaultReplication } from "../core/contracts/fault.ts";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { criticalPath, type CriticalPath } from "./critical-path.ts";
import { readLab, writeLab, type LabState } from "./drivers/lab.ts";
import { openLocalDriver } from "./drivers/local.ts";
import { componentOf, planLab, serviceOf, type LabPlan, type Shape } from "./lab-plan.ts";
import { StartGate } from "./start-gate.ts";

/** Far above any start that still makes sense; each instance has its own, shorter limit. */
const PROVISION_MS_MAX = 900_000;

export type ProvisionStep =
  | { readonly kind: "starting"; readonly id: string }
  | { readonly kind: "ready"; readonly id: string; readonly instance: Instance }
  | { readonly kind: "configured"; readonly id: string; readonly elapsedMs: number }
  | { readonly kind: "complete"; readonly elapsedMs: number; readonly critical: CriticalPath };

export interface Lab {
  readonly id: string;
  readonly secret: string;
  readonly driver: Driver;
  readonly endpoints: Endpoints;
  readonly specs: readonly InstanceSpec[];
  /** One real use of an instance, with the component's own probe. */
  probe(instanceId: string, signal: AbortSignal): Promise<void>;
  /** What an instance takes for the time, and by what it was asked; undefined where it cannot be asked. */
  readClock(
    instanceId: string,
    signal: AbortSignal,
  ): Promise<(ClockReading & { readonly means: string }) | undefined>;
  /** Starts a stopped instance again on its own data. */
  restart(instanceId: string, signal: AbortSignal): Promise<Instance>;
  /** Creates what dependents of a service need, where it is missing. */
  configure(service: string, signal: AbortSignal): Promise<void>;
  /** Ids of `count` instances: the one named, those in a role right now, or the first. */
  targets(
    service: string,
    role: string | undefined,
    count: number,
    signal: AbortSignal,
  ): Promise<readonly string[]>;
  /** How the service keeps its copies; undefined where its component keeps none. */
  replication(service: string): FaultReplication | undefined;
  /** One real use of a service the way its clients go, with some of its instances perhaps gone. */
  serving(service: string, signal: AbortSignal): Promise<void>;
}

export interface ProvisionOptions {
  readonly topology: Shape;
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
  const gate = new StartGate();
  const names = Object.keys(topology.services);
  const done = new Map<string, Promise<void>>();
  const readyMs = new Map<string, number>();
  const startedMs = host.monotonicMs();
  const begin = (service: string): Promise<void> => {
    const running = done.get(service);
    if (running !== undefined) return running;
    const spec = serviceOf(topology.services, service);
    const component = componentOf(topology.services, service);
    const enter = (): Promise<Disposable> =>
      gate.enter(component.startCoreCount ?? 1, names.indexOf(service), signal);
    const work = Promise.all((spec.dependsOn ?? []).map(begin)).then(() =>
      startService({ service, component, plan, lab, signal, onStep, enter }).then((ms) => {
        readyMs.set(service, ms);
      }),
    );
    done.set(service, work);
    return work;
  };
  const works = names.map(begin);
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
  const elapsedMs = host.monotonicMs() - startedMs;
  onStep({ kind: "complete", elapsedMs, critical: criticalPath(topology.services, readyMs) });
  return lab;
}

interface ServiceStart {
  readonly service: string;
  readonly component: Component;
  readonly plan: LabPlan;
  readonly lab: Lab;
  readonly signal: AbortSignal;
  readonly onStep: (step: ProvisionStep) => void;
  readonly enter: () => Promise<Disposable>;
}

/** Returns the milliseconds it took itself: its slowest instance and its configuration, no waiting for room. */
async function startService(start: ServiceStart): Promise<number> {
  const { service, component, plan, lab, signal, onStep } = start;
  const specs = plan.specs.filter((spec) => spec.service === service);
  const startOne = async (spec: InstanceSpec): Promise<number> => {
    using _pass = await start.enter();
    signal.throwIfAborted();
    onStep({ kind: "starting", id: spec.id });
    const instance = await lab.driver.start(spec, probeOf(component), signal);
    onStep({ kind: "ready", id: spec.id, instance });
    return instance.readyMs;
  };
  const alone = component.firstStartsAlone === true ? specs.slice(0, 1) : [];
  const aloneMs = Math.max(0, ...(await Promise.all(alone.map(startOne))));
  const readyMs = await Promise.all(specs.slice(alone.length).map(startOne));
  const slowestMs = aloneMs + Math.max(0, ...readyMs);
  if (component.configure === undefined) return slowestMs;
  const startedMs = host.monotonicMs();
  if (specs.length === 0) onStep({ kind: "starting", id: service });
  await component.configure(plan.contextOf(service), signal);
  const elapsedMs = host.monotonicMs() - startedMs;
  if (specs.length === 0) onStep({ kind: "configured", id: service, elapsedMs });
  return slowestMs + elapsedMs;
}

function probeOf(component: Component): (spec: InstanceSpec, signal: AbortSignal) => Promise<void> {
  return (spec, signal) => component.probe?.(spec, signal) ?? Promise.resolve();
}

/** The handle to a lab, whether this process started it or found it up. */
export function openLab(
  topology: Shape,
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
  const entryServing = async (entry: string, signal: AbortSignal): Promise<void> => {
    const component = componentOf(topology.services, entry);
    if (component.serving !== undefined) return component.serving(plan.contextOf(entry), signal);
    const [first] = plan.endpoints.instanceIds(entry);
    if (first !== undefined) await probeFor(specOf(first))(specOf(first), signal);
  };
  return {
    id: state.id,
    secret: state.secret,
    driver,
    endpoints: plan.endpoints,
    specs: plan.specs,
    probe: (id, signal) => probeFor(specOf(id))(specOf(id), signal),
    readClock: async (id, signal) => {
      const spec = specOf(id);
      const { clock } = componentOf(topology.services, spec.service);
      const reading = await clock?.read(spec, signal);
      return clock === undefined || reading === undefined
        ? undefined
        : { ...reading, means: clock.means };
    },
    restart: (id, signal) => driver.start(specOf(id), probeFor(specOf(id)), signal),
    configure: async (service, signal) => {
      await componentOf(topology.services, service).configure?.(plan.contextOf(service), signal);
    },
    targets: async (service, role, count, signal) => {
      const all = plan.endpoints.instanceIds(service);
      if (role === undefined) return all.slice(0, count);
      if (all.includes(role)) return [role];
      const lookUp = componentOf(topology.services, service).roles?.[role];
      if (lookUp === undefined) throw noRole(topology, service, role);
      return [await lookUp(plan.contextOf(service), signal)];
    },
    replication: (service) => replicationOf(topology, plan, service),
    serving: async (service, signal) => {
      const { entry } = serviceOf(topology.services, service);
      if (entry !== undefined) await entryServing(entry, signal);
      await componentOf(topology.services, service).serving?.(plan.contextOf(service), signal);
    },
  };
}

function replicationOf(
  topology: Shape,
  plan: LabPlan,
  service: string,
): FaultReplication | undefined {
  const { replication } = componentOf(topology.services, service);
  if (replication === undefined) return undefined;
  const context = plan.contextOf(service);
  return {
    unit: replication.unit,
    replicaSets: (signal) => replication.replicaSets(context, signal),
    refresh: (set, signal) => replication.refresh(context, set, signal),
    positionCount: (set, signal) => replication.positionCount(context, set, signal),
  };
}

function noRole(topology: Shape, service: string, role: string): LakeproofError {
  const known = Object.keys(componentOf(topology.services, service).roles ?? {});
  return new LakeproofError("CONFIG_INVALID", `Service ${service} has no role called ${role}.`, {
    hint: known.length === 0 ? "It has none." : `Its roles are ${known.join(", ")}.`,
  });
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
