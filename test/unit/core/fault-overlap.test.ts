/** Faults that are in force at the same time: one loss, one class, and time for both. */
import { describe, expect, it } from "vitest";
import type { FaultEntry, FaultTrigger } from "../../../core/contracts/fault.ts";
import type { Scenario, ScenarioFault } from "../../../core/contracts/scenario.ts";
import { activeIndexOf, joinsOthers, togetherWith } from "../../../core/fault-overlap.ts";
import { LEASE_MS_MAX } from "../../../core/lease.ts";
import { production } from "../../../infra/topologies/index.ts";
import { planned, plannedAll, support, wholeMachine } from "../../fixtures/planned-fault.ts";

type Wanted = ScenarioFault<Scenario["topology"]["services"]>;

const kill = { fault: "process-kill", service: "kafka", holdMs: 20_000 } as const;
const grey = { fault: "half-open", service: "minio", holdMs: 20_000 } as const;
const during: FaultTrigger = { event: "fault-active", delayMs: 500 };

function all(faults: readonly Wanted[], beyondDesign = true): readonly FaultEntry[] {
  const [first = kill] = faults;
  return plannedAll(first, support, production, wholeMachine, beyondDesign, { faults });
}

const classes = (faults: readonly Wanted[]): readonly string[] =>
  all(faults).map(({ faultClass }) => faultClass);

describe("the class of what is in force at the same time", () => {
  it("is that of the union: two of one service are more than it bears, whichever came first", () => {
    expect(classes([kill, { ...kill, target: "kafka-1", after: during }])).toEqual(["X", "X"]);
    const both = all([kill, { ...kill, target: "kafka-1", after: during }]);
    expect(both.map(({ takesOver }) => takesOver)).toEqual([false, false]);
    // One after the other each is within the design.
    expect(classes([kill, { ...kill, target: "kafka-1" }])).toEqual(["W", "W"]);
  });

  it("is the graver one of two services", () => {
    expect(classes([kill, { ...kill, service: "minio", after: during }])).toEqual(["W", "W"]);
    expect(classes([kill, { ...grey, after: during }])).toEqual(["B", "B"]);
    expect(classes([grey, { ...kill, after: during }, kill])).toEqual(["B", "B", "W"]);
  });

  it("counts a role as one more, because it may be any instance", () => {
    expect(classes([kill, { ...kill, target: "controller", after: during }])).toEqual(["X", "X"]);
  });

  it("counts an instance that both are about once", () => {
    const slow = { fault: "cpu-pressure", service: "kafka", holdMs: 20_000 } as const;
    expect(classes([slow, { ...kill, after: during }])).toEqual(["B", "B"]);
  });

  it("counts nobody whom the other leaves as he is", () => {
    const slow = {
      fault: "bandwidth-cap",
      service: "kafka",
      target: "kafka-1",
      holdMs: 9000,
    } as const;
    expect(classes([kill, { ...slow, after: during }])).toEqual(["B", "B"]);
    expect(classes([slow, { ...kill, after: during }])).toEqual(["B", "B"]);
  });

  it("is refused past the design unless class X is said", () => {
    const faults = [kill, { ...kill, target: "kafka-1", after: during }];
    expect(() => all(faults, false)).toThrow(/faults\[0\]: .* beyond .*\n.*faults\[1\]: .* beyond/);
  });
});

describe("the budget of what is in force at the same time", () => {
  it("has the time of the other in it, both ways", () => {
    const second = { ...kill, service: "minio", holdMs: 8000 } as const;
    const [a, b] = all([kill, { ...second, after: during }]);
    const [aloneA, aloneB] = [planned(kill), planned(second)];
    expect(a?.recoveryBudgetMs).toBe(
      aloneA.recoveryBudgetMs + 500 + 8000 + aloneB.recoveryBudgetMs,
    );
    expect(b?.recoveryBudgetMs).toBe(aloneB.recoveryBudgetMs + 20_000 + aloneA.recoveryBudgetMs);
    expect(a?.recoveryBudgetFormula).toMatch(/ \+ f2 at the same time \d/);
    expect(b?.recoveryBudgetFormula).toMatch(/ \+ f1 at the same time \d/);
  });

  it("goes into the lease, which the kernel limits", () => {
    const cut = { fault: "partition", service: "postgres", holdMs: 20_000 } as const;
    const [a] = all([cut, { ...cut, service: "kafka", after: during }]);
    const alone = planned(cut);
    expect(a?.leaseMs).toBeGreaterThan(alone.leaseMs ?? Infinity);
    expect(a?.leaseMs).toBeLessThanOrEqual(LEASE_MS_MAX);
  });
});

describe("fault-active", () => {
  const refused =
    (...faults: readonly Wanted[]): (() => unknown) =>
    () =>
      all(faults);
  const other = { ...kill, service: "minio" } as const;
  const of = (fault: string): FaultTrigger => ({ ...during, fault });

  it.for([
    ["nothing before it", [{ ...kill, after: during }], /there is no fault before it/],
    ["itself", [kill, { ...other, after: of("f2") }], /after.fault is "f2": allowed are f1\./],
    [
      "one that comes later",
      [kill, { ...other, after: of("f3") }, kill],
      /after.fault is "f3": allowed are f1\./,
    ],
    [
      "what is no fault's place",
      [kill, kill, { ...other, after: of("kafka") }],
      /after.fault is "kafka": allowed are f1 to f2\./,
    ],
    [
      "one that is over by then",
      [kill, other, { ...grey, after: of("f1") }],
      /after.fault is f1: it is over by then, because f2 waits/,
    ],
    [
      "one that is over at once",
      [
        { fault: "rolling-restart", service: "kafka", count: "all", holdMs: 20_000 },
        { ...other, after: during },
      ],
      /rolling-restart \(f1\) is over as soon as it is injected/,
    ],
    [
      "longer than the other lasts",
      [kill, { ...other, after: { event: "fault-active", delayMs: 20_000 } }],
      /after.delayMs is 20000: f1 lasts 20000 ms, less is allowed/,
    ],
    [
      "an instance that is gone",
      [kill, { ...kill, fault: "process-pause", after: during }],
      /faults\[1\] hits kafka-0, which f1 \(process-kill\) has stopped: give it another target/,
    ],
    [
      "a fault, where it waits for something else",
      [kill, { ...other, after: { event: "checkpoint-started", fault: "f1" } }],
      /after.fault is "f1": only fault-active has it/,
    ],
  ] as const)("is refused with %s", ([, faults, message]) => {
    expect(refused(...faults)).toThrow(message);
  });

  it("names the fault before it, or any that is still in force", () => {
    const faults = [{}, { after: during }, { after: of("f1") }, {}, { after: during }];
    expect(faults.map((_, index) => activeIndexOf(faults, index))).toEqual([
      undefined,
      0,
      0,
      undefined,
      3,
    ]);
    expect(togetherWith(faults, 1)).toEqual([0, 1, 2]);
    expect(togetherWith(faults, 4)).toEqual([3, 4]);
    expect(joinsOthers(during)).toBe(true);
    expect(joinsOthers({ event: "load-peak" })).toBe(false);
  });
});
