/** One instance after the other, each only once the one before serves again: the everyday maintenance. */
import { z } from "zod";
import type { Fault, FaultContext, FaultTarget } from "../core/contracts/fault.ts";
import { host } from "../core/host.ts";
import { startGone, stopInOrder } from "./graceful-stop.ts";
import { identitiesOf, replacedSince, type Identities } from "./identity.ts";
import { goneReach } from "./reach.ts";

const Params = z.strictObject({
  graceMs: z.number().int().min(100).max(120_000).default(30_000),
  settleMs: z.number().int().min(0).max(120_000).default(5000),
});
type Params = z.infer<typeof Params>;

const known = new WeakMap<FaultContext<Params>, Identities>();

export const rollingRestart: Fault<Params> = {
  name: "rolling-restart",
  purpose: "Stops and starts the targets in order, one at a time, waiting until each serves again.",
  params: Params,
  paramsHelp: {
    graceMs: "time for each to end by itself before it is killed, 100 to 120000, default 30000",
    settleMs: "pause after each before the next is stopped, 0 to 120000, default 5000",
  },
  needs: ["kill", "restart"],
  stopsTarget: true,
  isOverAtOnce: true,
  // However many are restarted, only one is gone at a time; and at the end nobody is.
  reach: (target: FaultTarget<Params>) => ({
    ...goneReach({ ...target, count: 1 }),
    takesOver: false,
  }),
  undo: (context) => ({ kind: "start-instances", instanceIds: context.instanceIds }),
  inject: async (context) => {
    const { graceMs, settleMs } = context.params;
    known.set(context, identitiesOf(context));
    for (const id of context.instanceIds) {
      await stopInOrder(context, id, graceMs);
      await context.restart(id, context.signal);
      await context.useTarget(id, context.signal);
      await host.sleep(settleMs, context.signal);
    }
  },
  evidence: (context) => Promise.resolve(replacedSince(context, known.get(context))),
  recover: (context) => startGone(context),
  evidenceAfter: async (context) => {
    for (const id of context.instanceIds) await context.useTarget(id, context.signal);
    return `${context.instanceIds.join(", ")} answers`;
  },
};
