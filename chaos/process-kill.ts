/** kill -9 of every process of the targets; the way back is to start them again on their own data. */
import { z } from "zod";
import type { Fault, FaultContext } from "../core/contracts/fault.ts";
import { reasonOf } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { identitiesOf, replacedSince, type Identities } from "./identity.ts";

const Params = z.strictObject({});
type Params = z.infer<typeof Params>;

const before = new WeakMap<FaultContext<Params>, Identities>();

export const processKill: Fault<Params> = {
  name: "process-kill",
  purpose: "SIGKILL to every process of the instance, then a restart on the same data.",
  params: Params,
  paramsHelp: {},
  needs: ["kill", "restart"],
  stopsTarget: true,
  undo: (context) => ({ kind: "start-instances", instanceIds: context.instanceIds }),
  inject: async (context) => {
    before.set(context, identitiesOf(context));
    await Promise.all(context.instanceIds.map((id) => context.driver.act(id, "kill")));
  },
  evidence: async (context) => {
    const proofs = await Promise.all(context.instanceIds.map((id) => proofOf(context, id)));
    return proofs.includes(undefined) ? undefined : proofs.join("; ");
  },
  recover: async (context) => {
    await Promise.all(context.instanceIds.map((id) => context.restart(id, context.signal)));
  },
  evidenceAfter: (context) => Promise.resolve(replacedSince(context, before.get(context))),
};

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
