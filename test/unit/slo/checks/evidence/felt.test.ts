import { expect, it } from "vitest";
import type { JournalEvent } from "../../../../../core/contracts/journal.ts";
import { faultWindows } from "../../../../../core/timeline.ts";
import { feltBy, feltText, type Felt } from "../../../../../slo/checks/evidence/felt.ts";
import { FAULT_FROM_MS, healthyEvents, journalOf } from "../../../../../slo/checks/synthetic.ts";

/** The healthy run with nothing to notice, and then whatever is added. */
const SILENT = healthyEvents().flatMap((event): readonly JournalEvent[] => {
  if (event.kind === "probe.blind") return [];
  if (event.kind === "load.window") return [{ ...event, ok: event.offered, failed: 0 }];
  if (event.kind === "canary.seen") return [{ ...event, visibleMs: event.intendedMs + 4000 }];
  return [event];
});

function felt(events: readonly JournalEvent[]): Felt & { readonly text: string } {
  const journal = journalOf(events);
  const [window] = faultWindows(journal);
  if (window === undefined) throw new RangeError("The synthetic run has no fault.");
  return { ...feltBy(journal, window), text: feltText(journal, window) };
}

function withEvent(event: JournalEvent): readonly JournalEvent[] {
  return [...SILENT.slice(0, -1), event, ...SILENT.slice(-1)];
}

it("says that nobody noticed where nobody did", () => {
  const found = felt(SILENT);
  expect(found).toMatchObject({ badRequestCount: 0, blindLookCount: 0, lateCanaryCount: 0 });
  expect(found.requestCount).toBeGreaterThan(0);
  expect(found.text).toMatch(/^nobody outside noticed: all .* 4 s$/);
});

it("counts what failed, what was blind and what was late, only while it lasted", () => {
  const blind = { kind: "probe.blind", probe: "reader", reason: "refused" } as const;
  expect(felt(withEvent({ ...blind, atMs: FAULT_FROM_MS + 1000 })).blindLookCount).toBe(1);
  expect(felt(withEvent({ ...blind, atMs: FAULT_FROM_MS - 1000 })).blindLookCount).toBe(0);
  const load = {
    kind: "load.window",
    ...{ workload: "bank", windowMs: 1000 },
    ...{ offered: 10, ok: 7, failed: 2, unknown: 1, dropped: 0, events: 0 },
  } as const;
  const failing = felt(
    withEvent({ ...load, fromMs: FAULT_FROM_MS + 2000, atMs: FAULT_FROM_MS + 3000 }),
  );
  expect(failing.badRequestCount).toBe(3);
  const late = {
    kind: "canary.censored",
    ...{ canary: 9999, table: "users", partition: 0 },
    ...{ intendedMs: FAULT_FROM_MS + 500, ageMs: 61_000, reason: "the run ended" },
  } as const;
  const found = felt(withEvent({ ...late, atMs: FAULT_FROM_MS + 61_500 }));
  expect(found).toMatchObject({ lateCanaryCount: 1, freshnessMsMax: 61_000 });
  expect(found.text).toContain(
    "1 changes visible too late; the oldest change that was waited for: 1 min 1 s",
  );
});
