/** SIGTERM with time to leave in order: leaders move, offsets are written, peers are told. */
import { z } from "zod";
import type { Fault, FaultContext } from "../core/contracts/fault.ts";
import { host } from "../core/host.ts";
import { identitiesOf, replacedSince, type Identities } from "./identity.ts";

const Params = z.strictObject({ graceMs: z.number().int().min(100).max(120_000).default(30_000) });
type Params = z.infer<typeof Params>;

interface Stopped {
  readonly identities: Identities;
  /** Instance → how long it took to be gone. */
  readonly tookMs: ReadonlyMap<string, number>;
}

const known = new WeakMap<FaultContext<Params>, Stopped>();

export const gracefulStop: Fault<Params> = {
  name: "graceful-stop",
  purpose: "SIGTERM to the instance and time to end by itself, then a restart on the same data.",
  params: Params,
  paramsHelp: {
    graceMs: "time to end by itself before it is killed, 100 to 120000, default 30000",
  },
  needs: ["kill", "restart"],
  stopsTarget: true,
  undo: (context) => ({ kind: "start-instances", instanceIds: context.instanceIds }),
  inject: async (context) => {
    const identities = identitiesOf(context);
    const tookMs = new Map<string, number>();
    known.set(context, { identities, tookMs });
    await Promise.all(
      context.instanceIds.map(async (id) => {
        tookMs.set(id, await stopInOrder(context, id, context.params.graceMs));
      }),
    );
  },
  evidence: (context) => {
    const stopped = known.get(context);
    const gone = context.instanceIds.flatMap((id) => {
      const tookMs = stopped?.tookMs.get(id);
      if (tookMs === undefined || context.driver.processStates(id).length > 0) return [];
      const how = tookMs < context.params.graceMs ? "ended by itself" : "had to be killed";
      return [`${id} ${how} after ${(tookMs / 1000).toFixed(1)} s`];
    });
    const all = gone.length === context.instanceIds.length;
    return Promise.resolve(all ? gone.join("; ") : undefined);
  },
  recover: (context) => startGone(context),
  evidenceAfter: (context) =>
    Promise.resolve(replacedSince(context, known.get(context)?.identities)),
};

/** Returns how long it took. What stays behind after the main process has ended is killed. */
export async function stopInOrder<P>(
  context: FaultContext<P>,
  instanceId: string,
  graceMs: number,
): Promise<number> {
  const startedMs = host.monotonicMs();
  await context.driver.stop(instanceId, graceMs);
  const tookMs = host.monotonicMs() - startedMs;
  if (context.driver.processStates(instanceId).length > 0) {
    await context.driver.act(instanceId, "kill");
  }
  return tookMs;
}

/** Starts those targets that do not run. */
export async function startGone<P>(context: FaultContext<P>): Promise<void> {
  await Promise.all(
    context.instanceIds
      .filter((id) => context.driver.processStates(id).length === 0)
      .map((id) => context.restart(id, context.signal)),
  );
}
