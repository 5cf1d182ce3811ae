/**
 * Patroni dies alone: its postmaster lives on as a primary that nobody supervises, while another one is promoted.
 * Nothing ends that but a new Patroni on the node.
 */
import { z } from "zod";
import type {
  Fault,
  FaultContext,
  FaultReach,
  FaultTarget,
  Postmaster,
} from "../core/contracts/fault.ts";
import type { ServiceSpec } from "../core/contracts/topology.ts";
import { LakeproofError, reasonOf } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { isAborted } from "../core/until-aborted.ts";
import { identitiesOf, replacedSince, type Identities } from "./identity.ts";
import { goneReach, specOf } from "./reach.ts";
import { membersOf, serverOf, serviceOfTargets } from "./servers.ts";
import { reignOf, reignText, seconds, type Look } from "./two-primaries.ts";

const Params = z.strictObject({
  takeOverMsMax: z.number().int().min(1000).max(300_000).default(60_000),
  writeMsMax: z.number().int().min(100).max(60_000).default(4000),
});
type Params = z.infer<typeof Params>;
type Context = FaultContext<Params>;

const ASK_MS_MAX = 5000;
const LOOK_MS = 500;
const LOOK_ANSWER_MS_MAX = 2000;
interface Known {
  readonly identities: Identities;
  /** Of each target, before. */
  readonly postmasters: ReadonlyMap<string, Postmaster>;
  /** The target that took writes; absent where none did. */
  readonly primaryId?: string;
  readonly looks: readonly Look[];
  stopLooking(): Promise<void>;
}

const known = new WeakMap<Context, Known>();
/** That it was started again afterwards shows nothing where it was not what it should have been. */
const proven = new WeakSet<Context>();

export const supervisorKill: Fault<Params> = {
  name: "supervisor-kill",
  purpose:
    "SIGKILL to Patroni and to nothing else: its PostgreSQL lives on, as a second primary where it was one.",
  params: Params,
  paramsHelp: {
    takeOverMsMax:
      "how long a second primary is waited for (ttl, one loop of Patroni, the promotion), 1000 to 300000, default 60000",
    writeMsMax:
      "after which a write to the old primary counts as not acknowledged, 100 to 60000, default 4000",
  },
  needs: ["kill", "restart"],
  stopsTarget: true,
  nearest: ["process-kill"],
  reach: reachOf,
  // Starting it ends what is left of it first.
  undo: ({ instanceIds }) => ({ kind: "start-instances", instanceIds }),
  inject,
  evidence,
  recover: async (context) => {
    await known.get(context)?.stopLooking();
    await Promise.all(context.instanceIds.map((id) => superviseAgain(context, id)));
  },
  evidenceAfter: (context) => {
    const before = known.get(context);
    const replaced = replacedSince(context, before?.identities);
    if (before === undefined || replaced === undefined || !proven.has(context)) {
      return Promise.resolve(undefined);
    }
    const { primaryId, looks } = before;
    const reign = primaryId === undefined ? [] : [reignText(primaryId, reignOf(primaryId, looks))];
    return Promise.resolve([...reign, replaced].join("; "));
  },
};

/** Where a standby has to confirm every commit, the old primary acknowledges nothing: degraded, and safe. */
function reachOf(target: FaultTarget<Params>): FaultReach {
  const spec = specOf(target);
  const { takesOver } = goneReach(target);
  const faultClass = takesOver && isSynchronous(spec) ? "B" : "X";
  const reach = { faultClass, takesOver, services: [target.service] } as const;
  if (spec?.component === "patroni" && spec.replicaCount > 1) return reach;
  return { ...reach, problem: `${target.service} is no PostgreSQL with a standby under Patroni` };
}

function isSynchronous(spec: ServiceSpec | undefined): boolean {
  return spec?.settings?.["synchronous_mode"] !== "false";
}

async function inject(context: Context): Promise<void> {
  const { instanceIds, driver, signal } = context;
  const identities = identitiesOf(context);
  const postmasters = new Map<string, Postmaster>();
  let primaryId: string | undefined;
  for (const id of instanceIds) {
    const server = serverOf(context, id);
    postmasters.set(id, await server.postmaster(host.deadline(ASK_MS_MAX, signal)));
    if (await server.isPrimary(host.deadline(ASK_MS_MAX, signal))) primaryId = id;
  }
  await Promise.all(instanceIds.map((id) => driver.killMain(id)));
  known.set(context, {
    ...{ identities, postmasters, ...lookFromNowOn(context) },
    ...(primaryId === undefined ? {} : { primaryId }),
  });
}

/** Looks at every server of the service until it is told to stop. */
function lookFromNowOn(context: Context): Pick<Known, "looks" | "stopLooking"> {
  const sinceMs = host.monotonicMs();
  const ids = membersOf(context);
  const looks: Look[] = [];
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, context.signal]);
  const look = async (): Promise<void> => {
    while (!signal.aborted) {
      const answers = await Promise.all(ids.map((id) => isPrimary(context, id, signal)));
      const primaryIds = ids.filter((_, at) => answers[at] === true);
      if (!isAborted(signal)) looks.push({ atMs: host.monotonicMs() - sinceMs, primaryIds });
      await host.sleep(LOOK_MS, signal);
    }
  };
  const looking = look().catch(() => undefined);
  return {
    looks,
    stopLooking: async () => {
      stop.abort(new DOMException("stopped", "AbortError"));
      await looking;
    },
  };
}

/** False where it does not answer. */
async function isPrimary(context: Context, id: string, signal: AbortSignal): Promise<boolean> {
  try {
    return await serverOf(context, id).isPrimary(host.deadline(LOOK_ANSWER_MS_MAX, signal));
  } catch {
    return false;
  }
}

async function evidence(context: Context): Promise<string | undefined> {
  const before = known.get(context);
  if (before === undefined) return undefined;
  const proofs = await Promise.all(context.instanceIds.map((id) => aloneText(context, id, before)));
  if (proofs.includes(undefined)) return undefined;
  const { primaryId } = before;
  if (primaryId === undefined) {
    proven.add(context);
    return `${proofs.join("; ")}; none of them was the primary`;
  }
  const other = await untilSecond(context, primaryId, before.looks);
  if (other === undefined) return undefined;
  proven.add(context);
  return [...proofs, other, await writeText(context, primaryId)].join("; ");
}

/** Undefined unless its Patroni is gone and the very same postmaster still answers. */
async function aloneText(
  context: Context,
  id: string,
  { identities, postmasters }: Known,
): Promise<string | undefined> {
  const [patroni, old] = [identities.get(id), postmasters.get(id)];
  if (patroni === undefined || old === undefined) return undefined;
  const now = await serverOf(context, id).postmaster(host.deadline(ASK_MS_MAX, context.signal));
  const pids = context.driver.processIds(id);
  const isSame = now.pid === old.pid && now.startedAt === old.startedAt;
  if (!isSame || pids.includes(patroni.pid) || !pids.includes(old.pid)) return undefined;
  return (
    `process ${String(patroni.pid)} of ${id}, its Patroni, is gone and its postmaster ${String(old.pid)}, ` +
    `started ${old.startedAt}, is not`
  );
}

/** Undefined where nobody else was promoted while the old one still answered as a primary. */
async function untilSecond(
  { params, signal }: Context,
  primaryId: string,
  looks: readonly Look[],
): Promise<string | undefined> {
  const deadlineMs = host.monotonicMs() + params.takeOverMsMax;
  for (;;) {
    const { beside } = reignOf(primaryId, looks);
    if (beside !== undefined) {
      return (
        `pg_is_in_recovery() = f on ${primaryId} and on ${beside.id} at once, ` +
        `${seconds(beside.sinceMs)} after the kill`
      );
    }
    if (host.monotonicMs() >= deadlineMs) return undefined;
    await host.sleep(LOOK_MS, signal);
  }
}

/** Throws FAULT_FAILED where the old primary acknowledges what a standby had to confirm. */
async function writeText(context: Context, primaryId: string): Promise<string> {
  const startMs = host.monotonicMs();
  const limit = host.deadline(context.params.writeMsMax, context.signal);
  try {
    await serverOf(context, primaryId).write(`lakeproof_probe_${context.id}`, limit);
  } catch (error) {
    context.signal.throwIfAborted();
    return limit.aborted
      ? `a write to ${primaryId} was not acknowledged within ${seconds(context.params.writeMsMax)}`
      : `a write to ${primaryId} was refused: ${reasonOf(error)}`;
  }
  const text = `a write to ${primaryId} was acknowledged after ${seconds(host.monotonicMs() - startMs)}, into a history that is thrown away`;
  if (!isSynchronous(context.services[serviceOfTargets(context)])) return text;
  throw new LakeproofError("FAULT_FAILED", `${text}, though synchronous_mode is on.`, {
    hint: "Look at synchronous_standby_names in the log of the old primary.",
  });
}

/** The postmaster that nobody supervises is ended, and nothing but what belongs to this instance. */
async function superviseAgain({ driver, restart, signal }: Context, id: string): Promise<void> {
  const main = driver.instance(id)?.pid;
  if (main !== undefined && driver.processIds(id).includes(main)) return;
  await driver.act(id, "kill");
  await restart(id, signal);
}
