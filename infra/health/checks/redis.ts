/** The Redis cluster node by node: slots, copies, what was thrown out, and what would survive a restart. */
import { createClient } from "@redis/client";
import { z } from "zod";
import { reasonOf } from "../../../core/errors.ts";
import { host } from "../../../core/host.ts";
import { untilAborted } from "../../../core/until-aborted.ts";
import { parseInfo, REDIS_SLOT_COUNT } from "../../clients/redis.ts";
import { count, memory, plural } from "../../lint/figures.ts";
import { graded, listed, okIf, worstOf, type HealthCheck, type HealthFinding } from "../finding.ts";

const NODE_MS_MAX = 5000;
/** How far a replica's offset may be behind what its master has written. */
const REPLICA_LAG_BYTES = { warnAbove: 1024 ** 2, badAbove: 64 * 1024 ** 2 };

export interface RedisNode {
  readonly id: string;
  /** CLUSTER INFO and INFO in one; undefined where the node could not be asked. */
  readonly info: ReadonlyMap<string, string> | undefined;
  readonly reason: string;
}

/** Both answers have lines of "name:value", and no name twice. */
export function parseRedisNode(id: string, clusterInfo: string, info: string): RedisNode {
  return { id, info: new Map([...parseInfo(clusterInfo), ...parseInfo(info)]), reason: "" };
}

export function judgeRedis(nodes: readonly RedisNode[]): readonly HealthFinding[] {
  const known = nodes.flatMap(({ id, info }) => (info === undefined ? [] : [{ id, info }]));
  const silent = nodes.filter(({ info }) => info === undefined);
  return [
    judgeState(known, silent),
    judgeSlots(known),
    judgeReplicas(known, nodes.length),
    judgeEvictions(known),
    judgePersistence(known),
  ];
}

interface Known {
  readonly id: string;
  readonly info: ReadonlyMap<string, string>;
}

function judgeState(known: readonly Known[], silent: readonly RedisNode[]): HealthFinding {
  const failing = known.filter(({ info }) => info.get("cluster_state") !== "ok");
  const bad = failing.length > 0 || known.length <= silent.length;
  return {
    check: "cluster state",
    status: bad ? "bad" : okIf(silent.length === 0, "warn"),
    observed: `ok on ${String(known.length - failing.length)} of ${plural(known.length + silent.length, "node")}${silent.length + failing.length === 0 ? "" : `; not ${listed([...failing.map(({ id, info }) => `${id} (${info.get("cluster_state") ?? "unknown"})`), ...silent.map(({ id, reason }) => `${id} (${reason})`)])}`}`,
    expected: "cluster_state ok on all",
    hint: "Start the missing nodes; the cache is no source of truth, the application goes on without it.",
  };
}

function judgeSlots(known: readonly Known[]): HealthFinding {
  const served = known.map(({ info }) => numberIn(info, "cluster_slots_ok"));
  const least = served.length === 0 ? 0 : Math.min(...served);
  return {
    check: "slots served",
    status: okIf(least === REDIS_SLOT_COUNT),
    observed: count(least),
    expected: count(REDIS_SLOT_COUNT),
    hint: "A master without a replica is gone: bring it back, or CLUSTER ADDSLOTS its range elsewhere.",
  };
}

function judgeReplicas(known: readonly Known[], nodeCount: number): HealthFinding {
  const replicas = known.filter(({ info }) => info.get("role") === "slave");
  const broken = replicas.filter(
    ({ info }) =>
      info.get("master_link_status") !== "up" || info.get("master_sync_in_progress") !== "0",
  );
  const lags = replicas.map(({ info }) => {
    const read = numberIn(info, "slave_read_repl_offset");
    return Math.max(0, read - numberIn(info, "slave_repl_offset"));
  });
  const most = Math.max(0, ...lags);
  const wanted = nodeCount / 2;
  const inSync = replicas.length - broken.length;
  return {
    check: "replicas in sync",
    status: worstOf([okIf(inSync >= wanted, "warn"), graded(most, REPLICA_LAG_BYTES)]),
    observed: `${String(inSync)} of ${String(wanted)}, at most ${memory(most)} to apply${broken.length === 0 ? "" : `; not ${listed(broken.map(({ id }) => id))}`}`,
    expected: "one for each master, link up, not copying",
    hint: "Read the replica's log; until it is in sync the loss of its master loses a third of the cache.",
  };
}

function judgeEvictions(known: readonly Known[]): HealthFinding {
  const evicted = known.reduce((sum, { info }) => sum + numberIn(info, "evicted_keys"), 0);
  const used = known.reduce((sum, { info }) => sum + numberIn(info, "used_memory"), 0);
  const max = known.reduce((sum, { info }) => sum + numberIn(info, "maxmemory"), 0);
  return {
    check: "evicted keys",
    status: okIf(evicted === 0, "warn"),
    observed: `${plural(evicted, "key")} since the start, ${memory(used)} of ${memory(max)} used`,
    expected: "0",
    hint: "The cache is too small for what is asked: raise maxmemory, or shorten how long charts are kept.",
  };
}

function judgePersistence(known: readonly Known[]): HealthFinding {
  const off = known.filter(
    ({ info }) =>
      info.get("aof_enabled") !== "1" ||
      info.get("aof_last_write_status") !== "ok" ||
      info.get("rdb_last_bgsave_status") !== "ok",
  );
  return {
    check: "persistence",
    status: okIf(off.length === 0, "warn"),
    observed:
      off.length === 0
        ? `append-only file on and written on ${plural(known.length, "node")}`
        : listed(
            off.map(
              ({ id, info }) =>
                `${id}: aof_enabled ${info.get("aof_enabled") ?? "unknown"}, last write ${info.get("aof_last_write_status") ?? "unknown"}, last snapshot ${info.get("rdb_last_bgsave_status") ?? "unknown"}`,
            ),
          ),
    expected: "aof_enabled 1, last write and last snapshot ok, on all nodes",
    hint: "Look at the node's disk: with a failing append-only file Redis refuses writes.",
  };
}

function numberIn(info: ReadonlyMap<string, string>, name: string): number {
  return Number(info.get(name) ?? 0);
}

const nodes: HealthCheck = async (context, _instances, signal) => {
  const addresses = context.endpoints.addresses(context.service);
  const ids = context.endpoints.instanceIds(context.service);
  return judgeRedis(
    await Promise.all(
      ids.map((id, at) => askNode(id, addresses[at] ?? "", host.deadline(NODE_MS_MAX, signal))),
    ),
  );
};

async function askNode(id: string, address: string, signal: AbortSignal): Promise<RedisNode> {
  const [hostname = "", port] = address.split(":");
  const client = createClient({
    RESP: 2,
    disableOfflineQueue: true,
    socket: { host: hostname, port: Number(port), reconnectStrategy: false },
  });
  client.on("error", () => undefined);
  const ask = async (): Promise<RedisNode> => {
    await client.connect();
    const clusterInfo = z.string().parse(await client.sendCommand(["CLUSTER", "INFO"]));
    return parseRedisNode(id, clusterInfo, z.string().parse(await client.sendCommand(["INFO"])));
  };
  try {
    return await untilAborted(ask(), signal);
  } catch (error) {
    return { id, info: undefined, reason: reasonOf(error) };
  } finally {
    if (client.isOpen) client.destroy();
  }
}

export const redisChecks: Readonly<Record<string, HealthCheck>> = { nodes };
