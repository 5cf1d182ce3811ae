/** etcd: whether Patroni's nodes can agree on anything. */
import { z } from "zod";
import { reasonOf } from "../../../core/errors.ts";
import { host } from "../../../core/host.ts";
import { requestJson } from "../../clients/http.ts";
import { memory, plural } from "../../lint/figures.ts";
import { graded, listed, okIf, type HealthCheck, type HealthFinding } from "../finding.ts";

const MEMBER_MS_MAX = 5000;
const MIB = 1024 ** 2;
/** etcd's own quota is 2 GiB; at it everything but reads is refused. */
const DB_BYTES = { warnAbove: 1024 * MIB, badAbove: 1843 * MIB };

/** etcd writes 64-bit numbers as text, and leaves out what is zero. */
const Status = z.object({
  header: z.object({ member_id: z.string() }),
  dbSize: z.coerce.number().default(0),
  leader: z.string().optional(),
  raftTerm: z.string().optional(),
});
const Health = z.object({ health: z.string() });
const Alarms = z.object({
  alarms: z.array(z.object({ alarm: z.string().optional() })).default([]),
});

export interface EtcdMember {
  readonly id: string;
  /** Undefined where the member could not be asked. */
  readonly status: z.infer<typeof Status> | undefined;
  readonly healthy: boolean;
  readonly reason: string;
}

export function parseEtcdStatus(answer: unknown): z.infer<typeof Status> {
  return Status.parse(answer);
}

export function judgeEtcd(members: readonly EtcdMember[]): readonly HealthFinding[] {
  const sick = members.filter(({ healthy }) => !healthy);
  const asked = members.flatMap(({ status }) => (status === undefined ? [] : [status]));
  const leaders = new Set(asked.map(({ leader }) => leader ?? "none"));
  const terms = new Set(asked.map(({ raftTerm }) => raftTerm ?? "0"));
  const leader = members.find(({ status }) => status?.header.member_id === status?.leader);
  const quorum = Math.floor(members.length / 2) + 1;
  const largest = asked.reduce((max, { dbSize }) => Math.max(max, dbSize), 0);
  return [
    {
      check: "members",
      status: okIf(sick.length === 0, members.length - sick.length >= quorum ? "warn" : "bad"),
      observed: `${String(members.length - sick.length)} of ${plural(members.length, "member")} healthy${sick.length === 0 ? "" : `; ${listed(sick.map(({ id, reason }) => `${id}: ${reason}`))}`}`,
      expected: `all healthy; ${String(quorum)} are a quorum`,
      hint: "Read the members' logs; below a quorum Patroni demotes the leader and nobody writes.",
    },
    {
      check: "leader",
      status: okIf(asked.length > 0 && leaders.size === 1 && !leaders.has("none")),
      observed: `${leader?.id ?? listed([...leaders])}, term ${listed([...terms])}, named by ${plural(asked.length, "member")}`,
      expected: "one leader, the same for all members",
      hint: "Look for a cut between the members: each side of it may see another leader.",
    },
    {
      check: "database size",
      status: graded(largest, DB_BYTES),
      observed: memory(largest),
      expected: `at most ${memory(DB_BYTES.warnAbove)} of the quota of 2 GiB`,
      hint: "Compact and defragment (`etcdctl defrag`): at the quota etcd refuses writes.",
    },
  ];
}

const members: HealthCheck = async (context, _instances, signal) => {
  const addresses = context.endpoints.addresses(context.service);
  const ids = context.endpoints.instanceIds(context.service);
  return judgeEtcd(
    await Promise.all(
      ids.map((id, at) => askMember(id, addresses[at] ?? "", host.deadline(MEMBER_MS_MAX, signal))),
    ),
  );
};

async function askMember(id: string, address: string, signal: AbortSignal): Promise<EtcdMember> {
  try {
    const [health, status] = await Promise.all([
      requestJson(`http://${address}/health`, { signal }),
      requestJson(`http://${address}/v3/maintenance/status`, { method: "POST", body: {}, signal }),
    ]);
    const healthy = Health.parse(health).health === "true";
    return { id, status: parseEtcdStatus(status), healthy, reason: healthy ? "" : "not healthy" };
  } catch (error) {
    return { id, status: undefined, healthy: false, reason: reasonOf(error) };
  }
}

const alarms: HealthCheck = async (context, _instances, signal) => {
  const addresses = context.endpoints.addresses(context.service);
  const answer = await Promise.any(
    addresses.map((address) =>
      requestJson(`http://${address}/v3/maintenance/alarm`, {
        method: "POST",
        body: { action: "GET" },
        signal,
      }),
    ),
  );
  const raised = Alarms.parse(answer).alarms.map(({ alarm }) => alarm ?? "unknown");
  return [
    {
      check: "alarms",
      status: okIf(raised.length === 0),
      observed: listed(raised),
      expected: "none",
      hint: "NOSPACE: compact, defragment, then disarm; CORRUPT: replace the member.",
    },
  ];
};

export const etcdChecks: Readonly<Record<string, HealthCheck>> = { members, alarms };
