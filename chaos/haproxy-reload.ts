/** The everyday change of a load balancer's configuration: the next worker takes over the listeners, under load. */
import { z } from "zod";
import type { Fault, FaultContext, FaultTarget } from "../core/contracts/fault.ts";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import {
  probeConnections,
  type ConnectionCounts,
  type ConnectionProbe,
  type OPENINGS,
} from "./connection-probe.ts";
import { startGone } from "./graceful-stop.ts";
import { specOf } from "./reach.ts";

const Params = z.strictObject({
  oldWorkerMsMax: z.number().int().min(1000).max(600_000).default(90_000),
});
type Params = z.infer<typeof Params>;

/** Connections before the reload and after the old worker has ended: both workers have to have answered some. */
const ALONE_MS = 1000;
const NEXT_WORKER_MS_MAX = 30_000;
const POLL_MS = 500;

/** Kind of component → what its main port speaks. */
const PROTOCOLS: Readonly<Record<string, keyof typeof OPENINGS>> = {
  "haproxy-bi": "http",
  "haproxy-minio": "http",
  "haproxy-postgres": "postgres",
};

interface Reload {
  readonly instanceId: string;
  readonly probe: ConnectionProbe;
  readonly oldPids: ReadonlySet<number>;
}

const known = new WeakMap<FaultContext<Params>, readonly Reload[]>();

export const haproxyReload: Fault<Params> = {
  name: "haproxy-reload",
  purpose:
    "Reloads HAProxy under load: no new connection may be refused, and the old worker has to end.",
  params: Params,
  paramsHelp: {
    oldWorkerMsMax:
      "time for the old worker to end, 1000 to 600000, default 90000; longer than hard-stop-after of its configuration",
  },
  needs: ["restart"],
  // Sessions that outlast hard-stop-after are cut: what went through them may be repeated.
  stopsTarget: true,
  isOverAtOnce: true,
  reach: (target: FaultTarget<Params>) => {
    const reach = { faultClass: "W", takesOver: true, services: [target.service] } as const;
    if (PROTOCOLS[specOf(target)?.component ?? ""] !== undefined) return reach;
    return { ...reach, problem: `${target.service} is no HAProxy: nothing else is reloaded so` };
  },
  // A reload takes nothing away; it is there in case HAProxy dies of it.
  undo: (context) => ({ kind: "start-instances", instanceIds: context.instanceIds }),
  inject: async (context) => {
    const reloads = context.instanceIds.map((id) => begin(context, id));
    known.set(context, reloads);
    await host.sleep(ALONE_MS, context.signal);
    for (const { instanceId, probe } of reloads) {
      if (probe.counts().answered === 0) throw unanswered(instanceId);
      await context.driver.reload(instanceId);
    }
  },
  evidence: async (context) => {
    const reloads = known.get(context);
    if (reloads === undefined) return undefined;
    const texts = await Promise.all(reloads.map((reload) => seeThrough(context, reload)));
    return texts.every((text) => text !== undefined) ? texts.join("; ") : undefined;
  },
  recover: async (context) => {
    await Promise.all((known.get(context) ?? []).map(({ probe }) => probe.stop()));
    await startGone(context);
  },
  evidenceAfter: async (context) => {
    for (const id of context.instanceIds) await context.useTarget(id, context.signal);
    return `${context.instanceIds.join(", ")} answers`;
  },
};

function begin(context: FaultContext<Params>, instanceId: string): Reload {
  const target = context.endpoints.all().find(({ id }) => id === instanceId);
  const address = { host: target?.host ?? "", port: target?.ports["main"] ?? 0 };
  return {
    instanceId,
    probe: probeConnections(address, PROTOCOLS[target?.component ?? ""] ?? "http"),
    oldPids: new Set(context.driver.processIds(instanceId)),
  };
}

/** Undefined when no next worker came up: the old one is still there then, with the old configuration. */
async function seeThrough(
  context: FaultContext<Params>,
  reload: Reload,
): Promise<string | undefined> {
  const { instanceId, probe } = reload;
  const { oldWorkerMsMax } = context.params;
  const reloadedMs = host.monotonicMs();
  const next = await poll(context, NEXT_WORKER_MS_MAX, () => nextOf(context, reload));
  if (next === undefined) return undefined;
  const ended = await poll(context, oldWorkerMsMax, () => endedOf(context, reload));
  if (ended === undefined) {
    throw new LakeproofError(
      "FAULT_FAILED",
      `The old worker of ${instanceId} still runs ${String(oldWorkerMsMax)} ms after its reload.`,
      { hint: "It waits for its sessions: hard-stop-after in the global section limits that." },
    );
  }
  const oldMs = host.monotonicMs() - reloadedMs;
  const before = probe.counts().answered;
  await host.sleep(ALONE_MS, context.signal);
  const counts = await probe.stop();
  if (counts.answered === before) throw unanswered(instanceId);
  const workers = `worker ${ended.join(", ")} of ${instanceId} ended ${(oldMs / 1000).toFixed(1)} s after ${next.join(", ")} took over`;
  return `${workers}; ${connectionsText(instanceId, counts)}`;
}

/** Pure. Throws FAULT_FAILED where any connection was not answered. */
export function connectionsText(instanceId: string, counts: ConnectionCounts): string {
  const { answered, refused, reset, silent } = counts;
  if (refused + reset + silent === 0) {
    return `all ${String(answered)} connections opened meanwhile were answered`;
  }
  throw new LakeproofError(
    "FAULT_FAILED",
    `${instanceId} answered ${String(answered)} connections during its reload; ` +
      `${String(refused)} were refused, ${String(reset)} closed and ${String(silent)} left without an answer.`,
    {
      hint: "The next worker must be handed the listeners: expose-fd listeners on its stats socket.",
    },
  );
}

function nextOf(context: FaultContext<Params>, reload: Reload): readonly number[] | undefined {
  const next = context.driver
    .processIds(reload.instanceId)
    .filter((pid) => !reload.oldPids.has(pid));
  return next.length === 0 ? undefined : next;
}

/** The master stays: it is the instance itself. */
function endedOf(context: FaultContext<Params>, reload: Reload): readonly number[] | undefined {
  const master = context.driver.instance(reload.instanceId)?.pid;
  const workers = [...reload.oldPids].filter((pid) => pid !== master);
  const there = new Set(context.driver.processIds(reload.instanceId));
  return workers.length > 0 && workers.every((pid) => !there.has(pid)) ? workers : undefined;
}

async function poll<T>(
  context: FaultContext<Params>,
  limitMs: number,
  look: () => T | undefined,
): Promise<T | undefined> {
  const deadlineMs = host.monotonicMs() + limitMs;
  for (;;) {
    const seen = look();
    if (seen !== undefined || host.monotonicMs() >= deadlineMs) return seen;
    await host.sleep(POLL_MS, context.signal);
  }
}

function unanswered(instanceId: string): LakeproofError {
  return new LakeproofError("FAULT_FAILED", `${instanceId} answers no connection.`, {
    hint: "Read its log.",
  });
}
