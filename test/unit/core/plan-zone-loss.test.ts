/** What `plan` makes of the loss of an availability zone: class, targets, budget, and what it refuses. */
import { describe, expect, it } from "vitest";
import type { FaultEntry } from "../../../core/contracts/fault.ts";
import type { ScenarioFault } from "../../../core/contracts/scenario.ts";
import type { AvailabilityZone, Services, Topology } from "../../../core/contracts/topology.ts";
import { wavesBudget } from "../../../core/fault-plan.ts";
import { instancesIn } from "../../../core/failure-domains.ts";
import { supportFrom } from "../../../infra/drivers/network-support.ts";
import { dev, mini, production, slimPostgres } from "../../../infra/topologies/index.ts";
import { availabilityZoneLoss } from "../../../scenarios/game-day/availability-zone-loss.ts";
import { planned, plannedAll, support, wholeMachine } from "../../fixtures/planned-fault.ts";

const loss = (
  zone: AvailabilityZone,
  more: Partial<ScenarioFault<Services>> = {},
): ScenarioFault<Services> => ({
  ...{ fault: "availability-zone-loss", service: "postgres", holdMs: 20_000, params: { zone } },
  ...more,
});
const lost = (zone: AvailabilityZone, topology: Topology = mini): FaultEntry =>
  planned(loss(zone), support, topology);

describe("the class follows from who stands there", () => {
  it.for([
    ["az-a", mini, "X"],
    ["az-b", mini, "W"],
    ["az-c", mini, "W"],
    // Three MinIO nodes and two TaskManagers of five.
    ["az-b", production, "X"],
    ["az-c", production, "W"],
  ] as const)("%s of %o is %s", ([zone, topology, expected]) => {
    const entry = lost(zone, topology);
    expect(entry.faultClass).toBe(expected);
    expect(entry.takesOver).toBe(expected === "W");
  });

  it("is B where only what is beside the path stops", () => {
    const { services } = mini;
    const moved = { ...services["flink-sql"], availabilityZones: ["az-b"] } as const;
    const topology = { ...mini, services: { ...services, "flink-sql": moved } };
    expect(lost("az-b", topology)).toMatchObject({ faultClass: "B", takesOver: false });
  });

  it("planted: one node that was put into the wrong zone is beyond the design", () => {
    const { services } = mini;
    const etcd = { ...services.etcd, availabilityZones: ["az-a", "az-b", "az-b"] } as const;
    const topology = { ...mini, services: { ...services, etcd } };
    expect(lost("az-b", topology).faultClass).toBe("X");
    const within = (): FaultEntry => planned(loss("az-b"), support, topology, wholeMachine, false);
    expect(within).toThrow(/availability zone az-b is beyond .*class X/);
  });
});

it("hits all of the zone, in the order of its start", () => {
  const entry = lost("az-b");
  expect(entry).toMatchObject({ instanceId: "availability zone az-b", service: "postgres" });
  expect(entry.instanceIds).toEqual(instancesIn(mini.services, "az-b"));
  expect(entry.count).toBe(entry.instanceIds?.length);
  expect(entry.duplicateEventCountMax).toBeGreaterThan(0);
});

describe("the budget", () => {
  it("is the longest of the components hit, where the others take over", () => {
    const entry = lost("az-b");
    const services = ["postgres", "kafka", "connect", "minio", "flink-taskmanager", "trino-worker"];
    const alone = services.map(
      (service) =>
        planned({ fault: "node-power-off", service, holdMs: 20_000 }, support, mini)
          .recoveryBudgetMs,
    );
    expect(entry.recoveryBudgetMs).toBe(Math.max(...alone));
  });

  it("has the starts before it in it, where nobody takes over", () => {
    const entry = lost("az-a");
    const single = planned(
      { fault: "node-power-off", service: "trino", holdMs: 20_000 },
      support,
      mini,
    );
    expect(entry.recoveryBudgetMs).toBeGreaterThan(single.recoveryBudgetMs);
    expect(entry.recoveryBudgetFormula).toMatch(/^what has to start before it \d+ s \+ \(/);
  });

  it("adds no start to what comes first", () => {
    const wave = (
      startMs: number,
      budgetMs: number,
    ): Parameters<typeof wavesBudget>[0][number] => ({
      startMs,
      longest: { budgetMs, formula: `${String(budgetMs / 1000)} s` },
    });
    expect(wavesBudget([wave(10_000, 90_000), wave(20_000, 30_000)])).toEqual({
      budgetMs: 90_000,
      formula: "90 s",
    });
    expect(wavesBudget([wave(10_000, 20_000), wave(20_000, 30_000), wave(1000, 5000)])).toEqual({
      budgetMs: 40_000,
      formula: "what has to start before it 10 s + (30 s) = 40 s",
    });
  });
});

describe("is refused", () => {
  it.for([
    [
      "a zone there is not",
      () => planned(loss("az-a", { params: { zone: "az-d" } }), support, mini),
      /params of availability-zone-loss.*az-a/,
    ],
    [
      "a topology with one of each",
      () => planned(loss("az-a"), support, dev),
      /no service has 3 instances/,
    ],
    [
      "another aim than the database",
      () => planned(loss("az-b", { service: "kafka" }), support, mini),
      /aim it at the bank's database/,
    ],
    [
      "several instances",
      () => planned(loss("az-b", { count: 2 }), support, mini),
      /leave count out/,
    ],
    ["nodes without a power switch", () => planned(loss("az-b"), "none", mini), /needs nodePower/],
    [
      "another fault at the same time",
      (): readonly FaultEntry[] =>
        plannedAll(loss("az-b"), support, mini, wholeMachine, true, {
          faults: [loss("az-b"), loss("az-c", { after: { event: "fault-active" } })],
        }),
      /hits several services by itself: nothing else may be in force/,
    ],
  ] as const)("%s", ([, plan, message]) => {
    expect(plan).toThrow(message);
  });

  it("not where only the kernel's packet filter is missing", () => {
    expect(planned(loss("az-b"), supportFrom(new Set()), mini).faultClass).toBe("W");
  });

  it("not on three servers under Patroni and one of all else, which is X", () => {
    expect(lost("az-a", slimPostgres).faultClass).toBe("X");
  });
});

it("the game day's two losses are one within the design and one beyond it", () => {
  const [first] = availabilityZoneLoss.faults;
  if (first === undefined) throw new RangeError("no faults");
  const { faults } = availabilityZoneLoss;
  const entries = plannedAll(first, support, mini, wholeMachine, true, { faults });
  expect(entries.map(({ faultClass }) => faultClass)).toEqual(["W", "X"]);
});
