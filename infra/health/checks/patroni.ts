/** PostgreSQL under Patroni: who leads, who would take over, and what would be lost if it had to now. */
import { z } from "zod";
import { reasonOf } from "../../../core/errors.ts";
import type { ComponentContext } from "../../../core/contracts/component.ts";
import { host } from "../../../core/host.ts";
import { withPostgres } from "../../clients/postgres.ts";
import { requestJson } from "../../clients/http.ts";
import { leaderOf } from "../../components/patroni.ts";
import { SLOT } from "../../components/postgres.ts";
import { memory, plural } from "../../lint/figures.ts";
import { graded, listed, okIf, worstOf, type HealthCheck, type HealthFinding } from "../finding.ts";
import { serverChecks, slotsOf, type SlotRow } from "./postgres.ts";

/** Patroni's maximum_lag_on_failover: a standby further behind is no candidate. */
const LAG_BYTES = { warnAbove: 1024 ** 2, badAbove: 128 * 1024 ** 2 };

/** A member that hangs must not keep the others from being judged. */
const MEMBER_MS_MAX = 5000;

const Cluster = z.object({
  members: z.array(
    z.object({
      name: z.string(),
      role: z.string(),
      state: z.string(),
      timeline: z.number().optional(),
    }),
  ),
});

const Standby = z.object({
  application_name: z.string(),
  state: z.string(),
  sync_state: z.string(),
  lag_bytes: z.coerce.number(),
});

export type PatroniView = z.infer<typeof Cluster>;
export type StandbyRow = z.infer<typeof Standby>;

export function parsePatroniCluster(answer: unknown): PatroniView {
  return Cluster.parse(answer);
}

/** What a member says of itself: true for a server that takes writes, undefined for one that does not answer. */
export type Writable = Readonly<Record<string, boolean | undefined>>;

export function judgeLeader({ members }: PatroniView, writable: Writable): HealthFinding {
  const leaders = members.filter(({ role }) => role === "leader" || role === "standby_leader");
  const writers = Object.keys(writable).filter((id) => writable[id] === true);
  const agreed = leaders.length === 1 && writers.length === 1 && leaders[0]?.name === writers[0];
  return {
    check: "leader",
    status: okIf(agreed),
    observed: `Patroni names ${listed(leaders.map(({ name }) => name))}; writes are taken by ${listed(writers, "nobody")}`,
    expected: "exactly one leader, and the same one takes writes",
    hint: "Read the members' logs and etcd's; with two that take writes stop the one Patroni does not name at once.",
  };
}

export function judgeSynchronous({ members }: PatroniView): HealthFinding {
  const standbys = members.filter(
    ({ role }) => role === "sync_standby" || role === "quorum_standby",
  );
  const running = standbys.filter(({ state }) => state === "streaming" || state === "running");
  return {
    check: "synchronous standby",
    status: okIf(running.length > 0),
    observed: listed(standbys.map(({ name, state }) => `${name} ${state}`)),
    expected: "at least one, streaming",
    hint: "Bring a standby back (`lakeproof status`): until then a failover could lose acknowledged rows, or writes wait.",
  };
}

export function judgeMembers({ members }: PatroniView, wantedCount: number): HealthFinding {
  const working = members.filter(({ state }) => state === "streaming" || state === "running");
  const timelines = new Set(working.map(({ timeline }) => timeline ?? 0));
  const status = worstOf([
    okIf(working.length >= wantedCount, working.length > wantedCount / 2 ? "warn" : "bad"),
    okIf(timelines.size <= 1),
  ]);
  return {
    check: "members and timeline",
    status,
    observed: `${String(working.length)} of ${plural(wantedCount, "member")} working, timeline ${listed([...timelines].map(String))}${working.length === members.length ? "" : `; ${listed(members.filter((member) => !working.includes(member)).map(({ name, state }) => `${name} ${state}`))}`}`,
    expected: `${String(wantedCount)} working, all on one timeline`,
    hint: "A member on an old timeline rejoins by pg_rewind; if it does not, reinitialise it with Patroni.",
  };
}

export function judgeLag(standbys: readonly StandbyRow[], wantedCount: number): HealthFinding {
  const streaming = standbys.filter(({ state }) => state === "streaming");
  const most = streaming.reduce((max, { lag_bytes: lag }) => Math.max(max, lag), 0);
  return {
    check: "replication lag",
    status: worstOf([
      graded(most, LAG_BYTES),
      okIf(streaming.length >= wantedCount, streaming.length > 0 ? "warn" : "bad"),
    ]),
    observed: listed(
      standbys.map(
        ({ application_name: name, state, sync_state: sync, lag_bytes: lag }) =>
          `${name} ${memory(lag)} (${state === "streaming" ? sync : state})`,
      ),
      "no standby streams",
    ),
    expected: `${plural(wantedCount, "standby", "standbys")} streaming, each at most ${memory(LAG_BYTES.warnAbove)} behind`,
    hint: "Look at the standby's disk and network; one that stays behind is no candidate for failover.",
  };
}

/** Member → its slots, or why it could not be asked. */
export type StandbySlots = Readonly<Record<string, readonly SlotRow[] | string>>;

export function judgeSlotCopies(standbys: StandbySlots): HealthFinding {
  const problems = Object.entries(standbys).flatMap(([id, slots]) => {
    const problem = copyProblem(slots);
    return problem === undefined ? [] : [`${id}: ${problem}`];
  });
  const total = Object.keys(standbys).length;
  const safe = total - problems.length;
  return {
    check: "slot on standbys",
    // One safe copy is enough to survive the leader, if that one is chosen.
    status: okIf(problems.length === 0, safe > 0 ? "warn" : "bad"),
    observed: `safe on ${String(safe)} of ${plural(total, "standby", "standbys")}${problems.length === 0 ? "" : `; ${listed(problems)}`}`,
    expected: "synced, not temporary, not invalid on every standby",
    hint: "Check that the connector confirms (heartbeat) and sync_replication_slots is on: a failover now would lose the slot.",
  };
}

function copyProblem(slots: readonly SlotRow[] | string): string | undefined {
  if (typeof slots === "string") return slots;
  const slot = slots.find(({ slot_name: name }) => name === SLOT);
  if (slot === undefined) return "no copy";
  if (!slot.synced) return "not synced";
  if (slot.temporary) return "temporary";
  return slot.invalidation_reason ?? undefined;
}

const STANDBYS_SQL = `SELECT application_name, state, sync_state,
  coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn), 0) AS lag_bytes
  FROM pg_stat_replication ORDER BY application_name`;

const cluster: HealthCheck = async (context, _instances, signal) => {
  const [view, writable] = await Promise.all([
    clusterView(context, signal),
    writableMembers(context, signal),
  ]);
  const alone = context.replicaCount < 2;
  return [
    judgeLeader(view, writable),
    judgeMembers(view, context.replicaCount),
    ...(alone ? [] : [judgeSynchronous(view)]),
  ];
};

const replication: HealthCheck = async (context, _instances, signal) => {
  if (context.replicaCount < 2) return [];
  const leader = await leaderAddress(context, signal);
  const standbys = await withPostgres(leader, "postgres", signal, async (client) =>
    z.array(Standby).parse((await client.query(STANDBYS_SQL)).rows),
  );
  const members = new Set(context.endpoints.instanceIds(context.service));
  // A backup or a copy in the making streams as well, under names of its own.
  const own = standbys.filter(({ application_name: name }) => members.has(name));
  return [judgeLag(own, context.replicaCount - 1)];
};

const slotCopies: HealthCheck = async (context, _instances, signal) => {
  if (context.replicaCount < 2 || !context.endpoints.has("debezium")) return [];
  const leader = await leaderAddress(context, signal);
  const ids = context.endpoints.instanceIds(context.service);
  const addresses = context.endpoints.addresses(context.service);
  const standbys = await Promise.all(
    ids.flatMap((id, at) => {
      const address = addresses[at] ?? "";
      if (address === leader) return [];
      return [copiesOn(id, address, signal)];
    }),
  );
  return [judgeSlotCopies(Object.fromEntries(standbys))];
};

/** What the answer of a standby comes to, or why there was none. */
async function copiesOn(
  id: string,
  address: string,
  signal: AbortSignal,
): Promise<readonly [string, readonly SlotRow[] | string]> {
  const answer = await slotsOf(address, host.deadline(MEMBER_MS_MAX, signal)).catch(reasonOf);
  return [id, answer];
}

async function clusterView(context: ComponentContext, signal: AbortSignal): Promise<PatroniView> {
  const members = context.endpoints.addresses(context.service, "rest");
  // Whoever answers first: a member that hangs must not use up the time.
  return Promise.any(
    members.map(async (address) =>
      parsePatroniCluster(await requestJson(`http://${address}/cluster`, { signal })),
    ),
  );
}

async function writableMembers(context: ComponentContext, signal: AbortSignal): Promise<Writable> {
  const ids = context.endpoints.instanceIds(context.service);
  const addresses = context.endpoints.addresses(context.service);
  const answers = await Promise.all(
    addresses.map((address) =>
      isWritable(address, host.deadline(MEMBER_MS_MAX, signal)).catch(() => undefined),
    ),
  );
  return Object.fromEntries(ids.map((id, at) => [id, answers[at]]));
}

function isWritable(address: string, signal: AbortSignal): Promise<boolean> {
  return withPostgres(address, "postgres", signal, async (client) => {
    const { rows } = await client.query("SELECT NOT pg_is_in_recovery() AS writable");
    return z.object({ writable: z.boolean() }).parse(rows[0]).writable;
  });
}

function leaderAddress(context: ComponentContext, signal: AbortSignal): Promise<string> {
  return leaderOf(context.endpoints.addresses(context.service, "rest"), signal);
}

export const patroniChecks: Readonly<Record<string, HealthCheck>> = {
  cluster,
  replication,
  "slot on standbys": slotCopies,
  ...serverChecks(leaderAddress),
};
