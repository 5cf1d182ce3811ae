/** SIGSTOP: the instance keeps its connections and answers nothing, the way a long pause looks from outside. */
import { z } from "zod";
import type { Fault, FaultContext } from "../core/contracts/fault.ts";
import { reasonOf } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { allAnswer } from "./machine-fault.ts";

const Params = z.strictObject({});
type Params = z.infer<typeof Params>;

const STOP_MS_MAX = 2000;

/** A busy process is marked stopped only when it is next scheduled, which takes a moment on a loaded machine. */
async function stoppedStates(
  context: FaultContext<Params>,
  instanceId: string,
): Promise<readonly string[] | undefined> {
  const deadlineMs = host.monotonicMs() + STOP_MS_MAX;
  for (;;) {
    const states = context.driver.processStates(instanceId);
    if (states.length > 0 && states.every((state) => state === "T")) return states;
    if (host.monotonicMs() >= deadlineMs) return undefined;
    await host.sleep(50, context.signal);
  }
}

export const processPause: Fault<Params> = {
  name: "process-pause",
  purpose: "SIGSTOP to every process of the instance, SIGCONT afterwards.",
  params: Params,
  paramsHelp: {},
  needs: ["pause"],
  stopsTarget: true,
  undo: (context) => ({ kind: "resume-instances", instanceIds: context.instanceIds }),
  inject: async (context) => {
    await Promise.all(context.instanceIds.map((id) => context.driver.act(id, "pause")));
  },
  evidence: async (context) => {
    const proofs = await Promise.all(context.instanceIds.map((id) => proofOf(context, id)));
    return proofs.includes(undefined) ? undefined : proofs.join("; ");
  },
  recover: async (context) => {
    await Promise.all(context.instanceIds.map((id) => context.driver.act(id, "resume")));
  },
  evidenceAfter: async (context) => {
    for (const id of context.instanceIds) {
      const states = context.driver.processStates(id);
      if (states.length === 0 || states.includes("T")) return undefined;
    }
    // What was replaced meanwhile first has to find out: a former primary ends its connections to become a standby.
    if (!(await allAnswer(context))) return undefined;
    return `${context.instanceIds.join(", ")} answers again in the same process`;
  },
};

async function proofOf(
  context: FaultContext<Params>,
  instanceId: string,
): Promise<string | undefined> {
  const states = await stoppedStates(context, instanceId);
  if (states === undefined) return undefined;
  try {
    await context.useTarget(instanceId, host.deadline(2000, context.signal));
  } catch (error) {
    const count = String(states.length);
    return `${count} process(es) of ${instanceId} in state T (stopped) and using it fails: ${reasonOf(error)}`;
  }
  return undefined;
}
