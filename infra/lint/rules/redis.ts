/** Redis: memory without an end, a cluster that cannot fail over, a cache that starts empty. */
import { REDIS_ELECTION_MS } from "../estimates.ts";
import { countOf, type Facts } from "../facts.ts";
import { count, memory, percent, plural, span } from "../figures.ts";
import type { Draft, LintRule } from "../rule.ts";
import { at, bytesOf, flagOf, msOf, textOf, type Settings } from "../settings.ts";

const SLOT_COUNT = 16_384;
const MASTER_COUNT_MIN = 3;

export const redisMemory: LintRule = {
  id: "redis-memory",
  purpose:
    "maxmemory and its policy: a cache that grows until it is killed, or refuses what is new.",
  needs: ["redis"],
  check: (facts) =>
    facts.redis.flatMap((node): readonly Draft[] => {
      const limit = bytesOf(node, "maxmemory", 0);
      if (limit === 0) {
        return [
          {
            severity: "error",
            ...at(node, "maxmemory", "default 0, no limit"),
            consequence: `Nothing is ever evicted: the node grows with every distinct query of ${count(facts.demand.userCount)} users until the kernel kills it, and its ${percent(1 / MASTER_COUNT_MIN)} of the keys with it.`,
            change: "Set maxmemory to what the node can spare, 6gb in the specification.",
          },
        ];
      }
      const policy = textOf(node, "maxmemory-policy") ?? "noeviction";
      if (policy === "allkeys-lru" || policy === "allkeys-lfu") return [];
      const refuses = policy === "noeviction";
      return [
        {
          severity: refuses ? "error" : "warning",
          ...at(node, "maxmemory-policy", "default noeviction"),
          consequence: refuses
            ? `At ${memory(limit)} every write fails with OOM: the cache stops taking results and each of ${count(facts.demand.rateCallsPerS * 60)} calls a minute that is not in it goes to Trino, or fails where the BI tool passes cache errors on.`
            : `With ${policy} not the least used of all keys go: at ${memory(limit)} hot results are thrown out, or keys without an expiry stay until writes fail.`,
          change: "Set maxmemory-policy allkeys-lru.",
        },
      ];
    }),
};

export const redisCluster: LintRule = {
  id: "redis-cluster",
  purpose:
    "Masters and replicas: slots that go with a node, and the seconds until a replica serves them.",
  needs: ["redis"],
  check: (facts) => {
    const nodes = countOf(facts, "redis");
    return facts.redis.flatMap((node) => [
      ...(nodes === undefined ? [] : countFindings(facts, node, nodes)),
      ...failoverFindings(facts, node),
    ]);
  },
};

function countFindings(facts: Facts, node: Settings, nodes: number): readonly Draft[] {
  const clustered = flagOf(node, "cluster-enabled", false);
  const base = { ...at(node, "cluster-enabled", "default no") };
  if (!clustered) {
    if (nodes < 2) return [];
    return [
      {
        severity: "warning",
        ...base,
        consequence: `${plural(nodes, "node")} that know nothing of each other: a key written to one is missing on ${count(nodes - 1)}, and nobody takes over for any of them.`,
        change: "Set cluster-enabled yes on all of them.",
      },
    ];
  }
  if (nodes < MASTER_COUNT_MIN) {
    return [
      {
        severity: "error",
        ...base,
        consequence: `A majority of masters must agree that one has failed, and ${plural(nodes, "node")} cannot outlive one: 0 masters may be lost, and the cluster is not even created with fewer than ${String(MASTER_COUNT_MIN)}.`,
        change: "Run 3 masters and 3 replicas.",
      },
    ];
  }
  if (nodes >= 2 * MASTER_COUNT_MIN) return [];
  const full = flagOf(node, "cluster-require-full-coverage", true);
  return [
    {
      severity: "error",
      ...base,
      consequence: `${plural(nodes, "node")} are ${String(MASTER_COUNT_MIN)} masters with ${plural(nodes - MASTER_COUNT_MIN, "replica")}: a master without one takes ${count(SLOT_COUNT / MASTER_COUNT_MIN)} of ${count(SLOT_COUNT)} slots with it${full ? ", and with full coverage required all the others stop too" : ""}; ${percent(full ? 1 : 1 / MASTER_COUNT_MIN)} of ${count(facts.demand.rateCallsPerS * 60)} cached calls a minute fail until it is back.`,
      change: `Add ${plural(2 * MASTER_COUNT_MIN - nodes, "replica")}.`,
    },
  ];
}

/** A cache may cost a few hours of error budget once; more than that is a dependency. */
const EARNED_BACK_S_MAX = 7200;

function failoverFindings(facts: Facts, node: Settings): readonly Draft[] {
  if (!flagOf(node, "cluster-enabled", false)) return [];
  const timeoutMs = msOf(node, "cluster-node-timeout", 15_000);
  // Its own ping runs out after one time-out; until a majority has heard of it takes up to one more.
  const takesMs = 2 * timeoutMs + REDIS_ELECTION_MS;
  const full = flagOf(node, "cluster-require-full-coverage", true);
  const share = full ? 1 : 1 / MASTER_COUNT_MIN;
  const { rateCallsPerS } = facts.demand;
  const errors = (takesMs / 1000) * rateCallsPerS * share;
  const earnedS = errors / (rateCallsPerS * facts.targets.errorRatio);
  if (!(earnedS > EARNED_BACK_S_MAX)) return [];
  return [
    {
      severity: "warning",
      ...(full
        ? at(node, "cluster-require-full-coverage", "default yes")
        : at(node, "cluster-node-timeout", "default 15000")),
      consequence: `A lost master is declared failed after one to two times ${span(timeoutMs)} and replaced after up to ${span(takesMs)}. ${full ? "With full coverage required all slots stop meanwhile" : `Its ${count(SLOT_COUNT / MASTER_COUNT_MIN)} slots stop meanwhile`}: ${count(errors)} of ${count(rateCallsPerS * 60)} calls a minute find no cache, and where the BI tool fails with it (Superset does) that is ${span(earnedS * 1000)} of error budget.`,
      change: "Set cluster-node-timeout 5000 and cluster-require-full-coverage no.",
    },
  ];
}

export const redisPersistence: LintRule = {
  id: "redis-persistence",
  purpose: "No append-only file: masters that come back empty, and replicas that copy it.",
  needs: ["redis"],
  check: (facts) =>
    facts.redis.flatMap((node): readonly Draft[] => {
      const nodes = countOf(facts, "redis") ?? 2 * MASTER_COUNT_MIN;
      const masters = Math.max(1, Math.floor(nodes / 2));
      if (!flagOf(node, "appendonly", false)) {
        return [
          {
            severity: "warning",
            ...at(node, "appendonly", "default no"),
            consequence: `A master that restarts before it is declared failed comes back empty or at its last dump, and its replica copies that: ${percent(1 / masters)} of all results are computed again at once, by Trino, at ${count(facts.demand.rateCallsPerS)} calls/s.`,
            change: "Set appendonly yes (appendfsync everysec: at most 1 s is lost).",
          },
        ];
      }
      const sync = textOf(node, "appendfsync") ?? "everysec";
      if (sync === "everysec") return [];
      return [
        {
          severity: "note",
          ...at(node, "appendfsync", ""),
          consequence:
            sync === "always"
              ? "Every write waits for the disk: a cache that is slower than what it spares, for data that can be computed again."
              : "The kernel decides when to write, usually within 30 s: so much is lost with the machine.",
          change: "Set appendfsync everysec.",
        },
      ];
    }),
};
