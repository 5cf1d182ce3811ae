/** What the plots say, against figures worked out by hand. */
import { describe, expect, test } from "vitest";
import type { JournalBody, JournalEvent, JournalReader } from "../../../core/contracts/journal.ts";
import type { SeriesHistory } from "../../../core/contracts/comparison.ts";
import type { CapacityLadder } from "../../../core/contracts/report.ts";
import { burnDown } from "../../../reports/charts/budget.ts";
import { sawtooth } from "../../../reports/charts/freshness.ts";
import { latencies } from "../../../reports/charts/series.ts";
import { topologyMap } from "../../../reports/charts/topology-map.ts";
import { capacity } from "../../../reports/html-capacity.ts";
import { history } from "../../../reports/html-history.ts";
import { healthyEvents, histogramOf, journalOf } from "../../../slo/checks/synthetic.ts";

const opening = healthyEvents().filter(({ kind }) => kind === "run.started");
const journal = (...bodies: readonly (JournalBody & { readonly atMs?: number })[]): JournalReader =>
  journalOf([...opening, ...bodies.map((body): JournalEvent => ({ atMs: 0, ...body }))]);

test("an error budget falls by each bad sample's share, in steps, and holds at the floor", () => {
  const samples = [0, 1, 2, 3].map((second) => ({ atMs: second * 1000, n: 25, bad: 0 }));
  const bad = samples.map((one, index) => ({ ...one, bad: index === 1 ? 1 : index === 3 ? 9 : 0 }));
  // 100 samples at 2 % allow two bad ones.
  expect(burnDown(bad, 0.02)).toEqual([
    { xMs: 0, y: 100 },
    { xMs: 1000, y: 100 },
    { xMs: 1000, y: 50 },
    { xMs: 3000, y: 50 },
    { xMs: 3000, y: -100 },
    { xMs: 3000, y: -100 },
  ]);
  expect(burnDown([], 0.02)).toEqual([]);
});

test("the age of what is readable grows until a newer canary comes into sight", () => {
  const seen = (canary: number, intendedMs: number, visibleMs: number): JournalBody => {
    const rest = { table: "users", partition: 0, ackMs: intendedMs, lastMissMs: visibleMs - 1 };
    return { kind: "canary.seen", canary, intendedMs, visibleMs, ...rest };
  };
  // The third became visible after the second, though it is older: it makes nothing fresher.
  const run = journal(seen(0, 1000, 4000), seen(2, 6000, 9000), seen(1, 2000, 9500));
  expect(sawtooth(run)).toEqual([
    { xMs: 4000, y: 3 },
    { xMs: 9000, y: 8 },
    { xMs: 9000, y: 3 },
  ]);
});

test("a heat map counts every query once, in the row of its latency", () => {
  const window = (fromMs: number, latencyMs: number, count: number): JournalBody => ({
    kind: "latency.window",
    workload: "queries",
    class: "simple",
    fromMs,
    windowMs: 1000,
    count,
    histogramUs: histogramOf(latencyMs, count),
  });
  const [found] = latencies(
    journal(window(0, 10, 3), window(1000, 1000, 2), window(6000, 10, 1)),
    5000,
  );
  // Eight rows a decade, from one millisecond on; 10.007 ms is where the bucket of 10 ms ends.
  expect(found?.cells).toEqual([
    { fromMs: 0, row: 8, count: 3 },
    { fromMs: 0, row: 24, count: 2 },
    { fromMs: 5000, row: 8, count: 1 },
  ]);
});

describe("the map of the topology", () => {
  const ready = (instanceId: string): JournalBody => ({
    kind: "instance.ready",
    instanceId,
    component: "x",
    address: "x",
    pid: 1,
    readyMs: 1,
    restart: false,
  });

  test("shows what a fault hit, by the undo where the plan names a role", () => {
    const events = healthyEvents().map((event): JournalEvent =>
      event.kind === "run.started"
        ? {
            ...event,
            plan: {
              ...event.plan,
              faults: event.plan.faults.map((fault) => ({ ...fault, instanceId: "the leader" })),
            },
          }
        : event,
    );
    const extra = ["trino-0", "trino-1"].map((id): JournalEvent => ({ atMs: 700, ...ready(id) }));
    const { markup } = topologyMap(journalOf([...events, ...extra]));
    expect(markup).toContain(
      'class="node s-faulted" data-states="700:up 70000:faulted 76000:mending 95000:up"',
    );
    expect(markup).toContain('class="node s-up" data-states="700:up"');
    expect(markup).not.toContain("the leader");
  });

  test("says nothing where no instance is known", () => {
    expect(topologyMap(journal()).markup).toBe("");
  });
});

describe("beside the run", () => {
  const LADDER: CapacityLadder = {
    title: "End to end",
    loadUnit: "events/s offered",
    throughputUnit: "events/s",
    rungs: [
      { load: 2000, throughputPerS: 1500, status: "breaks", limitedBy: "connector <lag>" },
      { load: 1000, throughputPerS: 990, status: "holds" },
    ],
  };

  test("a ladder names the highest load that held, and no peak that was not passed", () => {
    const { markup } = capacity([{ ...LADDER, law: { lambda: 1, sigma: 0.001, kappa: 0 } }]);
    expect(markup).toContain("highest load that held: 1,000 events/s offered");
    expect(markup).toContain("peak not reached");
    expect(markup).toContain("connector &lt;lag&gt;");
    const peaked = capacity([
      { ...LADDER, law: { lambda: 1, sigma: 0.001, kappa: 1e-6, peakLoad: 999 } },
    ]);
    expect(peaked.markup).toContain("peak at 999");
  });

  test("no steps, no section", () => {
    expect(capacity([]).markup).toBe("");
    expect(capacity([{ ...LADDER, rungs: [] }]).markup).toBe("");
    expect(history([]).markup).toBe("");
  });

  test("a history shows where a level changed and who let it stand", () => {
    const points = [1, 2, 3, 4].map((night) => ({
      runId: `n${String(night)}`,
      startedAtEpochMs: night,
      value: night < 3 ? 100 : 150,
    }));
    const series: SeriesHistory = {
      schema: "lakeproof.history/1",
      series: "nightly/dev/here",
      runCount: 4,
      metrics: [
        {
          metricId: "m",
          title: "simple query latency p95",
          unit: "ms",
          better: "lower",
          points,
          changes: [
            {
              id: "cp-1",
              metricId: "m",
              direction: "worse",
              lastRunId: "n2",
              firstRunId: "n3",
              before: { value: 100, unit: "ms" },
              after: { value: 150, unit: "ms" },
              changeRatio: 0.5,
              pValue: 0.0001,
              newest: true,
              configChanges: [],
            },
          ],
        },
      ],
      exit: { code: 12, reasons: ["12 cp-1: worse"] },
    };
    const { markup } = history([series]);
    expect(markup).toContain("✘ +50 %");
    expect(markup).toContain("worse since n3: 100 ms → 150 ms (+50 %, p = 0.0001)");
    expect(markup).toContain("12 cp-1: worse");
  });
});
