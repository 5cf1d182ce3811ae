/** The lake's store, the engine, the BI tier and those who watch: their answers, and what is made of them. */
import { describe, expect, it, test } from "vitest";
import { judgeDashboards, judgeInstances } from "../../../../infra/health/checks/bi.ts";
import { expectedUp, judgeBackends } from "../../../../infra/health/checks/haproxy.ts";
import { judgeTable } from "../../../../infra/health/checks/lakehouse.ts";
import { judgeDrives, judgeRoundTrip, judgeSpace } from "../../../../infra/health/checks/minio.ts";
import {
  judgeAlertmanager,
  judgeAlerts,
  judgeTargets,
} from "../../../../infra/health/checks/monitoring.ts";
import { judgeRedis, parseRedisNode } from "../../../../infra/health/checks/redis.ts";
import { judgeQuery, judgeQueues, judgeWorkers } from "../../../../infra/health/checks/trino.ts";
import { parseExposition } from "../../../../infra/health/exposition.ts";

const GIB = 1024 ** 3;

describe("an exposition", () => {
  it("is read with labels, escapes and infinities, and without its comments", () => {
    const text =
      '# HELP a b\n# TYPE a gauge\na{x="1",y="q\\"u,o"} 2.5e+10 1700\nb +Inf\n\nno sample\n';
    expect(parseExposition(text)).toEqual([
      { name: "a", labels: { x: "1", y: 'q"u,o' }, value: 2.5e10 },
      { name: "b", labels: {}, value: Infinity },
      { name: "no", labels: {}, value: Number.NaN },
    ]);
  });
});

describe("MinIO", () => {
  const metricsOf = (online: number, freeGiB: number): ReturnType<typeof parseExposition> =>
    parseExposition(
      [
        `minio_cluster_drive_total{server="10.77.4.14:9000"} 8`,
        `minio_cluster_health_erasure_set_online_drives{pool="0",server="10.77.4.14:9000",set="0"} ${String(online)}`,
        `minio_cluster_health_erasure_set_write_quorum{pool="0",server="10.77.4.14:9000",set="0"} 5`,
        `minio_cluster_capacity_usable_total_bytes{server="10.77.4.14:9000"} ${String(100 * GIB)}`,
        `minio_cluster_capacity_usable_free_bytes{server="10.77.4.14:9000"} ${String(freeGiB * GIB)}`,
      ].join("\n"),
    );

  test.for([
    [8, "ok", "8 of 8 drives online, 0 offline"],
    [6, "warn", "6 of 8 drives online, 2 offline"],
    [4, "bad", "4 of 8 drives online, 4 offline; 1 erasure set below write quorum"],
  ] as const)("with %d drives online is %s", ([online, status, observed]) => {
    expect(judgeDrives(metricsOf(online, 50))).toMatchObject({ status, observed });
  });

  test.for([
    [50, "ok"],
    [10, "warn"],
    [1, "bad"],
  ] as const)("with %d of 100 GiB free is %s", ([freeGiB, status]) => {
    expect(judgeSpace(metricsOf(8, freeGiB)).status).toBe(status);
  });

  it("is bad when its metrics say nothing", () => {
    expect(judgeDrives([]).status).toBe("bad");
    expect(judgeSpace([]).status).toBe("bad");
  });

  it("is slow before it is bad", () => {
    expect([20, 3000, 11_000].map((ms) => judgeRoundTrip(ms).status)).toEqual([
      "ok",
      "warn",
      "bad",
    ]);
  });
});

describe("Trino", () => {
  const nodes = [
    ["trino-0", true, "active"],
    ["trino-worker-0", false, "active"],
    ["trino-worker-1", false, "active"],
  ];

  it("counts its workers, without the coordinator where there are any", () => {
    expect(judgeWorkers(nodes, 2)).toMatchObject({ status: "ok", observed: "2 of 2" });
    expect(judgeWorkers(nodes.slice(0, 1), 0).status).toBe("ok");
    expect(judgeWorkers(nodes.slice(0, 2), 2).status).toBe("warn");
    const leaving = [...nodes.slice(0, 2), ["trino-worker-1", false, "shutting_down"]];
    expect(judgeWorkers(leaving, 2).observed).toBe("1 of 2; trino-worker-1 shutting_down");
    expect(judgeWorkers(nodes.slice(0, 1), 2).status).toBe("bad");
  });

  test.for([
    [2, 400, "ok"],
    [2, 4000, "warn"],
    [1, 400, "warn"],
    [2, 16_000, "bad"],
  ] as const)("a query over %d of 2 workers in %d ms is %s", ([nodeCount, elapsedMs, status]) => {
    expect(judgeQuery([[nodeCount]], 2, elapsedMs).status).toBe(status);
  });

  it("tells who runs and who waits, and minds only those who wait", () => {
    expect(judgeQueues([]).observed).toBe("none runs or waits");
    expect(judgeQueues([["global.executive", "RUNNING", 30]]).status).toBe("ok");
    const rows = [
      ["global.executive", "QUEUED", 12],
      ["global.executive", "RUNNING", 2],
    ];
    expect(judgeQueues(rows)).toMatchObject({
      status: "warn",
      observed: "global.executive 12 QUEUED, global.executive 2 RUNNING",
    });
  });
});

describe("a table of the lake", () => {
  const statusesOf = (row: readonly unknown[]): readonly string[] =>
    judgeTable("users", [row]).map(({ status }) => status);

  test.for([
    [
      [120, 9000, "80", "800000"],
      ["ok", "ok", "ok"],
    ],
    [
      [120, 200_000, "80", "800000"],
      ["warn", "ok", "ok"],
    ],
    [
      [120, 900_000, "80", "800000"],
      ["bad", "ok", "ok"],
    ],
    [
      [120, 9000, "20000", "200000000"],
      ["ok", "warn", "ok"],
    ],
    [
      [120, 9000, "20000", "2000000000000"],
      ["ok", "ok", "ok"],
    ],
    [
      [30_000, 9000, null, null],
      ["ok", "ok", "warn"],
    ],
  ] as const)("%j is %j", ([row, statuses]) => {
    expect(statusesOf(row)).toEqual(statuses);
  });

  it("tells the files with their mean size", () => {
    expect(judgeTable("users", [[2, 9000, "4", String(8 * 1024 ** 2)]])[1]?.observed).toBe(
      "4 files, 2 MiB each on average",
    );
  });

  it("warns where nothing was committed yet", () => {
    expect(judgeTable("users", [])).toMatchObject([{ status: "warn" }]);
  });
});

describe("HAProxy", () => {
  const STATES = ["DOWN", "UP", "MAINT", "DRAIN", "NOLB"];
  const metricsOf = (
    backend: string,
    servers: Readonly<Record<string, string>>,
  ): ReturnType<typeof parseExposition> =>
    parseExposition(
      Object.entries(servers)
        .flatMap(([server, now]) =>
          STATES.map(
            (state) =>
              `haproxy_server_status{proxy="${backend}",server="${server}",state="${state}"} ${state === now ? "1" : "0"}`,
          ),
        )
        .join("\n"),
    );

  test.for([
    ["leader_servers", ["UP", "DOWN", "DOWN"], "ok"],
    ["leader_servers", ["DOWN", "DOWN", "DOWN"], "bad"],
    ["leader_servers", ["UP", "UP", "DOWN"], "bad"],
    ["replica_servers", ["DOWN", "UP", "UP"], "ok"],
    ["replica_servers", ["DOWN", "DOWN", "UP"], "warn"],
    ["replica_servers", ["DOWN", "DOWN", "DOWN"], "bad"],
    ["bi_servers", ["UP", "UP", "UP"], "ok"],
    ["bi_servers", ["UP", "UP", "DOWN"], "warn"],
    ["bi_servers", ["UP", "DOWN", "DOWN"], "bad"],
    ["minio_servers", ["UP", "UP", "UP", "DOWN"], "warn"],
    ["minio_servers", ["UP", "UP", "DOWN", "DOWN"], "bad"],
    ["waf_servers", ["UP", "DOWN"], "warn"],
    ["waf_servers", ["MAINT"], "bad"],
  ] as const)("%s with %j is %s", ([backend, states, status]) => {
    const servers = Object.fromEntries(states.map((state, at) => [`s-${String(at)}`, state]));
    expect(judgeBackends("lb-0", metricsOf(backend, servers))).toMatchObject([{ status }]);
  });

  it("names instance, backend and servers", () => {
    const [finding] = judgeBackends("lb-0", metricsOf("bi_servers", { a: "UP", b: "DOWN" }));
    expect(finding).toMatchObject({
      check: "lb-0 bi_servers",
      observed: "1 of 2 up (a UP, b DOWN)",
      expected: "2 up",
    });
  });

  it("wants no replica of a server that is alone", () => {
    expect(expectedUp("replica_servers", 1)).toEqual({ upCount: 0, badBelow: 0 });
  });
});

test.for([
  [[true, true, true], "ok"],
  [[true, true, false], "warn"],
  [[true, false, false], "bad"],
  [[true], "ok"],
  [[false], "bad"],
] as const)("BI instances %j are %s", ([states, status]) => {
  const instances = states.map((healthy, at) => ({ id: `superset-${String(at)}`, healthy }));
  expect(judgeInstances(instances).status).toBe(status);
});

test("a BI tier without dashboards is warned of", () => {
  expect(judgeDashboards(["Bank operations"]).status).toBe("ok");
  expect(judgeDashboards([]).status).toBe("warn");
});

describe("Redis", () => {
  const clusterInfo = [
    ...["cluster_state:ok", "cluster_slots_assigned:16384", "cluster_slots_ok:16384"],
    ...["cluster_slots_pfail:0", "cluster_slots_fail:0", "cluster_known_nodes:2", "cluster_size:1"],
  ].join("\r\n");
  const infoOf = (role: "master" | "slave", changed: Readonly<Record<string, string>>): string =>
    Object.entries({
      role,
      used_memory: "1048576",
      maxmemory: "67108864",
      evicted_keys: "0",
      aof_enabled: "1",
      aof_last_write_status: "ok",
      rdb_last_bgsave_status: "ok",
      ...(role === "slave"
        ? {
            master_link_status: "up",
            master_sync_in_progress: "0",
            slave_read_repl_offset: "4000",
            slave_repl_offset: "4000",
          }
        : {}),
      ...changed,
    })
      .map(([name, value]) => `${name}:${value}`)
      .join("\r\n");
  const statusesOf = (
    master: Readonly<Record<string, string>>,
    replica: Readonly<Record<string, string>>,
  ): readonly string[] =>
    judgeRedis([
      parseRedisNode("redis-0", clusterInfo, `# Replication\r\n${infoOf("master", master)}`),
      parseRedisNode("redis-1", clusterInfo, infoOf("slave", replica)),
    ]).map(({ status }) => status);

  test.for([
    ["all is well", {}, {}, ["ok", "ok", "ok", "ok", "ok"]],
    ["a link is down", {}, { master_link_status: "down" }, ["ok", "ok", "warn", "ok", "ok"]],
    ["keys were thrown out", { evicted_keys: "9" }, {}, ["ok", "ok", "ok", "warn", "ok"]],
    ["the file fails", { aof_last_write_status: "err" }, {}, ["ok", "ok", "ok", "ok", "warn"]],
    ["slots are missing", { cluster_slots_ok: "10922" }, {}, ["ok", "bad", "ok", "ok", "ok"]],
    ["the cluster is down", { cluster_state: "fail" }, {}, ["bad", "ok", "ok", "ok", "ok"]],
  ] as const)("when %s", ([, master, replica, statuses]) => {
    expect(statusesOf(master, replica)).toEqual(statuses);
  });

  it("is bad when nobody answers", () => {
    const silent = { id: "redis-0", info: undefined, reason: "refused" };
    expect(judgeRedis([silent, silent])[0]).toMatchObject({ status: "bad" });
  });
});

describe("those who watch", () => {
  const target = {
    ...{ job: "kafka", instance: "kafka-0", scrapeUrl: "http://x/metrics", lastScrapeMs: 4 },
    ...{ health: "up" as const, lastError: "" },
  };
  const alert = {
    ...{ name: "KafkaBrokerDown", annotations: {}, activeAtEpochMs: 0, value: 1 },
    labels: { severity: "critical", instance: "kafka-1" } as Readonly<Record<string, string>>,
    state: "firing" as "firing" | "pending",
  };

  it("warn when a target is down, and are bad without any", () => {
    const down = { ...target, health: "down" as const, lastError: "connection refused" };
    expect(judgeTargets([target]).status).toBe("ok");
    expect(judgeTargets([target, down])).toMatchObject({
      status: "warn",
      observed: "1 of 2 targets up; down: kafka/kafka-0 (connection refused)",
    });
    expect(judgeTargets([]).status).toBe("bad");
  });

  it("tell critical alerts from others, and pending ones from firing ones", () => {
    expect(judgeAlerts([]).status).toBe("ok");
    expect(judgeAlerts([{ ...alert, state: "pending" }])).toMatchObject({
      status: "ok",
      observed: "0 alerts firing, 1 pending",
    });
    expect(judgeAlerts([{ ...alert, labels: { severity: "warning" } }]).status).toBe("warn");
    expect(judgeAlerts([alert])).toMatchObject({
      status: "bad",
      observed: "1 alert firing (KafkaBrokerDown kafka-1), 0 pending",
    });
  });

  it("take an Alertmanager that is alone for what it is", () => {
    const told = { ...alert, startsAtEpochMs: 0, endsAtEpochMs: 0, state: "active" as const };
    const statusesOf = (status: string, alerts: readonly (typeof told)[]): readonly string[] =>
      judgeAlertmanager(status, alerts).map((finding) => finding.status);
    expect(statusesOf("disabled", [])).toEqual(["ok", "ok"]);
    expect(statusesOf("settling", [told])).toEqual(["warn", "warn"]);
  });
});
