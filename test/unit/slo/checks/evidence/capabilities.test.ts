import { expect, it } from "vitest";
import type { JournalEvent } from "../../../../../core/contracts/journal.ts";
import {
  capabilityUptimes,
  type CapabilityUptime,
} from "../../../../../slo/checks/evidence/capabilities.ts";
import { wholeIntervals } from "../../../../../slo/checks/evidence/time.ts";
import { healthyEvents, journalOf } from "../../../../../slo/checks/synthetic.ts";

const HEALTHY = healthyEvents();
const SLICE_MS = 10_000;

function uptimes(events: readonly JournalEvent[]): ReturnType<typeof capabilityUptimes> {
  const journal = journalOf(events);
  return capabilityUptimes(journal, wholeIntervals(journal), SLICE_MS);
}

/** Of one workload nothing succeeds in these slices. */
function downIn(workload: string, slices: readonly number[]): readonly JournalEvent[] {
  return HEALTHY.map((event) => {
    if (event.kind !== "load.window" || event.workload !== workload) return event;
    const slice = Math.floor((event.fromMs + event.windowMs / 2) / SLICE_MS);
    return slices.includes(slice) ? { ...event, ok: 0, failed: event.offered } : event;
  });
}

function named(
  all: ReturnType<typeof capabilityUptimes>,
  name: string,
): CapabilityUptime | undefined {
  return all.find((one) => one.name === name);
}

it("has one row for each capability that was asked for, and all of them together", () => {
  const names = uptimes(HEALTHY).map(({ name }) => name);
  expect(names.slice(0, 3)).toEqual(["commit", "CDC-visible", "SQL"]);
  expect(names).toContain("dashboard");
  expect(names.at(-1)).toBe("all");
  const withoutQueries = HEALTHY.filter(
    (event) => event.kind !== "load.window" || event.workload !== "queries",
  );
  expect(uptimes(withoutQueries).map(({ name }) => name)).not.toContain("SQL");
});

it("charges an outage to its capability, and to all together", () => {
  const before = uptimes(HEALTHY);
  const after = uptimes(downIn("bank", [12, 13, 14]));
  expect(named(before, "commit")).toMatchObject({ downSliceCount: 0, worstWindowRatio: 1 });
  expect(named(after, "commit")).toMatchObject({ downSliceCount: 3, worstWindowRatio: 0.5 });
  expect(named(after, "SQL")).toEqual(named(before, "SQL"));
  expect(named(after, "all")?.downSliceCount).toBe(3 + (named(before, "all")?.downSliceCount ?? 0));
});

it("tells one long outage from as many slices apart by the worst minute", () => {
  const apart = uptimes(downIn("bank", [2, 8, 14]));
  expect(named(apart, "commit")).toMatchObject({ downSliceCount: 3 });
  expect(named(apart, "commit")?.worstWindowRatio).toBeCloseTo(5 / 6, 10);
});

it("counts a change that was never seen as not visible", () => {
  const unseen = HEALTHY.flatMap((event): readonly JournalEvent[] => {
    if (event.kind !== "canary.seen" || event.canary !== 30) return [event];
    const { canary, table, partition, intendedMs } = event;
    const censored = { kind: "canary.censored", canary, table, partition, intendedMs } as const;
    return [{ atMs: event.atMs, ...censored, ageMs: 100_000, reason: "the run ended" }];
  });
  const [before, after] = [uptimes(HEALTHY), uptimes(unseen)].map((all) =>
    named(all, "CDC-visible"),
  );
  expect(after?.requestCount).toBe(before?.requestCount);
  expect(after?.badRequestCount).toBe((before?.badRequestCount ?? 0) + 1);
});
