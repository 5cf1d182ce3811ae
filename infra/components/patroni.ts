/**
 * PostgreSQL 18 under Patroni: one leader, a synchronous standby, and a replication slot that survives the
 * change of leader. Patroni owns the physical slots of its members, Debezium owns the logical one: Patroni is
 * told to leave it alone, PostgreSQL itself copies it to the standbys.
 */
import { join } from "node:path";
import { z } from "zod";
import { BANK_DATABASE, BANK_DDL } from "../../core/bank-schema.ts";
import type {
  Component,
  ComponentContext,
  InstanceSpec,
  ReplicaSet,
} from "../../core/contracts/component.ts";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { pythonCommand, pythonEnvironment } from "../artifacts/python.ts";
import { requestJson } from "../clients/http.ts";
import { withPostgres } from "../clients/postgres.ts";
import { createDatabases, HBA_RULES, POSTGRES_PORT, postgresClock, SLOT } from "./postgres.ts";
import { addressOf, eachOrdinal, type InstanceDraft, instanceAt } from "./shape.ts";

export const PATRONI_REST_PORT = 8008;
const SCOPE = "bank";

/** ttl ≥ loop wait + 2 × retry timeout, as Patroni demands. The recovery budget is computed from these. */
export const PATRONI_TIMINGS = { ttlS: 20, loopWaitS: 5, retryTimeoutS: 7 } as const;

export const patroni: Component = {
  kind: "patroni",
  artifacts: ["postgres", "patroni"],
  startCoreCount: 0.5,
  instances: (context) =>
    eachOrdinal(context, (id, ordinal): InstanceDraft => {
      const address = context.host(context.service, ordinal);
      const dataDir = context.dataDir(id);
      const config = join(dataDir, "patroni.yml");
      return {
        id,
        service: context.service,
        component: "patroni",
        ordinal,
        host: address,
        ports: { main: POSTGRES_PORT, rest: PATRONI_REST_PORT },
        dataDir,
        readyMsMax: 180_000,
        unprivileged: true,
        // JSON is YAML, and nobody has to quote anything.
        files: {
          "patroni.yml": JSON.stringify(patroniConfig(context, id, address, dataDir), null, 2),
        },
        prepare: [],
        command: {
          argv: [...pythonCommand(), "-m", "patroni", config],
          env: pythonEnvironment(context.artifact("patroni")),
        },
      };
    }),
  probe: probeMember,
  settings: { synchronous_mode: ["false"], failsafe_mode: ["false"] },
  replication: {
    unit: "bytes of WAL",
    replicaSets: async (context, signal) => [await clusterOf(context, signal)],
    refresh: (context, _, signal) => clusterOf(context, signal),
    positionCount: (context, { leaderId }, signal) => flushedBytes(context, leaderId, signal),
  },
  clock: postgresClock,
  roles: {
    leader: async (context, signal) => {
      const leader = await leaderOf(context.endpoints.addresses(context.service, "rest"), signal);
      return instanceAt(context, leader);
    },
    /** Confirms every commit. */
    synchronous: async (context, signal) => {
      const members = await patroniMembers(
        context.endpoints.addresses(context.service, "rest"),
        signal,
      );
      const standby = members.find(({ role }) => role === "sync_standby");
      if (standby?.host !== undefined) {
        return instanceAt(context, `${standby.host}:${String(standby.port ?? POSTGRES_PORT)}`);
      }
      throw new LakeproofError("CLIENT_FAILED", "PostgreSQL has no synchronous standby now.", {
        hint: "Wait until one has caught up, or read the members' logs.",
      });
    },
  },
  configure: async (context, signal) => {
    const members = context.endpoints.addresses(context.service, "rest");
    await untilSynchronous(members, context, signal);
    const leader = await leaderOf(members, signal);
    await createDatabases(leader, signal);
    await withPostgres(leader, BANK_DATABASE, signal, async (client) => {
      await client.query(BANK_DDL);
    });
  },
};

function patroniConfig(
  context: ComponentContext,
  id: string,
  address: string,
  dataDir: string,
): Record<string, unknown> {
  const bin = join(context.artifact("postgres"), "bin");
  const { ttlS, loopWaitS, retryTimeoutS } = PATRONI_TIMINGS;
  return {
    scope: SCOPE,
    name: id,
    restapi: {
      listen: `${address}:${String(PATRONI_REST_PORT)}`,
      connect_address: `${address}:${String(PATRONI_REST_PORT)}`,
    },
    etcd3: { hosts: context.endpoints.addresses("etcd") },
    bootstrap: {
      dcs: {
        ttl: ttlS,
        loop_wait: loopWaitS,
        // A postmaster that crashes is started in place: not for longer than a standby takes to be promoted.
        primary_start_timeout: ttlS,
        // Without etcd's majority the leader stays while all members answer it.
        failsafe_mode: isFailsafe(context.settings),
        retry_timeout: retryTimeoutS,
        maximum_lag_on_failover: 1_048_576,
        synchronous_mode: isSynchronous(context),
        // The slot of the connector is PostgreSQL's to copy and Debezium's to use.
        ignore_slots: [
          { name: SLOT, type: "logical", plugin: "pgoutput", database: BANK_DATABASE },
        ],
        postgresql: { use_pg_rewind: true, use_slots: true, parameters: SERVER_PARAMETERS },
      },
      initdb: [{ encoding: "UTF8" }, { locale: "C.UTF-8" }, { auth: "trust" }, "no-sync"],
    },
    postgresql: {
      listen: `${address}:${String(POSTGRES_PORT)}`,
      connect_address: `${address}:${String(POSTGRES_PORT)}`,
      data_dir: join(dataDir, "pgdata"),
      bin_dir: bin,
      pgpass: join(dataDir, "pgpass"),
      authentication: {
        superuser: { username: "lakeproof" },
        replication: { username: "replicator" },
        rewind: { username: "lakeproof" },
      },
      parameters: { unix_socket_directories: dataDir },
      pg_hba: HBA_RULES,
    },
  };
}

/** With it the leader stays without etcd, as long as all members answer it; without it, it demotes itself. */
export function isFailsafe(settings: ComponentContext["settings"]): boolean {
  return settings["failsafe_mode"] !== "false";
}

/** Without it a commit is acknowledged before any standby has it. */
function isSynchronous({ settings }: ComponentContext): boolean {
  return settings["synchronous_mode"] !== "false";
}

/** The same on every member: a standby with fewer senders or slots than its leader refuses to start. */
const SERVER_PARAMETERS = {
  wal_level: "logical",
  hot_standby_feedback: "on",
  sync_replication_slots: "on",
  max_wal_senders: 20,
  max_replication_slots: 20,
  max_connections: 200,
  shared_buffers: "64MB",
  wal_sender_timeout: "20s",
  wal_log_hints: "on",
  // A connector that stays away may cost disk up to here, and from then on its slot instead of the primary.
  max_slot_wal_keep_size: "8GB",
  log_line_prefix: "%m [%p] ",
  timezone: "UTC",
} as const;

/** A member works when it takes a write as leader, or streams from one as standby. */
async function probeMember(spec: InstanceSpec, signal: AbortSignal): Promise<void> {
  await withPostgres(addressOf(spec), "postgres", signal, async (client) => {
    const { rows } = await client.query<{ standby: boolean; streaming: boolean }>(
      `SELECT pg_is_in_recovery() AS standby,
        EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming') AS streaming`,
    );
    const [row] = rows;
    if (row?.standby !== true) {
      await client.query("CREATE TEMP TABLE probe AS SELECT 1");
      return;
    }
    if (row.streaming) return;
    throw new LakeproofError("CLIENT_FAILED", `${spec.id} is a standby and does not stream.`, {
      hint: "Read its log; its leader may be changing.",
    });
  });
}

const Cluster = z.object({
  members: z.array(
    z.object({
      name: z.string(),
      role: z.string(),
      state: z.string(),
      host: z.string().optional(),
      port: z.number().optional(),
    }),
  ),
});

type PatroniMember = z.infer<typeof Cluster>["members"][number];

/** The cluster as any member that answers sees it. */
async function patroniMembers(
  restAddresses: readonly string[],
  signal: AbortSignal,
): Promise<readonly PatroniMember[]> {
  let last: unknown;
  for (const address of restAddresses) {
    try {
      const url = `http://${address}/cluster`;
      return Cluster.parse(await requestJson(url, { signal: host.deadline(5000, signal) })).members;
    } catch (error) {
      last = error;
    }
  }
  throw new LakeproofError("CLIENT_FAILED", "No member of the PostgreSQL cluster answers.", {
    hint: "`lakeproof status` shows which are down.",
    cause: last,
  });
}

/** "host:port" of the member that takes writes. */
export async function leaderOf(
  restAddresses: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const leader = (await patroniMembers(restAddresses, signal)).find(
    ({ role }) => role === "leader",
  );
  if (leader?.host !== undefined) return `${leader.host}:${String(leader.port ?? POSTGRES_PORT)}`;
  throw noLeader();
}

function noLeader(): LakeproofError {
  return new LakeproofError("CLIENT_FAILED", "The PostgreSQL cluster has no leader.", {
    hint: "Wait for the election, or read the members' logs.",
  });
}

async function clusterOf(context: ComponentContext, signal: AbortSignal): Promise<ReplicaSet> {
  const members = await patroniMembers(
    context.endpoints.addresses(context.service, "rest"),
    signal,
  );
  const idOf = ({ host: address, port }: PatroniMember): string =>
    instanceAt(context, `${address ?? ""}:${String(port ?? POSTGRES_PORT)}`);
  const leader = members.find(({ role }) => role === "leader");
  if (leader === undefined) throw noLeader();
  const followers = members.filter((member) => member !== leader);
  return {
    name: context.service,
    leaderId: idOf(leader),
    followerIds: followers.map(idOf),
    inSyncIds: followers.filter(({ role }) => role === "sync_standby").map(idOf),
    voterIds: [],
  };
}

async function flushedBytes(
  context: ComponentContext,
  instanceId: string,
  signal: AbortSignal,
): Promise<number> {
  const at = context.endpoints.instanceIds(context.service).indexOf(instanceId);
  const address = context.endpoints.addresses(context.service)[at] ?? "";
  return withPostgres(address, "postgres", signal, async (client) => {
    const { rows } = await client.query<{ bytes: string }>(
      "SELECT pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::text AS bytes",
    );
    return Number(rows[0]?.bytes ?? "0");
  });
}

/** Without a synchronous standby a failover could lose acknowledged rows: that is not ready. */
async function untilSynchronous(
  restAddresses: readonly string[],
  context: ComponentContext,
  signal: AbortSignal,
): Promise<void> {
  const memberCount = context.replicaCount;
  const isAlone = memberCount < 2 || !isSynchronous(context);
  const deadlineMs = host.monotonicMs() + 90_000;
  let seen = "no answer";
  while (host.monotonicMs() < deadlineMs) {
    const members = await patroniMembers(restAddresses, signal);
    seen = members.map(({ name, role, state }) => `${name} ${role} ${state}`).join(", ");
    const streaming = members.filter(({ state }) => state === "streaming").length;
    const synchronous = members.some(({ role }) => role === "sync_standby");
    if ((synchronous || isAlone) && streaming === memberCount - 1) return;
    await host.sleep(300, signal);
  }
  throw new LakeproofError(
    "PROVISIONING_FAILED",
    `PostgreSQL has no synchronous standby: ${seen}.`,
    {
      hint: "Read the logs of the members.",
    },
  );
}
