/** How a Redis cluster is laid out, and what its nodes say of it. */
import { describe, expect, it } from "vitest";
import {
  freeRanges,
  parseClusterNodes,
  parseInfo,
  REDIS_SLOT_COUNT,
  slotShares,
} from "../../../../infra/clients/redis.ts";
import { redis, redisConf, REDIS_TIMINGS } from "../../../../infra/components/redis.ts";
import { contextOf, hostOf } from "./bi-context.ts";

describe("redis.conf", () => {
  const lines = redisConf("127.1.2.3", 96, "/lab/data/redis-2").split("\n");

  it.each([
    ["listens and speaks at the instance's own address alone", "bind 127.1.2.3"],
    ["sends from it as well", "bind-source-addr 127.1.2.3"],
    ["tells the cluster that address", "cluster-announce-ip 127.1.2.3"],
    ["is a cluster's node", "cluster-enabled yes"],
    ["takes the memory it is given", "maxmemory 96mb"],
    ["throws out the least recently used key", "maxmemory-policy allkeys-lru"],
    ["keeps an append-only file", "appendonly yes"],
    ["keeps snapshots", "save 3600 1 300 100 60 10000"],
    [
      "notices a dead node in the time the budgets count on",
      `cluster-node-timeout ${String(REDIS_TIMINGS.clusterNodeTimeoutMs)}`,
    ],
  ])("%s", (_name, line) => {
    expect(lines).toContain(line);
  });
});

describe("instances", () => {
  it("are as many as wanted, each with its configuration", () => {
    const specs = redis.instances(contextOf("redis", 6));
    expect(specs.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5].map((n) => `redis-${String(n)}`));
    expect(specs[4]?.command.argv).toEqual([
      "/artifacts/redis/bin/redis-server",
      "/lab/data/redis-4/redis.conf",
    ]);
    expect(specs[4]?.files["redis.conf"]).toContain(`bind ${hostOf("redis", 4)}\n`);
  });

  it.each([1, 3, 5, 7])("%i of them are refused: they could not fail over", (count) => {
    expect(() => redis.instances(contextOf("redis", count))).toThrow(/cannot fail over/);
  });
});

describe("slots", () => {
  it.each([3, 4, 5, 7])("are shared out among %i masters without a gap", (count) => {
    const shares = slotShares(count);
    expect(shares).toHaveLength(count);
    expect(shares[0]?.first).toBe(0);
    expect(shares.at(-1)?.last).toBe(REDIS_SLOT_COUNT - 1);
    shares.slice(1).forEach(({ first }, index) => {
      expect(first).toBe((shares[index]?.last ?? 0) + 1);
    });
  });

  it.each([
    ["nothing taken", [], [{ first: 0, last: 99 }]],
    ["all taken", [{ first: 0, last: 200 }], []],
    [
      "a piece out of the middle",
      [{ first: 10, last: 19 }],
      [
        { first: 0, last: 9 },
        { first: 20, last: 99 },
      ],
    ],
    [
      "both ends",
      [
        { first: 0, last: 4 },
        { first: 90, last: 300 },
      ],
      [{ first: 5, last: 89 }],
    ],
    ["others' slots", [{ first: 100, last: 300 }], [{ first: 0, last: 99 }]],
  ])("%s leaves what is free", (_name, taken, free) => {
    expect(freeRanges({ first: 0, last: 99 }, taken)).toEqual(free);
  });
});

describe("what a node says", () => {
  // As Redis 7.0.15 wrote it, with a slot on the move added.
  const text = [
    "6b32 127.0.8.21:6379@16379 myself,master - 0 1795350000000 1 connected 0-5460 [5460->-a88e]",
    "94f3 127.0.8.24:6379@16379 slave 6b32 0 1795350000000 1 connected",
    "a88e 127.0.8.22:6379@16379,host-2 master,fail? - 1 1795350000000 2 disconnected 5461 5470-5480",
    "",
  ].join("\n");

  it("tells masters with their slots from replicas with their master", () => {
    expect(parseClusterNodes(text)).toEqual([
      {
        nodeId: "6b32",
        address: "127.0.8.21:6379",
        self: true,
        role: "master",
        failing: false,
        masterId: undefined,
        slots: [{ first: 0, last: 5460 }],
      },
      {
        nodeId: "94f3",
        address: "127.0.8.24:6379",
        self: false,
        role: "replica",
        failing: false,
        masterId: "6b32",
        slots: [],
      },
      {
        nodeId: "a88e",
        address: "127.0.8.22:6379",
        self: false,
        role: "master",
        failing: true,
        masterId: undefined,
        slots: [
          { first: 5461, last: 5461 },
          { first: 5470, last: 5480 },
        ],
      },
    ]);
  });

  it("keeps colons in values", () => {
    const info = parseInfo("# Replication\r\nrole:slave\r\nslave0:ip=127.0.8.24,port=1:2\r\n");
    expect(info.get("role")).toBe("slave");
    expect(info.get("slave0")).toBe("ip=127.0.8.24,port=1:2");
  });
});
