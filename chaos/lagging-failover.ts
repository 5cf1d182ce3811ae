/**
 * The leader is lost while it is ahead of its followers, and they come back before it: what was acknowledged on its
 * word alone is then nobody's. Whether that happens, or the service waits, is a matter of configuration.
 */
import { z } from "zod";
import type { ReplicaSet } from "../core/contracts/component.ts";
import type {
  Fault,
  FaultContext,
  FaultReach,
  FaultReplication,
  FaultTarget,
} from "../core/contracts/fault.ts";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { chooseLoss, type Loss } from "./copies.ts";
import { identitiesOf, replacedSince, type Identities } from "./identity.ts";
import { specOf } from "./reach.ts";

const Params = z.strictObject({
  followers: z.enum(["pause", "kill", "leave"]).default("pause"),
  stalledCount: z.number().int().min(0).max(10).default(0),
  outOfSync: z.boolean().default(false),
  stallMs: z.number().int().min(0).max(120_000).default(5000),
  leadCountMin: z.number().int().min(0).max(1_000_000_000).default(0),
  reader: z.string().default(""),
});
type Params = z.infer<typeof Params>;
type Context = FaultContext<Params>;

/** Kafka and Patroni: who else has leaders whose followers can be told apart from them. */
const COMPONENTS = ["kafka", "patroni"];
const COPY_COUNT_MIN = 3;

const STOP_MS_MAX = 2000;
const POLL_MS = 100;
const OUT_OF_SYNC_MS_MAX = 60_000;
const ANSWER_MS_MAX = 5000;
const USE_MS_MAX = 30_000;
/** Until another leads and what was sent to the old one is answered. */
const TAKE_OVER_MS = 20_000;

interface Known extends Loss {
  readonly identities: Identities;
  readonly reviving: Promise<unknown>;
  readonly leadCount: number;
  readonly unit: string;
  readonly stalledMs: number;
}

const known = new WeakMap<Context, Known>();

export const laggingFailover: Fault<Params> = {
  name: "lagging-failover",
  purpose:
    "Stops the followers, lets the leader be written alone, kills it, and brings the followers back first.",
  params: Params,
  paramsHelp: {
    followers:
      "pause: SIGSTOP, they still count as there (default); kill: SIGKILL, so that nothing waits for them in " +
      "the network; leave: nothing happens to them",
    stalledCount: "followers it happens to, the others die with the leader; default 0: all",
    outOfSync: "wait until they no longer count as complete copies, default false",
    stallMs: "how long the leader is then written alone at most, 0 to 120000, default 5000",
    leadCountMin:
      "records of Kafka, or bytes of WAL, by which the leader is to be ahead when it dies, if they come sooner; default 0",
    reader: "a service that is killed before it all and started after it, default none",
  },
  needs: ["kill", "pause", "restart"],
  stopsTarget: true,
  reach: reachOf,
  undo: (context) => ({ kind: "revive-instances", instanceIds: everybody(context) }),
  inject,
  evidence: (context) => {
    const loss = known.get(context);
    if (loss === undefined) return Promise.resolve(undefined);
    const isGone = (id: string): boolean => context.driver.processStates(id).length === 0;
    return Promise.resolve(loss.killedIds.every(isGone) ? lossText(context, loss) : undefined);
  },
  recover: async (context) => {
    const loss = known.get(context);
    const ids = everybody(context);
    const revived =
      loss === undefined || context.params.followers !== "kill" ? [] : loss.stalledIds;
    await Promise.all(ids.map((id) => context.driver.act(id, "resume")));
    const gone = ids.filter(
      (id) => !revived.includes(id) && context.driver.processStates(id).length === 0,
    );
    // Together: a follower may be waiting for its leader, and the leader for nobody.
    await Promise.all([loss?.reviving, ...gone.map((id) => context.restart(id, context.signal))]);
  },
  evidenceAfter: async (context) => {
    const loss = known.get(context);
    if (loss === undefined) return undefined;
    for (const id of context.instanceIds) {
      await context.useTarget(id, host.deadline(USE_MS_MAX, context.signal));
    }
    return replacedSince({ ...context, instanceIds: loss.killedIds }, loss.identities);
  },
};

function reachOf(target: FaultTarget<Params>): FaultReach {
  const { service, services, count } = target;
  const { reader, outOfSync, stallMs, followers } = target.params;
  const spec = specOf(target);
  const readers = reader === "" ? [] : [reader];
  const outOfSyncMs = outOfSync ? TAKE_OVER_MS : 0;
  const reach: FaultReach = {
    faultClass: "X",
    takesOver: false,
    services: [service, ...readers.filter((name) => services[name] !== undefined)],
    unacknowledgedMs: outOfSyncMs + stallMs + TAKE_OVER_MS,
  };
  const problem = (text: string): FaultReach => ({ ...reach, problem: text });
  if (!COMPONENTS.includes(spec?.component ?? "") || (spec?.replicaCount ?? 0) < COPY_COUNT_MIN) {
    return problem(`${service} is not ${COMPONENTS.join(" or ")} with three instances or more`);
  }
  if (count !== spec?.replicaCount) return problem(`it is about all of ${service}: count is all`);
  if (outOfSync && (spec.component !== "kafka" || followers === "leave")) {
    return problem("outOfSync is about brokers of Kafka that are paused or killed");
  }
  if (readers.some((name) => services[name] === undefined)) {
    const names = Object.keys(services).join(", ");
    return problem(`reader is ${JSON.stringify(reader)}; services are ${names}`);
  }
  return reach;
}

/** All of them: which ones it will be is only looked up when it happens, and reviving does no harm. */
function everybody(context: Context): readonly string[] {
  return [...context.instanceIds, ...readerIds(context)];
}

function readerIds({ params, endpoints }: Context): readonly string[] {
  return params.reader === "" ? [] : endpoints.instanceIds(params.reader);
}

function replicationOf({ replication }: Context): FaultReplication {
  if (replication !== undefined) return replication;
  throw new LakeproofError("FAULT_FAILED", "The service does not tell how it keeps its copies.", {
    hint: "Aim at kafka or at postgres under Patroni.",
  });
}

async function inject(context: Context): Promise<void> {
  const { params, signal, driver } = context;
  const replication = replicationOf(context);
  const sets = await replication.replicaSets(host.deadline(ANSWER_MS_MAX, signal));
  const loss = chooseLoss(sets, params);
  const { killedIds, stalledIds } = loss;
  const identities = identitiesOf({ ...context, instanceIds: killedIds });
  await Promise.all(readerIds(context).map((id) => driver.act(id, "kill")));
  await stall(context, stalledIds);
  const startedMs = host.monotonicMs();
  if (params.outOfSync) await untilOutOfSync(context, replication, loss);
  const leadCount = await untilAhead(context, replication, loss.set);
  const stalledMs = Math.round(host.monotonicMs() - startedMs);
  await Promise.all(killedIds.map((id) => driver.act(id, "kill")));
  const reviving = revive(context, stalledIds);
  // Whoever waits for it is told; until then it is nobody's unhandled rejection.
  reviving.catch(() => undefined);
  known.set(context, {
    ...loss,
    identities,
    reviving,
    leadCount,
    unit: replication.unit,
    stalledMs,
  });
}

async function stall(context: Context, ids: readonly string[]): Promise<void> {
  const { driver, params, signal } = context;
  if (params.followers === "leave") return;
  await Promise.all(
    ids.map((id) => driver.act(id, params.followers === "kill" ? "kill" : "pause")),
  );
  const deadlineMs = host.monotonicMs() + STOP_MS_MAX;
  const isStill = (id: string): boolean => driver.processStates(id).every((state) => state === "T");
  // A busy process is marked stopped only when it is next scheduled.
  while (!ids.every(isStill)) {
    if (host.monotonicMs() >= deadlineMs) {
      throw new LakeproofError("FAULT_FAILED", `${ids.join(", ")} went on after SIGSTOP.`, {
        hint: "The machine may be too busy.",
      });
    }
    await host.sleep(POLL_MS, signal);
  }
}

async function revive(context: Context, ids: readonly string[]): Promise<void> {
  const { driver, params, signal } = context;
  if (params.followers === "pause") await Promise.all(ids.map((id) => driver.act(id, "resume")));
  if (params.followers === "kill") {
    await Promise.all(ids.map((id) => context.restart(id, signal)));
  }
}

/** As the leader knows it: those that are stopped would only keep one waiting. */
async function untilOutOfSync(
  { signal }: Context,
  replication: FaultReplication,
  { set, stalledIds }: Loss,
): Promise<void> {
  const deadlineMs = host.monotonicMs() + OUT_OF_SYNC_MS_MAX;
  for (;;) {
    const { inSyncIds } = await replication.refresh(set, host.deadline(ANSWER_MS_MAX, signal));
    if (!stalledIds.some((id) => inSyncIds.includes(id))) return;
    if (host.monotonicMs() >= deadlineMs) {
      const seconds = String(OUT_OF_SYNC_MS_MAX / 1000);
      throw new LakeproofError(
        "FAULT_FAILED",
        `${stalledIds.join(", ")} still count as complete copies of ${set.name} after ${seconds} s.`,
        { hint: "A majority of the controllers must be there to decide otherwise." },
      );
    }
    await host.sleep(POLL_MS, signal);
  }
}

/** By how much the leader is ahead of where it was when its followers stopped. */
async function untilAhead(
  { params, signal }: Context,
  replication: FaultReplication,
  set: ReplicaSet,
): Promise<number> {
  const position = (): Promise<number> =>
    replication.positionCount(set, host.deadline(ANSWER_MS_MAX, signal));
  const base = await position();
  const deadlineMs = host.monotonicMs() + params.stallMs;
  let leadCount = 0;
  while (host.monotonicMs() < deadlineMs) {
    await host.sleep(POLL_MS, signal);
    leadCount = (await position()) - base;
    if (params.leadCountMin > 0 && leadCount >= params.leadCountMin) break;
  }
  return leadCount;
}

function lossText({ params }: Context, loss: Known): string {
  const { set, stalledIds, killedIds, leadCount, stalledMs, unit } = loss;
  const what = { pause: "stopped", kill: "killed", leave: "left alone" }[params.followers];
  return (
    `${stalledIds.join(", ")} ${what} for ${(stalledMs / 1000).toFixed(1)} s, in which ${set.leaderId} wrote ` +
    `${String(leadCount)} ${unit} of ${set.name} without them; then ${killedIds.join(", ")} killed`
  );
}
