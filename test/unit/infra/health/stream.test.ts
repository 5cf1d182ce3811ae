/** Kafka, Connect, Flink and its ZooKeeper: answers as these write them, and what is made of them. */
import { describe, expect, it, test } from "vitest";
import type { KafkaCluster, KafkaQuorum } from "../../../../infra/clients/kafka-admin.ts";
import {
  judgeConnector,
  judgeHeartbeat,
  judgeSlotLag,
  judgeWorkers,
  parseConnectorStatus,
} from "../../../../infra/health/checks/connect.ts";
import {
  judgeCapacity,
  judgeCheckpoints,
  judgeJob,
  judgeRestarts,
  parseFlinkJobs,
} from "../../../../infra/health/checks/flink.ts";
import {
  judgeBrokers,
  judgeGroupLag,
  judgePartitions,
  judgeQuorum,
  judgeTopic,
  judgeZones,
} from "../../../../infra/health/checks/kafka.ts";
import { judgeZookeeper, zookeeperMode } from "../../../../infra/health/checks/zookeeper.ts";

const TOPIC = "dbserver1.bank.users";

describe("Kafka", () => {
  const partition = {
    partitionIndex: 0,
    leaderId: 1,
    replicaNodes: [1, 2, 3],
    isrNodes: [1, 2, 3],
  };
  const clusterOf = (changed: Partial<typeof partition>, name = TOPIC): KafkaCluster => ({
    brokers: [3, 1, 2].map((nodeId) => ({ nodeId })),
    topics: [{ name, partitions: [{ ...partition, ...changed }] }],
  });
  const statusesOf = (cluster: KafkaCluster): readonly string[] =>
    judgePartitions(cluster, () => 2).map(({ status }) => status);

  it("counts its brokers", () => {
    expect(judgeBrokers(clusterOf({}), 3)).toMatchObject({
      status: "ok",
      observed: "3 of 3 (1, 2, 3)",
    });
    expect(judgeBrokers(clusterOf({}), 5).status).toBe("warn");
    expect(judgeBrokers({ ...clusterOf({}), brokers: [{ nodeId: 1 }] }, 3).status).toBe("bad");
  });

  test.for([
    ["whole", {}, ["ok", "ok", "ok"]],
    ["one copy behind", { isrNodes: [1, 2] }, ["warn", "ok", "ok"]],
    ["below min ISR", { isrNodes: [1] }, ["warn", "bad", "ok"]],
    ["offline", { isrNodes: [1], leaderId: -1 }, ["warn", "bad", "bad"]],
  ] as const)("a partition that is %s", ([, changed, statuses]) => {
    const mutable = structuredClone(changed) as Partial<typeof partition>;
    expect(statusesOf(clusterOf(mutable))).toEqual(statuses);
  });

  it("names the partition, and passes over those of the probes", () => {
    const [under] = judgePartitions(clusterOf({ isrNodes: [1, 2] }), () => 2);
    expect(under?.observed).toBe(`1 of 1 partition: ${TOPIC}/0`);
    expect(statusesOf(clusterOf({ leaderId: -1, isrNodes: [] }, "lakeproof.probe.2"))).toEqual([
      "ok",
      "ok",
      "ok",
    ]);
  });

  it("has the copies of a partition in different zones, as far as there are zones", () => {
    const zones = ["az-a", "az-b", "az-c", "az-a", "az-b"] as const;
    const status = (replicaNodes: number[]): string =>
      judgeZones(clusterOf({ replicaNodes }), zones).status;
    expect(status([1, 2, 3])).toBe("ok");
    expect(status([4, 5, 3])).toBe("ok");
    expect(status([1])).toBe("ok");
    // 1 and 4 stand in az-a.
    expect(status([1, 4, 2])).toBe("warn");
    expect(judgeZones(clusterOf({ replicaNodes: [1, 4, 2] }), zones).observed).toBe(
      `1 of 1 partition with two copies in one zone: ${TOPIC}/0`,
    );
    // Two zones for three copies: two have to stand together.
    expect(judgeZones(clusterOf({}), ["az-a", "az-b", "az-b"]).status).toBe("ok");
  });

  it("has a controller that all voters follow", () => {
    const quorum: KafkaQuorum = {
      leaderId: 2,
      leaderEpoch: 7,
      highWatermark: 5000,
      currentVoters: [
        { replicaId: 1, logEndOffset: 5000 },
        { replicaId: 2, logEndOffset: 5001 },
        { replicaId: 3, logEndOffset: 4999 },
      ],
    };
    expect(judgeQuorum(quorum)).toMatchObject({
      status: "ok",
      observed: "broker 2, epoch 7, 3 voters",
    });
    expect(judgeQuorum({ ...quorum, leaderId: -1 }).status).toBe("bad");
    const behind = [{ replicaId: 3, logEndOffset: -1 }];
    expect(judgeQuorum({ ...quorum, currentVoters: behind })).toMatchObject({
      status: "warn",
      observed: "broker 2, epoch 7, 1 voter; behind: 3 by 5,001 records",
    });
  });

  it("has each change topic as it was ordered", () => {
    const config = { "compression.type": "lz4", "retention.ms": "604800000" };
    const wanted = { name: TOPIC, partitionCount: 1, replicationFactor: 3, config };
    const [found] = clusterOf({}).topics;
    expect(judgeTopic(wanted, found, new Map(Object.entries(config))).status).toBe("ok");
    const short = new Map(Object.entries({ ...config, "retention.ms": "1000" }));
    expect(judgeTopic(wanted, found, short)).toMatchObject({
      status: "bad",
      expected: "retention.ms 604800000",
    });
    expect(judgeTopic(wanted, undefined, new Map())).toMatchObject({
      status: "bad",
      observed: "it is not there",
    });
  });

  test.for([
    [undefined, "warn"],
    [12_000, "ok"],
    [600_000, "warn"],
    [60_000_000, "bad"],
  ] as const)("a group %s events behind is %s", ([lagEvents, status]) => {
    expect(judgeGroupLag("flink-raw-users", TOPIC, lagEvents).status).toBe(status);
  });
});

/** As GET /connectors/bank/status answers. */
const CONNECTOR = {
  name: "bank",
  connector: { state: "RUNNING", worker_id: "10.77.3.20:8083" },
  tasks: [{ id: 0, state: "RUNNING", worker_id: "10.77.3.21:8083" }],
  type: "source",
};

describe("Connect", () => {
  it("wants all workers in a stable group", () => {
    expect(judgeWorkers({ state: "Stable", memberCount: 2 }, 2).status).toBe("ok");
    expect(judgeWorkers({ state: "Stable", memberCount: 1 }, 2).status).toBe("warn");
    expect(judgeWorkers({ state: "PreparingRebalance", memberCount: 2 }, 2).status).toBe("warn");
    expect(judgeWorkers({ state: "Empty", memberCount: 0 }, 2).status).toBe("bad");
  });

  it("wants the connector and its task running", () => {
    const statuses = judgeConnector(parseConnectorStatus(CONNECTOR)).map(({ status }) => status);
    expect(statuses).toEqual(["ok", "ok"]);
  });

  it("tells the first line of a failed task's trace", () => {
    const trace = "org.apache.kafka.connect.errors.ConnectException: no slot\n\tat io.debezium";
    const failed = { ...CONNECTOR.tasks[0], state: "FAILED", trace };
    const [connector, task] = judgeConnector(
      parseConnectorStatus({ ...CONNECTOR, tasks: [failed] }),
    );
    expect(connector?.status).toBe("ok");
    expect(task?.status).toBe("bad");
    expect(task?.observed).toBe(
      "0 FAILED on 10.77.3.21:8083: org.apache.kafka.connect.errors.ConnectException: no slot",
    );
  });

  it("is bad without a task, and while it is paused", () => {
    const none = judgeConnector(parseConnectorStatus({ ...CONNECTOR, tasks: [] }));
    expect(none[1]).toMatchObject({ status: "bad", observed: "the connector has no task" });
    const paused = { ...CONNECTOR, connector: { ...CONNECTOR.connector, state: "PAUSED" } };
    expect(judgeConnector(parseConnectorStatus(paused))[0]?.status).toBe("bad");
  });

  test.for([
    [undefined, "bad"],
    [0, "ok"],
    [100 * 1024 ** 2, "warn"],
    [2 * 1024 ** 3, "bad"],
  ] as const)("a slot lag of %s bytes is %s", ([lagBytes, status]) => {
    expect(judgeSlotLag(lagBytes).status).toBe(status);
  });

  test.for([
    [undefined, "warn"],
    [4000, "ok"],
    [30_000, "warn"],
    [120_000, "bad"],
  ] as const)("a heartbeat %s ms ago is %s", ([ageMs, status]) => {
    expect(judgeHeartbeat(ageMs).status).toBe(status);
  });
});

/** As GET /jobs/overview answers. */
const JOB = {
  ...{ jid: "a3f1", name: "lakeproof-raw-data", state: "RUNNING" },
  ...{ "start-time": 1_700_000_000_000, "end-time": -1, duration: 3_600_000 },
  tasks: { total: 6, running: 6, created: 0, failed: 0, initializing: 0 },
};

describe("Flink", () => {
  it("wants one job with all its tasks", () => {
    expect(judgeJob(parseFlinkJobs({ jobs: [JOB] }))).toMatchObject({
      status: "ok",
      observed: "lakeproof-raw-data RUNNING for 60 min, 6 of 6 tasks running",
    });
    const ended = { ...JOB, state: "CANCELED" };
    expect(judgeJob(parseFlinkJobs({ jobs: [JOB, ended] })).status).toBe("ok");
    expect(judgeJob(parseFlinkJobs({ jobs: [ended] }))).toMatchObject({
      status: "bad",
      observed: "only ended ones: CANCELED",
    });
    expect(judgeJob(parseFlinkJobs({ jobs: [] })).observed).toBe("no job");
    const starting = { ...JOB, tasks: { ...JOB.tasks, running: 5 } };
    expect(judgeJob(parseFlinkJobs({ jobs: [starting] })).status).toBe("bad");
    expect(judgeJob(parseFlinkJobs({ jobs: [{ ...JOB, state: "RESTARTING" }] })).status).toBe(
      "bad",
    );
  });

  /** As GET /jobs/<id>/checkpoints answers. */
  const checkpointsOf = (ackedAt: number, history: readonly string[]): unknown => ({
    counts: { restored: 0, total: 50, in_progress: 1, completed: 49, failed: 0 },
    latest: {
      completed: {
        ...{ id: 49, status: "COMPLETED", trigger_timestamp: ackedAt - 400 },
        ...{ latest_ack_timestamp: ackedAt, end_to_end_duration: 400, state_size: 20_480 },
      },
      savepoint: null,
      failed: null,
      restored: null,
    },
    history: history.map((status, at) => ({ id: 49 + at, status })),
  });
  const NOW = 1_700_000_100_000;

  test.for([
    [5000, "ok"],
    [30_000, "warn"],
    [100_000, "bad"],
  ] as const)("a checkpoint %d ms ago is %s", ([ageMs, status]) => {
    expect(judgeCheckpoints(checkpointsOf(NOW - ageMs, ["COMPLETED"]), NOW)[0]?.status).toBe(
      status,
    );
  });

  it("counts the failures since the last success only", () => {
    const history = ["FAILED", "FAILED", "IN_PROGRESS"];
    expect(judgeCheckpoints(checkpointsOf(NOW, history), NOW)[1]).toMatchObject({
      status: "warn",
      observed: "1 of the last 3 checkpoints",
    });
  });

  it("is bad before the first one", () => {
    expect(judgeCheckpoints({ latest: { completed: null }, history: [] }, NOW)[0]).toMatchObject({
      status: "bad",
      observed: "none was completed",
    });
  });

  it("takes a restart of today for news, and none of last week", () => {
    const week = { name: "java.io.IOException", atEpochMs: NOW - 7 * 86_400_000 };
    expect(judgeRestarts(0, undefined, NOW).observed).toBe("0 restarts");
    expect(judgeRestarts(4, week, NOW).status).toBe("ok");
    expect(judgeRestarts(1, { ...week, atEpochMs: NOW - 60_000 }, NOW)).toMatchObject({
      status: "warn",
      observed: "1 restart; last 60 s ago: java.io.IOException",
    });
  });

  it("wants all TaskManagers, and a slot to spare", () => {
    const overview = { taskmanagers: 2, "slots-total": 2, "slots-available": 1, "jobs-running": 1 };
    const statusesOf = (changed: object): readonly string[] =>
      judgeCapacity({ ...overview, ...changed }, 2).map(({ status }) => status);
    expect(statusesOf({})).toEqual(["ok", "ok"]);
    expect(statusesOf({ taskmanagers: 1, "slots-available": 0 })).toEqual(["warn", "warn"]);
    expect(statusesOf({ taskmanagers: 0, "slots-available": 0 })).toEqual(["bad", "warn"]);
  });
});

describe("ZooKeeper", () => {
  const answer = "Zookeeper version: 3.9.3\nLatency min/avg/max: 0/0.6/9\nMode: follower\n";

  it("says its mode", () => {
    expect(zookeeperMode(answer)).toBe("follower");
    expect(zookeeperMode("This ZooKeeper instance is not currently serving requests\n")).toBe(
      "This ZooKeeper instance is not currently serving requests",
    );
    expect(zookeeperMode("")).toBe("no answer");
  });

  test.for([
    [["standalone"], "ok"],
    [["refused"], "bad"],
    [["leader", "follower", "follower"], "ok"],
    [["leader", "follower", "refused"], "warn"],
    [["leader", "leader", "follower"], "bad"],
    [["follower", "refused", "refused"], "bad"],
  ] as const)("%j is %s", ([modes, status]) => {
    const members = modes.map((mode, at) => ({ id: `flink-zookeeper-${String(at)}`, mode }));
    expect(judgeZookeeper(members).status).toBe(status);
  });
});
