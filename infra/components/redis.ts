/**
 * Redis in cluster mode: the cache of the application tier. The first half of the instances begin as masters,
 * the second half as their replicas; who is master later is the cluster's own affair.
 */
import { join } from "node:path";
import type { Component } from "../../core/contracts/component.ts";
import { LakeproofError } from "../../core/errors.ts";
import { programIn } from "../artifacts/programs.ts";
import {
  formRedisCluster,
  probeRedisNode,
  redisEpochMs,
  redisMaster,
  useRedisCluster,
} from "../clients/redis.ts";
import { addressOf, eachOrdinal, type InstanceDraft, instanceAt } from "./shape.ts";

const PORT = 6379;
const BUS_PORT = 16379;
/** Fewer masters could not outvote the one that failed. */
const INSTANCE_COUNT_MIN = 6;

/**
 * A master that is gone is failed over within: two node timeouts until a majority agrees that it failed (its own
 * ping runs out after one, the others' gossip takes up to one more), the replica's election delay, and the vote.
 */
export const REDIS_TIMINGS = {
  clusterNodeTimeoutMs: 5000,
  /** 500 ms fixed and up to 500 ms drawn by lot, as Redis has them. */
  electionDelayMsMax: 1000,
  voteMsMax: 1000,
  /** What a crash of a whole shard may lose: appendfsync everysec. */
  appendSyncIntervalMs: 1000,
} as const;

export const redis: Component = {
  kind: "redis",
  artifacts: ["redis"],
  startCoreCount: 0,
  instances: (context) => {
    refuseTooFew(context.service, context.replicaCount);
    return eachOrdinal(context, (id, ordinal): InstanceDraft => {
      const host = context.host(context.service, ordinal);
      const dataDir = context.dataDir(id);
      return {
        id,
        service: context.service,
        component: "redis",
        ordinal,
        host,
        ports: { main: PORT, bus: BUS_PORT },
        dataDir,
        readyMsMax: 60_000,
        unprivileged: true,
        files: { "redis.conf": redisConf(host, context.memoryMiB, dataDir) },
        prepare: [],
        command: {
          argv: [programIn(context.artifact("redis"), "redis-server"), join(dataDir, "redis.conf")],
        },
      };
    });
  },
  probe: (spec, signal) => probeRedisNode(addressOf(spec), signal),
  clock: {
    means: "TIME",
    read: async (spec, signal) => ({
      epochMs: await redisEpochMs(addressOf(spec), signal),
      errorMs: 1,
    }),
  },
  roles: {
    master: async (context, signal) =>
      instanceAt(context, await redisMaster(context.endpoints.addresses(context.service), signal)),
  },
  serving: (context, signal) =>
    useRedisCluster(context.endpoints.addresses(context.service), signal),
  configure: (context, signal) =>
    formRedisCluster(context.endpoints.addresses(context.service), signal),
};

function refuseTooFew(service: string, count: number): void {
  if (count >= INSTANCE_COUNT_MIN && count % 2 === 0) return;
  throw new LakeproofError(
    "CONFIG_INVALID",
    `${service}: a Redis cluster of ${String(count)} instances cannot fail over.`,
    { hint: "Use an even replicaCount of 6 or more: three masters, and a replica for each." },
  );
}

export function redisConf(host: string, memoryMiB: number, dataDir: string): string {
  const settings: readonly (readonly [string, string | number])[] = [
    ["bind", host],
    // Else the kernel picks an address that is nobody's, and a cut between two nodes would miss their traffic.
    ["bind-source-addr", host],
    ["replica-announce-ip", host],
    ["port", PORT],
    // Without a password Redis would refuse everyone from another network namespace.
    ["protected-mode", "no"],
    ["daemonize", "no"],
    ["dir", dataDir],
    ["cluster-enabled", "yes"],
    ["cluster-config-file", "nodes.conf"],
    ["cluster-port", BUS_PORT],
    ["cluster-announce-ip", host],
    ["cluster-announce-port", PORT],
    ["cluster-announce-bus-port", BUS_PORT],
    ["cluster-node-timeout", REDIS_TIMINGS.clusterNodeTimeoutMs],
    // A cache that lost one of three shards should still serve the other two.
    ["cluster-require-full-coverage", "no"],
    ["maxmemory", `${String(memoryMiB)}mb`],
    ["maxmemory-policy", "allkeys-lru"],
    ["appendonly", "yes"],
    ["appendfsync", "everysec"],
    ["save", "3600 1 300 100 60 10000"],
    // A lone replica must not wait 5 s for others to join its first copy.
    ["repl-diskless-sync-delay", 0],
  ];
  return settings.map(([name, value]) => `${name} ${String(value)}\n`).join("");
}
