import { expect, it } from "vitest";
import type { JournalEvent } from "../../../core/contracts/journal.ts";
import { healthyEvents, journalOf } from "../../../slo/checks/synthetic.ts";
import { coverageOf, mergedCoverage, uncovered } from "../../../slo/coverage.ts";

const HEALTHY = healthyEvents();
const BUDGET_MS = journalOf(HEALTHY).plan.faults[0]?.recoveryBudgetMs ?? 0;

/** The healthy run, with its fault's changes as they are left over. */
function rowsOf(...runs: (readonly JournalEvent[])[]): ReturnType<typeof coverageOf>["rows"] {
  return coverageOf(runs.map(journalOf)).rows;
}

function without(state: string): readonly JournalEvent[] {
  return HEALTHY.filter((event) => event.kind !== "fault.changed" || event.state !== state);
}

function recoveredAfter(recoveryMs: number): readonly JournalEvent[] {
  return HEALTHY.map((event) =>
    event.kind === "fault.changed" && event.state === "recovered"
      ? { ...event, recoveryMs }
      : event,
  );
}

it("puts the same fault of several runs into one row, with its slowest recovery", () => {
  const [row, ...others] = rowsOf(recoveredAfter(1000), recoveredAfter(3000), recoveredAfter(2000));
  expect(others).toEqual([]);
  expect(row).toMatchObject({
    injectedCount: 3,
    evidencedCount: 3,
    inBudgetCount: 3,
    recoveryMsMax: 3000,
    budgetRatioMax: 3000 / BUDGET_MS,
    evidence: "process 4711 is gone",
  });
});

it("counts a recovery over its budget, and one that never came, as not in budget", () => {
  const late = BUDGET_MS + 1;
  expect(rowsOf(recoveredAfter(late), without("recovered"))[0]).toMatchObject({
    injectedCount: 2,
    evidencedCount: 2,
    inBudgetCount: 0,
    recoveryMsMax: late,
  });
});

it("counts no recovery from a fault that left no evidence", () => {
  const bare = HEALTHY.map((event) => {
    return event.kind === "fault.changed" ? { ...event, evidence: [] } : event;
  });
  const [row] = rowsOf(bare);
  expect(row).toMatchObject({ injectedCount: 1, evidencedCount: 0, inBudgetCount: 0 });
  expect(row).not.toHaveProperty("recoveryMsMax");
});

it("counts nothing for a fault that was planned and never begun", () => {
  expect(rowsOf(HEALTHY.filter((event) => event.kind !== "fault.changed"))).toEqual([]);
});

it("names what no row stands for, by its own name or by what that comes down to", () => {
  const rows = [{ fault: "none" }, { fault: "primary-loss", basis: "process-kill" }];
  const names = ["none", "process-kill", "process-pause", "primary-loss"];
  expect(uncovered(names, rows)).toEqual(["process-pause"]);
});

it("adds up what was found earlier and what other runs say, as if all had been read at once", () => {
  const runs = [recoveredAfter(1000), recoveredAfter(BUDGET_MS + 1), without("recovered")];
  const [first, ...rest] = runs.map((events) => coverageOf([journalOf(events)]));
  const merged = rest.reduce(mergedCoverage, first ?? coverageOf([]));
  expect(merged).toEqual(coverageOf(runs.map(journalOf)));
  expect(merged.rows[0]).toMatchObject({ injectedCount: 3, inBudgetCount: 1 });
});

it("keeps a row that only one of them has", () => {
  const found = coverageOf([journalOf(HEALTHY)]);
  expect(mergedCoverage(coverageOf([]), found)).toEqual(found);
  expect(mergedCoverage(found, coverageOf([]))).toEqual(found);
});
