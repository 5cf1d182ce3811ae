/** What an operator does on purpose: aimed at what can be worked on so, and within the design there. */
import { describe, expect, it } from "vitest";
import { FAULTS, type FaultName } from "../../../chaos/index.ts";
import type { Fault, FaultReach } from "../../../core/contracts/fault.ts";
import type { Services } from "../../../core/contracts/topology.ts";
import { isSame, metadataOf } from "../../../chaos/flink-savepoint-restore.ts";
import { reachOf } from "../../../core/fault-plan.ts";
import { duplicateBudget, recoveryBudget } from "../../../infra/budgets.ts";
import { toleranceOf } from "../../../infra/tolerance.ts";
import { mini } from "../../../infra/topologies/index.ts";

function reach(
  name: FaultName,
  service: string,
  count = 1,
  services: Services = mini.services,
): FaultReach {
  const fault: Fault = FAULTS[name];
  return reachOf(fault, {
    ...{ params: fault.params.parse({}), service, count, services, toleranceOf },
  });
}

describe("trino-drain", () => {
  it("is within the design while a worker is left", () => {
    const expected = { takesOver: true, services: ["trino-worker"], faultClass: "W" };
    expect(reach("trino-drain", "trino-worker")).toEqual(expected);
    expect(reach("trino-drain", "trino-worker", 2)).toMatchObject({
      faultClass: "X",
      takesOver: false,
    });
  });

  it("is refused where there are no workers", () => {
    expect(reach("trino-drain", "trino").problem).toMatch(/^trino are no Trino workers/);
  });
});

describe("haproxy-reload", () => {
  it.for(["bi-edge", "postgres-leader", "minio-endpoint"])("%s is within the design", (service) => {
    expect(reach("haproxy-reload", service)).toEqual({
      ...{ faultClass: "W", takesOver: true, services: [service] },
    });
  });

  it("is refused elsewhere", () => {
    expect(reach("haproxy-reload", "waf").problem).toMatch(/^waf is no HAProxy/);
  });

  it.for([
    ["haproxy-bi", 55],
    ["haproxy-postgres", 10],
    ["haproxy-minio", 30],
  ] as const)("%s has its old worker's time in the budget", ([component, hardStopS]) => {
    const { formula } = recoveryBudget({
      ...{ component, restarts: true, takesOver: true, canaryRoundMs: 4000, readIntervalMs: 1000 },
    });
    expect(formula).toMatch(`hard-stop-after of the load balancer ${String(hardStopS)} s + `);
  });

  it("may repeat what went through sessions that are cut", () => {
    expect(duplicateBudget("haproxy-postgres", 100)).toBe(duplicateBudget("patroni", 100));
    expect(duplicateBudget("haproxy-bi", 100)).toBe(0);
  });
});

describe("flink-savepoint-restore", () => {
  it("is at the boundary, and its budget is that of the job", () => {
    expect(reach("flink-savepoint-restore", "flink-jobmanager")).toEqual({
      ...{ faultClass: "B", takesOver: false, services: ["lakehouse"] },
    });
    const { formula } = recoveryBudget({
      ...{ component: "lakehouse", restarts: false, takesOver: false },
      ...{ canaryRoundMs: 4000, readIntervalMs: 1000 },
    });
    expect(formula).toMatch(
      /^submission through the SQL gateway 40 s \+ restore and replay 10 s \+ /,
    );
  });

  it("is refused where no job goes into a lake", () => {
    expect(reach("flink-savepoint-restore", "flink-taskmanager").problem).toMatch(/no JobManager/);
    const services = Object.fromEntries(
      Object.entries(mini.services).filter(([name]) => name !== "lakehouse"),
    );
    expect(reach("flink-savepoint-restore", "flink-jobmanager", 1, services).problem).toMatch(
      /no JobManager of a streaming job/,
    );
  });

  it("knows a savepoint again by its random name", () => {
    expect(isSame("s3://b/savepoints/savepoint-1a-22", "s3a://b/savepoints/savepoint-1a-22/")).toBe(
      true,
    );
    expect(isSame("s3://b/savepoints/savepoint-1a-22", "s3://b/savepoints/savepoint-1a-23")).toBe(
      false,
    );
    expect(isSame("", "")).toBe(false);
  });

  it("knows where a savepoint describes itself", () => {
    const expected = { bucket: "flink-checkpoints", key: "savepoints/savepoint-1a-22/_metadata" };
    expect(metadataOf("s3://flink-checkpoints/savepoints/savepoint-1a-22")).toEqual(expected);
    expect(metadataOf("s3a://flink-checkpoints/savepoints/savepoint-1a-22/")).toEqual(expected);
    expect(metadataOf("file:/tmp/savepoint-1a-22")).toBeUndefined();
  });
});
