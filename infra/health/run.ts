/** Asks everything of a lab that is up: every instance, then every check of its kind, a few at a time. */
import type { Component, Instance, InstanceSpec } from "../../core/contracts/component.ts";
import { LakeproofError, reasonOf } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { untilAborted } from "../../core/until-aborted.ts";
import type { LabState } from "../drivers/lab.ts";
import { alive } from "../drivers/local.ts";
import { componentOf, planLab, type Shape } from "../lab-plan.ts";
import { span } from "../lint/figures.ts";
import type { HealthCheck, HealthFinding, InstanceHealth, ProbeOutcome } from "./finding.ts";
import { healthOf } from "./index.ts";

/** Each probe and each check may take so long, and no longer. */
const CHECK_MS_MAX = 20_000;
/** All together; what could not be asked until then is bad. */
const TOTAL_MS_MAX = 50_000;
/** The systems share few cores with those who ask; more at once would only measure themselves. */
const AT_ONCE_MAX = 6;
/** An answer this late is an answer, and no good sign. */
const PROBE_SLOW_MS = 5000;

export interface HealthRow extends HealthFinding {
  readonly service: string;
  readonly component: string;
  /** Where the row is about one instance. */
  readonly instance?: string;
}

export interface HealthOptions {
  readonly topology: Shape;
  readonly state: LabState;
  readonly signal: AbortSignal;
  readonly onProgress?: (doneCount: number, totalCount: number) => void;
}

type Task = () => Promise<void>;

/** Rows in the order of the topology: of each service its instances, then its checks. */
export async function checkHealth(options: HealthOptions): Promise<readonly HealthRow[]> {
  const { topology, state } = options;
  const signal = host.deadline(TOTAL_MS_MAX, options.signal);
  // Nothing is started, so that no artifact is needed either.
  const plan = planLab(topology, state, {});
  const services = Object.entries(topology.services).map(([service, { component: kind }]) => {
    const planned = plan.specs.filter((spec) => spec.service === service);
    const component = componentOf(topology.services, service);
    const asked = planned.map((spec) => askedOf(spec, state.instances[spec.id], component, signal));
    const instances = asked.flatMap(({ health }) => (health === undefined ? [] : [health]));
    const checks = Object.entries(healthOf(kind).checks).map(([name, check]) => {
      const rows: HealthRow[] = [];
      const task = async (): Promise<void> => {
        const bounded = boundedCheck(name, check);
        const findings = await bounded(plan.contextOf(service), instances, signal);
        rows.push(...findings.map((finding) => ({ ...finding, service, component: kind })));
      };
      return { rows, task };
    });
    return { asked, checks };
  });
  // Probes before checks: a check may wait for the probes of its instances, and these must have begun by then.
  const probes = services.flatMap(({ asked }) => asked.map(({ task }) => task));
  const checks = services.flatMap((service) => service.checks.map(({ task }) => task));
  await runAll([...probes, ...checks], options.onProgress);
  const rows = await Promise.all(
    services.flatMap((service) => [
      ...service.asked.map(async ({ row }) => [await row]),
      ...service.checks.map((check) => Promise.resolve(check.rows)),
    ]),
  );
  return rows.flat();
}

interface Asked {
  readonly task: Task;
  readonly row: Promise<HealthRow>;
  /** Undefined where the lab has no such instance. */
  readonly health: InstanceHealth | undefined;
}

function askedOf(
  planned: InstanceSpec,
  instance: Instance | undefined,
  component: Component,
  signal: AbortSignal,
): Asked {
  if (instance === undefined) {
    const row = Promise.resolve(missingRow(planned));
    return { task: () => Promise.resolve(), row, health: undefined };
  }
  const { spec } = instance;
  const living = alive(instance);
  const { promise: probed, resolve } = Promise.withResolvers<ProbeOutcome>();
  const task = async (): Promise<void> => {
    resolve(
      living ? await probe(component, spec, signal) : { ok: false, elapsedMs: 0, reason: "dead" },
    );
  };
  const row = probed.then((outcome) => instanceRow(instance, living, outcome));
  return { task, row, health: { spec, alive: living, probed } };
}

async function probe(
  component: Component,
  spec: InstanceSpec,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const startedMs = host.monotonicMs();
  const elapsedMs = (): number => host.monotonicMs() - startedMs;
  const deadline = host.deadline(CHECK_MS_MAX, signal);
  try {
    await untilAborted(component.probe?.(spec, deadline) ?? Promise.resolve(), deadline);
    return { ok: true, elapsedMs: elapsedMs(), reason: "" };
  } catch (error) {
    return { ok: false, elapsedMs: elapsedMs(), reason: whyOf(error) };
  }
}

function missingRow({ id, service, component }: InstanceSpec): HealthRow {
  return {
    service,
    component,
    instance: id,
    check: `instance ${id}`,
    status: "bad",
    observed: "it was never started",
    expected: "a process that is alive",
    hint: "Take the lab down and up again: it is not the whole topology.",
  };
}

export function instanceRow(
  { spec, pid, logPath }: Pick<Instance, "spec" | "pid" | "logPath">,
  living: boolean,
  outcome: ProbeOutcome,
): HealthRow {
  const about = healthOf(spec.component).probe;
  const slow = outcome.elapsedMs > PROBE_SLOW_MS;
  const took = `in ${span(outcome.elapsedMs)}`;
  const answered = outcome.ok ? `answered ${took}` : `no good answer ${took}: ${outcome.reason}`;
  return {
    service: spec.service,
    component: spec.component,
    instance: spec.id,
    check: `instance ${spec.id}`,
    status: living && outcome.ok ? (slow ? "warn" : "ok") : "bad",
    observed: living
      ? `process ${String(pid)} is alive, its probe ${answered}`
      : `process ${String(pid)} is gone`,
    expected: `alive, and within ${span(CHECK_MS_MAX)}: ${about}`,
    hint: living
      ? `Read ${logPath}; a process that is alive and silent is stopped, stuck or starved.`
      : `Read the end of ${logPath}, then start it again.`,
  };
}

/** A check that does not come back, or fails itself, has found something: that nobody can tell. */
export function boundedCheck(name: string, check: HealthCheck): HealthCheck {
  return async (context, instances, signal) => {
    const deadline = host.deadline(CHECK_MS_MAX, signal);
    try {
      return await untilAborted(check(context, instances, deadline), deadline);
    } catch (error) {
      return [
        {
          check: name,
          status: "bad",
          observed: `it could not be asked: ${whyOf(error)}`,
          expected: `an answer within ${span(CHECK_MS_MAX)}`,
          hint:
            error instanceof LakeproofError
              ? error.hint
              : "Look at the instances first; with all of them up, read their logs.",
        },
      ];
    }
  };
}

/** Of several that were asked at once each has its own reason; a request that failed has its cause. */
function whyOf(error: unknown): string {
  const reasons = error instanceof AggregateError ? error.errors.map(whyOfOne) : [whyOfOne(error)];
  return [...new Set(reasons)].join("; ").replaceAll(/\s+/g, " ").slice(0, 300);
}

function whyOfOne(error: unknown): string {
  const own = reasonOf(error);
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause === undefined) return own;
  const below = reasonOf(cause);
  return own.includes(below) ? own : `${own}: ${below}`;
}

async function runAll(
  tasks: readonly Task[],
  onProgress: HealthOptions["onProgress"],
): Promise<void> {
  let next = 0;
  let doneCount = 0;
  const worker = async (): Promise<void> => {
    for (let task = tasks[next++]; task !== undefined; task = tasks[next++]) {
      await task();
      doneCount += 1;
      onProgress?.(doneCount, tasks.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE_MAX }, worker));
}
