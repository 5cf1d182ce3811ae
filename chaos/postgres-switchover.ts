/** The planned change of the primary: Patroni is asked, as an operator would, and nothing is broken. */
import { z } from "zod";
import type { Fault, FaultContext, FaultTarget } from "../core/contracts/fault.ts";
import { LakeproofError, reasonOf } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { specOf } from "./reach.ts";

const Params = z.strictObject({});
type Params = z.infer<typeof Params>;

const ASK_MS_MAX = 5000;
const SWITCH_MS_MAX = 60_000;
const RETRY_MS = 250;

const Cluster = z.object({
  members: z.array(
    z.object({ name: z.string(), role: z.string(), timeline: z.number().optional() }),
  ),
});

interface Leader {
  readonly name: string;
  readonly timeline: number;
}

const known = new WeakMap<FaultContext<Params>, Leader>();

export const postgresSwitchover: Fault<Params> = {
  name: "postgres-switchover",
  purpose: "Asks Patroni to hand the primary over to a standby, under load.",
  params: Params,
  paramsHelp: {},
  needs: [],
  stopsTarget: true,
  isOverAtOnce: true,
  reach: (target: FaultTarget<Params>) => {
    const spec = specOf(target);
    const reach = { faultClass: "W", takesOver: true, services: [target.service] } as const;
    if (spec?.component === "patroni" && spec.replicaCount > 1) return reach;
    return {
      ...reach,
      problem: `${target.service} has no standby under Patroni to switch over to`,
    };
  },
  // The new primary is as good as the old one.
  undo: () => ({ kind: "nothing" }),
  inject: async (context) => {
    const leader = await leaderNow(context);
    known.set(context, leader);
    await post(context, `${restOf(context, leader.name)}/switchover`, { leader: leader.name });
  },
  evidence: async (context) => {
    const before = known.get(context);
    if (before === undefined) return undefined;
    const deadlineMs = host.monotonicMs() + SWITCH_MS_MAX;
    while (host.monotonicMs() < deadlineMs) {
      const now = await leaderOrUndefined(context);
      if (now !== undefined && now.name !== before.name && now.timeline > before.timeline) {
        const timelines = `timeline ${String(before.timeline)} → ${String(now.timeline)}`;
        return `the primary went from ${before.name} to ${now.name}, ${timelines}`;
      }
      await host.sleep(RETRY_MS, context.signal);
    }
    return undefined;
  },
  recover: () => Promise.resolve(),
};

function restAddresses({ endpoints, instanceIds }: FaultContext<Params>): readonly string[] {
  const service = endpoints.all().find(({ id }) => instanceIds.includes(id))?.service ?? "";
  return endpoints.addresses(service, "rest");
}

function restOf(context: FaultContext<Params>, memberName: string): string {
  const member = context.endpoints.all().find(({ id }) => id === memberName);
  return `http://${member?.host ?? ""}:${String(member?.ports["rest"] ?? 0)}`;
}

async function leaderOrUndefined(context: FaultContext<Params>): Promise<Leader | undefined> {
  try {
    return await leaderNow(context);
  } catch (error) {
    if (context.signal.aborted) throw error;
    return undefined;
  }
}

/** As any member that answers sees it. */
async function leaderNow(context: FaultContext<Params>): Promise<Leader> {
  let last = "nobody was asked";
  for (const address of restAddresses(context)) {
    try {
      const signal = host.deadline(ASK_MS_MAX, context.signal);
      const answer = await fetch(`http://${address}/cluster`, { signal });
      const { members } = Cluster.parse(await answer.json());
      const leader = members.find(({ role }) => role === "leader");
      if (leader?.timeline !== undefined) return { name: leader.name, timeline: leader.timeline };
      last = "there is no leader now";
    } catch (error) {
      last = reasonOf(error);
    }
  }
  throw new LakeproofError("FAULT_FAILED", `Patroni names no leader: ${last}.`, {
    hint: "`lakeproof status` shows which members are down.",
  });
}

async function post(context: FaultContext<Params>, url: string, body: object): Promise<void> {
  const signal = host.deadline(SWITCH_MS_MAX, context.signal);
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal });
  if (answer.ok) return;
  const said = (await answer.text()).slice(0, 200);
  throw new LakeproofError("FAULT_FAILED", `Patroni refused (${String(answer.status)}): ${said}`, {
    hint: "A standby must be healthy and synchronous to be switched over to.",
  });
}
