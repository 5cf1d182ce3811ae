/** kill -9 of every process of the targets; the way back is to start them again on their own data. */
import { z } from "zod";
import type { Fault, FaultContext } from "../core/contracts/fault.ts";
import { reasonOf } from "../core/errors.ts";
import { host } from "../core/host.ts";

const Params = z.strictObject({});
type Params = z.infer<typeof Params>;

interface Identity {
  readonly pid: number;
  readonly startTicks: string;
}

/** Identities before the kill: the proof is that other processes answer afterwards. */
const before = new WeakMap<FaultContext<Params>, ReadonlyMap<string, Identity>>();

export const processKill: Fault<Params> = {
  name: "process-kill",
  purpose: "SIGKILL to every process of the instance, then a restart on the same data.",
  params: Params,
  paramsHelp: {},
  needs: ["kill", "restart"],
  stopsTarget: true,
  undo: (context) => ({ kind: "start-instances", instanceIds: context.instanceIds }),
  inject: async (context) => {
    before.set(context, new Map(context.instanceIds.flatMap((id) => identityOf(context, id))));
    await Promise.all(context.instanceIds.map((id) => context.driver.act(id, "kill")));
  },
  evidence: async (context) => {
    const proofs = await Promise.all(context.instanceIds.map((id) => proofOf(context, id)));
    return proofs.includes(undefined) ? undefined : proofs.join("; ");
  },
  recover: async (context) => {
    await Promise.all(context.instanceIds.map((id) => context.restart(id, context.signal)));
  },
  evidenceAfter: (context) => {
    const replaced = context.instanceIds.flatMap((id) => {
      const old = before.get(context)?.get(id);
      const [now] = identityOf(context, id);
      if (old === undefined || now === undefined || now[1].startTicks === old.startTicks) return [];
      return [`process ${String(old.pid)} of ${id} was replaced by ${String(now[1].pid)}`];
    });
    const all = replaced.length === context.instanceIds.length;
    return Promise.resolve(all ? replaced.join("; ") : undefined);
  },
};

function identityOf(
  context: FaultContext<Params>,
  instanceId: string,
): readonly (readonly [string, Identity])[] {
  const instance = context.driver.instance(instanceId);
  if (instance === undefined) return [];
  return [[instanceId, { pid: instance.pid, startTicks: instance.startTicks }]];
}

async function proofOf(
  context: FaultContext<Params>,
  instanceId: string,
): Promise<string | undefined> {
  const old = before.get(context)?.get(instanceId);
  if (old === undefined || context.driver.processStates(instanceId).length > 0) return undefined;
  const gone = `process ${String(old.pid)} of ${instanceId} is gone`;
  try {
    await context.useTarget(instanceId, host.deadline(3000, context.signal));
  } catch (error) {
    return `${gone} and using it fails: ${reasonOf(error)}`;
  }
  // Its peers may not have noticed yet: that nobody answers there any more is proof enough.
  return gone;
}
