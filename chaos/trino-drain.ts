/** A Trino worker leaves in order: it is told to shut down, finishes what it has begun, and ends by itself. */
import { z } from "zod";
import type { Fault, FaultContext, FaultTarget } from "../core/contracts/fault.ts";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { startGone, stopInOrder } from "./graceful-stop.ts";
import { identitiesOf, replacedSince, type Identities } from "./identity.ts";
import { goneReach, specOf } from "./reach.ts";
import { watchQueries, watchText, type QueryWatch } from "./trino-queries.ts";

const Params = z.strictObject({
  drainMsMax: z.number().int().min(10_000).max(600_000).default(120_000),
});
type Params = z.infer<typeof Params>;

const ASK_MS_MAX = 15_000;
/** Each look goes through all processes of the machine. */
const GONE_POLL_MS = 1000;
/** For one that did not end by itself. */
const STOP_GRACE_MS = 10_000;

/** As Trino's documentation has it; the user is the one all statements of the house are sent as. */
const HEADERS = { "content-type": "application/json", "X-Trino-User": "lakeproof" };
const LEAVING = "SHUTTING_DOWN";

interface Drain {
  readonly identities: Identities;
  readonly watch: QueryWatch;
  /** Instance → the state it said it was in after it was told. */
  readonly states: Map<string, string>;
  /** One of each that was told: waits until it is gone. None rejects. */
  readonly leaving: Promise<void>[];
  /** Instance → how long it took to be gone by itself. */
  readonly tookMs: Map<string, number>;
}

const known = new WeakMap<FaultContext<Params>, Drain>();

export const trinoDrain: Fault<Params> = {
  name: "trino-drain",
  purpose:
    "Tells a Trino worker to shut down as an operator would: no query may fail because of it.",
  params: Params,
  paramsHelp: {
    drainMsMax:
      "time for the worker to end by itself before it is stopped, 10000 to 600000, default 120000; twice its grace period and its longest task have to fit in",
  },
  needs: ["kill", "restart"],
  stopsTarget: true,
  reach: (target: FaultTarget<Params>) => {
    const reach = goneReach(target);
    if (specOf(target)?.component === "trino-worker") return reach;
    return { ...reach, problem: `${target.service} are no Trino workers: nothing else can drain` };
  },
  // One that was told to end is alive for a while and then is not: to start what is gone would come too early.
  undo: (context) => ({ kind: "restart-instances", instanceIds: context.instanceIds }),
  inject: async (context) => {
    const drain: Drain = {
      identities: identitiesOf(context),
      watch: await watchQueries(context),
      states: new Map(),
      leaving: [],
      tookMs: new Map(),
    };
    known.set(context, drain);
    await Promise.all(
      context.instanceIds.map(async (id) => {
        await tell(context, id);
        drain.leaving.push(goneByItself(context, drain, id));
        drain.states.set(id, await stateOf(context, id));
      }),
    );
  },
  evidence: (context) => {
    const drain = known.get(context);
    const said = context.instanceIds.flatMap((id) => {
      const state = drain?.states.get(id);
      return state === LEAVING ? [`${id} says ${state}`] : [];
    });
    const all = said.length === context.instanceIds.length;
    return Promise.resolve(all ? said.join("; ") : undefined);
  },
  recover: async (context) => {
    const drain = known.get(context);
    await Promise.all(drain?.leaving ?? []);
    await drain?.watch.stop();
    if (drain !== undefined) await stopSlow(context, drain);
    await startGone(context);
  },
  evidenceAfter: async (context) => {
    const drain = known.get(context);
    const replaced = replacedSince(context, drain?.identities);
    if (drain === undefined || replaced === undefined) return undefined;
    const slow = context.instanceIds.filter((id) => !drain.tookMs.has(id));
    if (slow.length > 0) {
      throw new LakeproofError(
        "FAULT_FAILED",
        `${slow.join(", ")} did not end within ${String(context.params.drainMsMax)} ms of being told to.`,
        { hint: "Read its log: it names the tasks it waited for." },
      );
    }
    const ended = [...drain.tookMs].map(
      ([id, tookMs]) => `${id} ended by itself after ${(tookMs / 1000).toFixed(1)} s`,
    );
    return [...ended, watchText(await drain.watch.stop()), replaced].join("; ");
  },
};

async function tell(context: FaultContext<Params>, instanceId: string): Promise<void> {
  const answer = await fetch(stateUrl(context, instanceId), {
    method: "PUT",
    headers: HEADERS,
    body: JSON.stringify(LEAVING),
    signal: host.deadline(ASK_MS_MAX, context.signal),
  });
  if (answer.ok) return;
  const said = (await answer.text()).slice(0, 200);
  throw new LakeproofError(
    "FAULT_FAILED",
    `${instanceId} refused to shut down (${String(answer.status)}): ${said}`,
    { hint: "Its access control must let the user lakeproof write system information." },
  );
}

async function stateOf(context: FaultContext<Params>, instanceId: string): Promise<string> {
  const signal = host.deadline(ASK_MS_MAX, context.signal);
  const answer = await fetch(stateUrl(context, instanceId), { headers: HEADERS, signal });
  return z.string().parse(await answer.json());
}

function stateUrl({ endpoints }: FaultContext<Params>, instanceId: string): string {
  const worker = endpoints.all().find(({ id }) => id === instanceId);
  return `http://${worker?.host ?? ""}:${String(worker?.ports["main"] ?? 0)}/v1/info/state`;
}

/** Those that are still there when their time is up: they would end at any later moment. */
async function stopSlow(context: FaultContext<Params>, drain: Drain): Promise<void> {
  const old = context.instanceIds.filter(
    (id) =>
      drain.states.has(id) &&
      context.driver.instance(id)?.startTicks === drain.identities.get(id)?.startTicks &&
      context.driver.processStates(id).length > 0,
  );
  await Promise.all(old.map((id) => stopInOrder(context, id, STOP_GRACE_MS)));
}

/** Resolves when the process that was told to go has gone, or its time is up, or ours; then `tookMs` lacks it. */
async function goneByItself(
  context: FaultContext<Params>,
  drain: Drain,
  instanceId: string,
): Promise<void> {
  const toldAtMs = host.monotonicMs();
  const limitMs = toldAtMs + context.params.drainMsMax;
  while (host.monotonicMs() < limitMs && !context.signal.aborted) {
    if (context.driver.processStates(instanceId).length === 0) {
      drain.tookMs.set(instanceId, host.monotonicMs() - toldAtMs);
      return;
    }
    await host.sleep(GONE_POLL_MS);
  }
}
