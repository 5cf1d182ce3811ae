/** The load tables: figures per load, the mixed experiment's two arms, the user's own script. */
import { describe, expect, it } from "vitest";
import { mixedArm } from "../../../core/bi-load.ts";
import type { JournalEvent } from "../../../core/contracts/journal.ts";
import { loadTables } from "../../../reports/load.ts";
import { healthyEvents, histogramOf, journalOf } from "../../../slo/checks/synthetic.ts";

const mixed = { blockMs: 20_000 };

function withMixed(events: readonly JournalEvent[]): readonly JournalEvent[] {
  return events.map((event) => {
    if (event.kind === "run.started")
      return { ...event, plan: { ...event.plan, mixed, faults: [] } };
    if (event.kind !== "latency.window" || event.class !== "simple") return event;
    const slow = mixedArm(mixed, event.fromMs).arm === "open";
    return { ...event, histogramUs: histogramOf(slow ? 400 : 40) };
  });
}

describe("loadTables", () => {
  const tables = loadTables(journalOf(healthyEvents()));

  it("has a line for every load, with what was offered and how it ended", () => {
    const [load] = tables;
    expect(load?.rows.map(([name]) => name)).toEqual([
      "bank",
      "queries, simple",
      "queries, medium",
      "queries, complex",
      "queries, large",
      "dashboards",
      "api-calls",
      "users (closed)",
    ]);
    // 30 windows of five seconds, 50 operations each.
    expect(load?.rows.at(-1)?.slice(1, 6)).toEqual(["1,500", "1,500", "0", "0", "0"]);
    expect(load?.rows.at(-1)?.[6]).toBe("150 ms");
  });

  it("has the script's own thresholds and checks", () => {
    const own = tables.find((table) => table.title.endsWith("thresholds and checks"));
    expect(own?.rows).toEqual([
      ["rate<0.01", "http_req_failed", "✔ holds"],
      ["is 200", "default", "✔ 500 of 500"],
    ]);
  });

  it("sets the two arms of the mixed experiment side by side", () => {
    const journal = journalOf(withMixed(healthyEvents()));
    const table = loadTables(journal).find(({ title }) => title.startsWith("Large reports"));
    const simple = table?.rows.filter(([name]) => name?.startsWith("simple") === true);
    expect(simple?.map((cells) => [cells[0], cells[7]])).toEqual([
      ["simple, with groups", "40 ms"],
      ["simple, without", "400 ms"],
    ]);
  });

  it("has no such table where the plan has no such experiment", () => {
    expect(tables.some(({ title }) => title.startsWith("Large reports"))).toBe(false);
  });
});
