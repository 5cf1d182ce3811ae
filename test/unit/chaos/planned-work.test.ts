/** What an operator does on purpose: aimed at what can be worked on so, and within the design there. */
import { describe, expect, it } from "vitest";
import { FAULTS, type FaultName } from "../../../chaos/index.ts";
import type { Fault, FaultReach } from "../../../core/contracts/fault.ts";
import type { Services } from "../../../core/contracts/topology.ts";
import { reachOf } from "../../../core/fault-plan.ts";
import { duplicateBudget, recoveryBudget } from "../../../infra/budgets.ts";
import { toleranceOf } from "../../../infra/tolerance.ts";
import { mini } from "../../../infra/topologies/index.ts";

function reach(name: FaultName, service: string, count = 1, services: Services = mini.services): FaultReach {
  const fault: Fault = FAULTS[name];
  return reachOf(fault, { ...{ params: fault.params.parse({}), service, count, services, toleranceOf } });
}

describe("trino-drain", () => {
  it("is within the design while a worker is left", () => {
    const expected = { takesOver: true, services: ["trino-worker"], faultClass: "W" };
    expect(reach("trino-drain", "trino-worker")).toEqual(expected);
    expect(reach("trino-drain", "trino-worker", 2)).toMatchObject({ faultClass: "X", takesOver: false });
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
