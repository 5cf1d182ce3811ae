/** Class of the loss of what others go on without: etcd under Patroni's failsafe mode, and only while that is whole. */
import { describe, expect, it } from "vitest";
import type { FaultClass } from "../../../core/contracts/fault.ts";
import type { Scenario, ScenarioFault } from "../../../core/contracts/scenario.ts";
import type { Services } from "../../../core/contracts/topology.ts";
import { inForceWith } from "../../../core/fault-overlap.ts";
import { pairCatalogue } from "../../../core/fault-pairs.ts";
import { FAULTS } from "../../../chaos/index.ts";
import { goOnWithout, toleranceOf } from "../../../infra/tolerance.ts";
import { mini, slimPostgres } from "../../../infra/topologies/index.ts";
import { plannedAll, support, wholeMachine } from "../../fixtures/planned-fault.ts";

type Given = ScenarioFault<Services>;

const classesIn = (
  faults: readonly Given[],
  topology: Scenario["topology"] = mini,
  beyondDesign = true,
): readonly FaultClass[] => {
  const [first] = faults;
  if (first === undefined) return [];
  return plannedAll(first, support, topology, wholeMachine, beyondDesign, { faults }).map(
    ({ faultClass }) => faultClass,
  );
};

const loss: Given = { fault: "dcs-loss", service: "etcd", holdMs: 20_000 };
const active = { event: "fault-active", delayMs: 1000 } as const;
const breaking = { event: "recovery-started" } as const;

const unsafe = {
  ...mini,
  services: {
    ...mini.services,
    postgres: { ...mini.services.postgres, settings: { failsafe_mode: "false" } },
  },
};

describe("etcd gone", () => {
  it.for([
    [loss, "B"],
    [{ ...loss, fault: "dcs-total-loss" }, "B"],
    [{ ...loss, fault: "process-kill", count: "all" }, "B"],
    [{ ...loss, fault: "partition", count: 2, params: { shape: "full" } }, "B"],
    [{ ...loss, fault: "half-open", count: 3 }, "B"],
    [{ ...loss, fault: "process-kill", count: 1 }, "W"],
  ] as const)("%j is %s with failsafe_mode", ([fault, expected]) => {
    expect(classesIn([fault])).toEqual([expected]);
    // At the boundary nobody has to ask for it.
    expect(classesIn([fault], mini, false)).toEqual([expected]);
  });

  it("is beyond the design without failsafe_mode: the leader demotes itself", () => {
    expect(classesIn([loss], unsafe)).toEqual(["X"]);
    expect(() => classesIn([loss], unsafe, false)).toThrow("is beyond");
    expect(classesIn([{ ...loss, fault: "process-kill", count: 1 }], unsafe)).toEqual(["W"]);
  });

  it("takes no component along that nobody goes on without", () => {
    const kafka: Given = { fault: "process-kill", service: "kafka", count: 2, holdMs: 5000 };
    expect(classesIn([kafka])).toEqual(["X"]);
  });
});

describe("planted: a member is gone as well, and the leader may not stay", () => {
  const kill: Given = { fault: "process-kill", service: "postgres", holdMs: 5000 };

  it("makes both beyond the design, whichever comes first", () => {
    expect(classesIn([loss, { ...kill, after: active }])).toEqual(["X", "X"]);
    expect(
      classesIn([
        { ...kill, holdMs: 20_000 },
        { ...loss, after: active },
      ]),
    ).toEqual(["X", "X"]);
    expect(classesIn([loss, { ...kill, after: breaking }])[0]).toBe("X");
    expect(() => classesIn([loss, { ...kill, after: breaking }], mini, false)).toThrow("is beyond");
  });

  it("not what takes nothing from PostgreSQL, and not what comes later", () => {
    const slow: Given = { ...kill, fault: "packet-loss", params: { lossRatio: 0.01 } };
    expect(classesIn([loss, { ...slow, after: active }])).toEqual(["B", "B"]);
    expect(classesIn([loss, { ...kill, service: "kafka", after: active }])).toEqual(["B", "B"]);
    expect(classesIn([loss, kill])).toEqual(["B", "W"]);
  });

  it("also in pairs, where there is one etcd", () => {
    const ports = {
      faults: { "process-kill": FAULTS["process-kill"] },
      capabilities: new Set(["kill", "restart"] as const),
      ...{ toleranceOf, goOnWithout, rolesOf: (): readonly string[] => [], beyondDesign: true },
    };
    const { pairs } = pairCatalogue(slimPostgres.services, ports);
    const classOf = (one: string, other: string): string | undefined =>
      pairs.find(({ first, second }) => first.service === one && second.service === other)
        ?.faultClass;
    expect(classOf("etcd", "postgres")).toBe("X");
    expect(classOf("postgres", "etcd")).toBe("X");
    expect(classesIn([{ ...loss, fault: "process-kill", count: 1 }], slimPostgres)).toEqual(["B"]);
  });
});

it("knows who lasts at the same time", () => {
  expect(inForceWith([{}, { after: active }, {}, { after: breaking }], 0)).toEqual([1]);
  expect(inForceWith([{}, { after: active }, {}, { after: breaking }], 2)).toEqual([3]);
  expect(inForceWith([{}, { after: active }, {}, { after: breaking }], 3)).toEqual([2]);
});
