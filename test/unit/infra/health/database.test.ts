/** PostgreSQL, Patroni and etcd: answers as these write them, and what is made of them. */
import { describe, expect, it, test } from "vitest";
import { judgeEtcd, parseEtcdStatus } from "../../../../infra/health/checks/etcd.ts";
import {
  judgeLag,
  judgeLeader,
  judgeMembers,
  judgeSlotCopies,
  judgeSynchronous,
  parsePatroniCluster,
} from "../../../../infra/health/checks/patroni.ts";
import {
  judgeConnections,
  judgeRetainedWal,
  judgeSlot,
  parseSlots,
} from "../../../../infra/health/checks/postgres.ts";

const GIB = 1024 ** 3;

/** numeric comes as text. */
const SLOT_ROW = {
  slot_name: "lakeproof_bank",
  active: true,
  failover: true,
  synced: false,
  temporary: false,
  wal_status: "reserved",
  invalidation_reason: null,
  retained_bytes: "16777216",
};

describe("the connector's slot", () => {
  it("is well when it is read and copied", () => {
    expect(judgeSlot(parseSlots([SLOT_ROW]))).toMatchObject({
      status: "ok",
      observed: "active, failover",
    });
  });

  test.for([
    ["gone", [], "does not exist"],
    ["idle", [{ ...SLOT_ROW, active: false }], "nobody reads it"],
    ["without failover", [{ ...SLOT_ROW, failover: false }], "not copied"],
    ["invalid", [{ ...SLOT_ROW, invalidation_reason: "wal_removed" }], "wal_removed"],
  ] as const)("is bad when it is %s", ([, rows, said]) => {
    const finding = judgeSlot(parseSlots(rows));
    expect(finding.status).toBe("bad");
    expect(finding.observed).toContain(said);
  });
});

describe("retained WAL", () => {
  const retaining = (bytes: number): ReturnType<typeof parseSlots> =>
    parseSlots([{ ...SLOT_ROW, retained_bytes: String(bytes) }]);

  test.for([
    [1 * GIB, 8192, "ok"],
    [5 * GIB, 8192, "warn"],
    [7.5 * GIB, 8192, "bad"],
    [0.5 * GIB, -1, "ok"],
    [2 * GIB, -1, "warn"],
    [20 * GIB, -1, "bad"],
  ] as const)("%d bytes under a limit of %d MiB: %s", ([bytes, keepMib, status]) => {
    expect(judgeRetainedWal(retaining(bytes), keepMib).status).toBe(status);
  });

  it("names the slot and its share of the limit", () => {
    expect(judgeRetainedWal(retaining(2 * GIB), 8192).observed).toBe(
      "2 GiB by lakeproof_bank; 25 % of max_slot_wal_keep_size 8 GiB",
    );
  });

  it("is bad as soon as a slot may lose it", () => {
    const lost = parseSlots([{ ...SLOT_ROW, wal_status: "unreserved" }]);
    expect(judgeRetainedWal(lost, 8192)).toMatchObject({ status: "bad" });
  });
});

test.for([
  [40, "ok"],
  [81, "warn"],
  [96, "bad"],
] as const)("%d of 100 connections are %s", ([connections, status]) => {
  expect(judgeConnections({ connections, connections_max: 100, keep_mib: -1 }).status).toBe(status);
});

/** As GET /cluster answers. */
const CLUSTER = {
  members: [
    {
      ...{ name: "postgres-0", role: "sync_standby", state: "streaming" },
      ...{ api_url: "http://10.77.4.18:8008/patroni", host: "10.77.4.18", port: 5432 },
      ...{ timeline: 2, lag: 0 },
    },
    {
      ...{ name: "postgres-1", role: "leader", state: "running", timeline: 2 },
      ...{ api_url: "http://10.77.4.19:8008/patroni", host: "10.77.4.19", port: 5432 },
    },
    { name: "postgres-2", role: "replica", state: "streaming", timeline: 2, lag: "unknown" },
  ],
  scope: "bank",
};

describe("a Patroni cluster", () => {
  const view = parsePatroniCluster(CLUSTER);

  it("is well with one leader that alone takes writes", () => {
    const writable = { "postgres-0": false, "postgres-1": true, "postgres-2": false };
    expect(judgeLeader(view, writable).status).toBe("ok");
    expect(judgeSynchronous(view)).toMatchObject({
      status: "ok",
      observed: "postgres-0 streaming",
    });
    expect(judgeMembers(view, 3)).toMatchObject({ status: "ok" });
  });

  test.for([
    ["two take writes", { "postgres-0": true, "postgres-1": true }],
    ["another one takes them", { "postgres-0": true, "postgres-1": false }],
    ["nobody does", { "postgres-0": false, "postgres-1": undefined }],
  ] as const)("is bad when %s", ([, writable]) => {
    expect(judgeLeader(view, writable).status).toBe("bad");
  });

  it("is bad without a synchronous standby, and on two timelines", () => {
    const lone = parsePatroniCluster({
      members: CLUSTER.members.map((member) => ({
        ...member,
        role: member.role === "leader" ? "leader" : "replica",
        timeline: member.role === "leader" ? 3 : 2,
      })),
    });
    expect(judgeSynchronous(lone).status).toBe("bad");
    expect(judgeMembers(lone, 3)).toMatchObject({ status: "bad" });
  });

  it("warns when a member is down, and is bad when most are", () => {
    const [first, second] = CLUSTER.members;
    const stopped = { name: "postgres-2", role: "replica", state: "stopped" };
    const missingOne = parsePatroniCluster({ members: [first, second, stopped] });
    expect(judgeMembers(missingOne, 3).status).toBe("warn");
    expect(judgeMembers(parsePatroniCluster({ members: [second] }), 3).status).toBe("bad");
  });

  it("tells the lag of each standby", () => {
    const standby = { state: "streaming", sync_state: "sync", lag_bytes: 0 };
    const all = [
      { ...standby, application_name: "postgres-0" },
      { ...standby, application_name: "postgres-2", sync_state: "async", lag_bytes: 3 * 1024 ** 2 },
    ];
    expect(judgeLag(all, 2)).toMatchObject({
      status: "warn",
      observed: "postgres-0 0 bytes (sync), postgres-2 3 MiB (async)",
    });
    expect(judgeLag(all.slice(0, 1), 2).status).toBe("warn");
    expect(judgeLag([], 2).status).toBe("bad");
  });

  it("wants a copy of the slot on each standby that would survive a failover", () => {
    const copy = parseSlots([{ ...SLOT_ROW, active: false, synced: true }]);
    const fresh = parseSlots([{ ...SLOT_ROW, active: false, synced: true, temporary: true }]);
    expect(judgeSlotCopies({ "postgres-0": copy, "postgres-2": copy }).status).toBe("ok");
    expect(judgeSlotCopies({ "postgres-0": copy, "postgres-2": fresh })).toMatchObject({
      status: "warn",
      observed: "safe on 1 of 2 standbys; postgres-2: temporary",
    });
    expect(judgeSlotCopies({ "postgres-0": [], "postgres-2": "refused" })).toMatchObject({
      status: "bad",
      observed: "safe on 0 of 2 standbys; postgres-0: no copy, postgres-2: refused",
    });
  });
});

describe("etcd", () => {
  /** As POST /v3/maintenance/status answers: 64-bit numbers as text. */
  const answerOf = (memberId: string, leader: string): unknown => ({
    header: { cluster_id: "17237436991929493444", member_id: memberId, raft_term: "4" },
    version: "3.4.23",
    dbSize: "24576",
    leader,
    raftIndex: "812",
    raftTerm: "4",
  });
  const memberOf = (
    id: string,
    memberId: string,
    leader: string,
  ): Parameters<typeof judgeEtcd>[0][number] => ({
    id,
    status: parseEtcdStatus(answerOf(memberId, leader)),
    healthy: true,
    reason: "",
  });
  const gone = { id: "etcd-2", status: undefined, healthy: false, reason: "refused" };

  it("is well when all agree", () => {
    const findings = judgeEtcd([memberOf("etcd-0", "11", "22"), memberOf("etcd-1", "22", "22")]);
    expect(findings.map(({ status }) => status)).toEqual(["ok", "ok", "ok"]);
    expect(findings[1]?.observed).toBe("etcd-1, term 4, named by 2 members");
  });

  it("warns while a quorum is left, and is bad below", () => {
    const [first, second] = [memberOf("etcd-0", "11", "22"), memberOf("etcd-1", "22", "22")];
    expect(judgeEtcd([first, second, gone])[0]).toMatchObject({ status: "warn" });
    expect(judgeEtcd([first, { ...gone, id: "etcd-1" }, gone])[0]).toMatchObject({ status: "bad" });
  });

  it("is bad when two sides see different leaders, or one sees none", () => {
    const split = judgeEtcd([memberOf("etcd-0", "11", "11"), memberOf("etcd-1", "22", "22")]);
    expect(split[1]?.status).toBe("bad");
    const leaderless = parseEtcdStatus({ header: { member_id: "11" } });
    expect(
      judgeEtcd([{ id: "etcd-0", status: leaderless, healthy: true, reason: "" }])[1]?.status,
    ).toBe("bad");
  });
});
