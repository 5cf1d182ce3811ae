/** SIGSTOP: the instance keeps its connections and answers nothing, the way a long pause looks from outside. */
import { z } from "zod";
import type { Fault } from "../core/contracts/fault.ts";
import { reasonOf } from "../core/errors.ts";

const Params = z.strictObject({});
type Params = z.infer<typeof Params>;

export const processPause: Fault<Params> = {
  name: "process-pause",
  purpose: "SIGSTOP to every process of the instance, SIGCONT afterwards.",
  params: Params,
  paramsHelp: {},
  needs: ["pause"],
  stopsTarget: true,
  undo: (context) => ({ kind: "resume-instance", instanceId: context.instanceId }),
  inject: (context) => context.driver.act(context.instanceId, "pause"),
  evidence: async (context) => {
    const states = context.driver.processStates(context.instanceId);
    if (states.length === 0 || !states.every((state) => state === "T")) return undefined;
    try {
      await context.useTarget(AbortSignal.any([context.signal, AbortSignal.timeout(2000)]));
    } catch (error) {
      return `${String(states.length)} process(es) in state T (stopped) and using it fails: ${reasonOf(error)}`;
    }
    return undefined;
  },
  recover: (context) => context.driver.act(context.instanceId, "resume"),
  evidenceAfter: async (context) => {
    const states = context.driver.processStates(context.instanceId);
    if (states.length === 0 || states.includes("T")) return undefined;
    await context.useTarget(AbortSignal.any([context.signal, AbortSignal.timeout(10_000)]));
    return "it answers again in the same process";
  },
};
