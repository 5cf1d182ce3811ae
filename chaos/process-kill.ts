/** kill -9 of every process of an instance; the way back is to start it again on its own data. */
import { z } from "zod";
import type { Fault, FaultContext } from "../core/contracts/fault.ts";
import { reasonOf } from "../core/errors.ts";
import { host } from "../core/host.ts";

const Params = z.strictObject({});
type Params = z.infer<typeof Params>;

/** Identity of the process before the kill: the proof is that another one answers afterwards. */
const before = new WeakMap<FaultContext<Params>, { pid: number; startTicks: string }>();

export const processKill: Fault<Params> = {
  name: "process-kill",
  purpose: "SIGKILL to every process of the instance, then a restart on the same data.",
  params: Params,
  paramsHelp: {},
  needs: ["kill", "restart"],
  stopsTarget: true,
  undo: (context) => ({ kind: "start-instance", instanceId: context.instanceId }),
  inject: async (context) => {
    const instance = context.driver.instance(context.instanceId);
    if (instance !== undefined) {
      before.set(context, { pid: instance.pid, startTicks: instance.startTicks });
    }
    await context.driver.act(context.instanceId, "kill");
  },
  evidence: async (context) => {
    const old = before.get(context);
    if (old === undefined || context.driver.processStates(context.instanceId).length > 0) {
      return undefined;
    }
    try {
      await context.useTarget(host.deadline(3000, context.signal));
    } catch (error) {
      return `process ${String(old.pid)} is gone and using it fails: ${reasonOf(error)}`;
    }
    // Its peers may not have noticed yet: that nobody answers there any more is proof enough.
    return `process ${String(old.pid)} is gone`;
  },
  recover: (context) => context.restart(context.signal),
  evidenceAfter: (context) => {
    const old = before.get(context);
    const now = context.driver.instance(context.instanceId);
    const replaced = old !== undefined && now !== undefined && now.startTicks !== old.startTicks;
    return Promise.resolve(
      replaced ? `process ${String(old.pid)} was replaced by ${String(now.pid)}` : undefined,
    );
  },
};
