import { describe, expect, it } from "vitest";
import type { JournalEvent } from "../../../core/contracts/journal.ts";
import {
  faultWindows,
  measuredIntervals,
  phaseIntervals,
  steadyIntervals,
  subtract,
  totalMs,
  within,
} from "../../../core/timeline.ts";
import { healthyEvents, journalOf } from "../../../slo/checks/synthetic.ts";

const HEALTHY = healthyEvents();

describe("phaseIntervals", () => {
  it("ends each phase where the next begins and the last at the journal's end", () => {
    const phases = phaseIntervals(journalOf(HEALTHY));
    expect(phases[3]).toEqual({ phase: "control", fromMs: 10_000, toMs: 40_000 });
    expect(phases.at(-1)).toEqual({ phase: "teardown", fromMs: 168_000, toMs: 171_000 });
  });
});

describe("faultWindows", () => {
  it("runs from injection to recovery and gathers the evidence", () => {
    expect(faultWindows(journalOf(HEALTHY))).toMatchObject([
      {
        fromMs: 70_000,
        toMs: 95_000,
        healedMs: 76_000,
        recoveredMs: 95_000,
        recoveryMs: 19_000,
        evidence: ["process 4711 is gone"],
      },
    ]);
  });

  it("stays open to the end when the pipeline never recovered", () => {
    const stuck = HEALTHY.filter(
      (event) => event.kind !== "fault.changed" || event.state !== "recovered",
    );
    const [window] = faultWindows(journalOf(stuck));
    expect(window).toMatchObject({ toMs: 171_000, healedMs: 76_000 });
    expect(window).not.toHaveProperty("recoveredMs");
  });

  it("has no window for a fault that was never begun", () => {
    const none = HEALTHY.filter((event) => event.kind !== "fault.changed");
    expect(faultWindows(journalOf(none))).toEqual([]);
  });
});

describe("steadyIntervals", () => {
  it("leaves out the window of a fault beyond the design", () => {
    expect(steadyIntervals(journalOf(HEALTHY))).toEqual([
      { fromMs: 10_000, toMs: 40_000 },
      { fromMs: 40_000, toMs: 70_000 },
      { fromMs: 95_000, toMs: 160_000 },
    ]);
  });

  it("keeps the window of a fault within the design", () => {
    const journal = journalOf(HEALTHY.map(withinDesign));
    expect(totalMs(steadyIntervals(journal))).toBe(totalMs(measuredIntervals(journal)));
  });
});

function withinDesign(event: JournalEvent): JournalEvent {
  if (event.kind !== "run.started") return event;
  const faults = event.plan.faults.map((fault) => ({ ...fault, faultClass: "W" as const }));
  return { ...event, plan: { ...event.plan, faults } };
}

describe("subtract", () => {
  const whole = { fromMs: 0, toMs: 100 };

  it.each([
    ["nothing", [], [[0, 100]]],
    ["a cut outside", [[100, 120]], [[0, 100]]],
    ["a cut in the middle", [[40, 60]], [[0, 40], [60, 100]]], // prettier-ignore
    ["overlapping cuts", [[10, 50], [40, 60]], [[0, 10], [60, 100]]], // prettier-ignore
    ["everything", [[-5, 105]], []],
  ])("takes away %s", (_, cuts, left) => {
    const intervals = cuts.map(([fromMs = 0, toMs = 0]) => ({ fromMs, toMs }));
    const rest = subtract(whole, intervals).map(({ fromMs, toMs }) => [fromMs, toMs]);
    expect(rest).toEqual(left);
  });
});

describe("within", () => {
  it("counts the beginning in and the end out", () => {
    const intervals = [{ fromMs: 10, toMs: 20 }];
    expect([9, 10, 19.9, 20].map((atMs) => within(atMs, intervals))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
});
