/** Faults whose way back reads everything again, or that hit several instances one after the other. */
import { describe, expect, it } from "vitest";
import type { FaultEntry } from "../../../core/contracts/fault.ts";
import type { Scenario, ScenarioFault } from "../../../core/contracts/scenario.ts";
import { duplicateBudget } from "../../../infra/budgets.ts";
import { dev, mini as miniTopology, production } from "../../../infra/topologies/index.ts";
import { mini } from "../../../scenarios/mini.ts";
import { planned, plannedAll, support, wholeMachine } from "../../fixtures/planned-fault.ts";

describe("the loss of the replication slot", () => {
  const on = (fault: string, service: string, topology: Scenario["topology"] = dev): FaultEntry =>
    planned({ fault, service, holdMs: 10_000 }, support, topology);

  it.for([
    ["slot-drop", dev],
    ["slot-invalidation", dev],
    ["slot-drop", production],
    ["slot-invalidation", miniTopology],
  ] as const)("%s is beyond any design", ([fault, topology]) => {
    expect(on(fault, "postgres", topology)).toMatchObject({ faultClass: "X", takesOver: false });
  });

  it("has the snapshot of all rows in its budget, and its repeats", () => {
    // Four lanes of 500 users with two accounts each, and five in a hundred more.
    const rows = 6300;
    const entry = on("slot-drop", "postgres");
    expect(entry.recoveryBudgetFormula).toContain(`${String(rows)} rows 13 s`);
    const { rateEventsPerS } = mini.bank;
    expect(entry.duplicateEventCountMax).toBe(rows + duplicateBudget("connect", rateEventsPerS));
    expect(on("slot-drop", "postgres", miniTopology).recoveryBudgetFormula).toContain("standbys");
  });

  it("is refused where there is no slot, or nobody who reads it", () => {
    expect(() => on("slot-drop", "kafka")).toThrow(/kafka is no PostgreSQL/);
    const services = { postgres: dev.services.postgres, connect: dev.services.connect };
    expect(() => on("slot-drop", "postgres", { ...dev, services })).toThrow(/no connector/);
  });

  it("stays within the design unless it is asked for", () => {
    const wanted = { fault: "slot-drop", service: "postgres", holdMs: 10_000 };
    expect(() => planned(wanted, support, dev, wholeMachine, false)).toThrow(/--beyond-design/);
  });
});

it("counts the pause of a sender that was not answered into the budget of what is not taken over", () => {
  const short = planned({ fault: "half-open", service: "kafka", holdMs: 10_000 });
  const long = planned({ fault: "half-open", service: "kafka", holdMs: 60_000 });
  const longest = planned({ fault: "half-open", service: "kafka", holdMs: 400_000 });
  expect(long.recoveryBudgetMs - short.recoveryBudgetMs).toBe(50_000);
  // As long as Linux lets it grow, and no longer.
  expect(longest.recoveryBudgetMs - short.recoveryBudgetMs).toBe(110_000);
  expect(long.recoveryBudgetFormula).toContain("pause of a sender that was not answered 60 s");
});

describe("lagging-failover", () => {
  const lagging = (service: string, count: number | "all", params = {}): FaultEntry =>
    planned({ fault: "lagging-failover", service, count, holdMs: 30_000, params });

  it("is beyond design, counts from its end, and may repeat what waited for an answer", () => {
    const entry = lagging("kafka", "all", { stallMs: 5000 });
    expect(entry).toMatchObject({ faultClass: "X", takesOver: false, count: 5 });
    const shorter = lagging("kafka", "all", { stallMs: 1000 });
    const perS = mini.bank.rateEventsPerS;
    expect(entry.duplicateEventCountMax).toBe((shorter.duplicateEventCountMax ?? 0) + 4 * perS);
  });

  it("has the largest budget of the service and its reader", () => {
    const alone = lagging("postgres", "all", { followers: "leave" });
    const both = lagging("postgres", "all", { followers: "leave", reader: "connect" });
    expect(both.recoveryBudgetMs).toBeGreaterThan(alone.recoveryBudgetMs);
  });

  it("is refused where there is no leader with followers, or where it makes no sense", () => {
    expect(() => lagging("connect", "all")).toThrow("connect is not kafka or patroni");
    expect(() => lagging("kafka", 1)).toThrow("it is about all of kafka");
    expect(() => lagging("postgres", "all", { outOfSync: true })).toThrow("outOfSync is about");
    expect(() => lagging("kafka", "all", { reader: "nobody" })).toThrow('reader is "nobody"');
    expect(() => lagging("kafka", "all", { followers: "stop" })).toThrow("followers");
  });
});

describe("a fault in the recovery of the one before", () => {
  const after = { event: "recovery-started", delayMs: 500 } as const;
  const kill = { fault: "process-kill", service: "kafka", holdMs: 5000 } as const;
  const both = (
    first: ScenarioFault<Scenario["topology"]["services"]>,
    second: ScenarioFault<Scenario["topology"]["services"]>,
    beyondDesign = true,
  ): readonly FaultEntry[] => {
    const faults = [first, { ...second, after }];
    return plannedAll(first, support, production, wholeMachine, beyondDesign, { faults });
  };

  it("counts with it for the class, where it is the same service", () => {
    expect(both(kill, kill).map(({ faultClass }) => faultClass)).toEqual(["W", "X"]);
    expect(both(kill, kill)[1]?.takesOver).toBe(false);
    expect(() => both(kill, kill, false)).toThrow(/faults\[1\]: .* is beyond what/);
    const other = both(kill, { ...kill, service: "postgres" }, false);
    expect(other.map(({ faultClass }) => faultClass)).toEqual(["W", "W"]);
  });

  it("is given its time in the budget of a recovery that it interrupts", () => {
    const grey = { fault: "half-open", service: "kafka", holdMs: 5000 } as const;
    const [first, second] = both(grey, { ...kill, service: "postgres" });
    const moreMs = 500 + 5000 + (second?.recoveryBudgetMs ?? 0);
    expect(first?.recoveryBudgetMs).toBe(planned(grey).recoveryBudgetMs + moreMs);
    expect(first?.recoveryBudgetFormula).toMatch(/ \+ f2 in the middle of it \d/);
    // Others had taken over before anything was undone.
    const [taken] = both(kill, { ...kill, service: "postgres" });
    expect(taken?.recoveryBudgetMs).toBe(planned(kill).recoveryBudgetMs);
  });

  it("needs one before it", () => {
    expect(() => planned({ ...kill, after })).toThrow(/there is no fault before it/);
  });
});
