/** Figures of a run: the very samples of the journal, and nothing absent taken for good. */
import { describe, expect, test } from "vitest";
import type { EventList } from "../../../../core/contracts/event-list.ts";
import type { EventOf, JournalEvent, JournalReader } from "../../../../core/contracts/journal.ts";
import { recordedValues } from "../../../../core/histogram.ts";
import { steadyIntervals } from "../../../../core/timeline.ts";
import { healthyEvents, journalOf } from "../../../../slo/checks/synthetic.ts";
import { NEVER_MS } from "../../../../slo/regression/metric.ts";
import { runMetrics, type RunMetrics } from "../../../../slo/regression/run-metrics.ts";
import { smokeJournal } from "../../../fixtures/journals.ts";
import { planned, without } from "../../../fixtures/verdicts.ts";
import { variedEvents } from "../../../fixtures/varied-runs.ts";

const EVENTS = variedEvents({ runId: "A", seed: 1 });

function valueOf(run: RunMetrics, id: string): number | undefined {
  return run.metrics.find((metric) => metric.id === id)?.value;
}

function edited(change: (event: JournalEvent) => JournalEvent): RunMetrics {
  return runMetrics(journalOf(EVENTS.map(change)));
}

describe("latency", () => {
  test.each(["simple", "medium"] as const)(
    "quantiles of %s are those of the merged histograms of the steady time",
    (name) => {
      const journal = smokeJournal();
      const targetMs = journal.plan.queries.find((query) => query.name === name)?.targetMs ?? 0;
      // Operations keep a margin of their own target before each fault; the load's end needs none.
      const steady = steadyIntervals(journal).map(({ fromMs, toMs }) => ({
        fromMs,
        toMs: journal.of("fault.changed").some((change) => change.atMs === toMs)
          ? toMs - targetMs
          : toMs,
      }));
      const inside = <T extends EventOf<"load.window"> | EventOf<"latency.window">>(
        windows: EventList<T>,
      ): readonly T[] =>
        windows.filter(
          (window) =>
            window.class === name &&
            steady.some(
              (one) => window.fromMs >= one.fromMs && window.fromMs + window.windowMs <= one.toMs,
            ),
        );
      const timed = inside(journal.of("latency.window"));
      const offered = inside(journal.of("load.window")).reduce((sum, one) => sum + one.offered, 0);
      const latenciesMs = timed.flatMap((window) =>
        recordedValues(window.histogramUs).flatMap(({ valueMs, count }) =>
          Array<number>(count).fill(valueMs),
        ),
      );
      while (latenciesMs.length < offered) latenciesMs.push(NEVER_MS);
      latenciesMs.sort((a, b) => a - b);
      const metric = runMetrics(journal).metrics.find((one) => one.id === `latency.${name}.p50`);
      expect(timed.length).toBeGreaterThan(10);
      expect(metric).toMatchObject({ value: latenciesMs[Math.ceil(offered / 2) - 1], n: offered });
    },
  );

  test("an operation that was dropped stands last, so that not answering is not fast", () => {
    const run = edited((event) =>
      event.kind === "load.window" && event.class === "simple"
        ? { ...event, offered: event.offered + 5, dropped: 5 }
        : event,
    );
    const before = runMetrics(journalOf(EVENTS));
    expect(valueOf(run, "latency.simple.p50")).toBeLessThan(60);
    expect(valueOf(run, "latency.simple.p50")).toBeGreaterThan(
      valueOf(before, "latency.simple.p50") ?? Infinity,
    );
    expect(valueOf(run, "latency.simple.p95")).toBe(NEVER_MS);
    expect(valueOf(run, "errors.queries")).toBeGreaterThan(0.02);
  });

  test("too few samples beyond a quantile: not measured, with the number that would do", () => {
    const run = runMetrics(smokeJournal());
    expect(run.unmeasured.map((one) => one.id)).toContain("latency.large.p99");
    expect(run.unmeasured.find((one) => one.id === "latency.large.p99")?.reason).toMatch(
      /^\d+ operations in the steady time, 500 are the least$/,
    );
  });

  test("a workload whose latency hardly anybody journalled is not measured, rather than quick or slow", () => {
    const reasonIn = (journal: JournalReader): string | undefined =>
      runMetrics(journal).unmeasured.find((one) => one.id === "latency.bank.p50")?.reason;
    expect(reasonIn(journalOf(EVENTS))).toMatch(/^of \d+ operations that ended .* 0 were timed$/);
    // The golden run times a tenth of its transactions.
    expect(reasonIn(smokeJournal())).toMatch(/^of \d+ operations that ended .* \d+ were timed$/);
  });
});

describe("the other figures", () => {
  const run = runMetrics(journalOf(healthyEvents()));

  test("rates, errors, freshness, recovery and CPU of the made-up run are what it was made of", () => {
    expect(Object.fromEntries(run.metrics.map(({ id, value }) => [id, value]))).toMatchObject({
      "rate.bank": 1_000,
      "rate.queries": 40,
      "errors.bank": 0,
      "errors.queries": 0,
      "freshness.p50": 8_000,
      "recovery.f1": 19_000,
      "cpu.generator": 0.05,
    });
  });

  test("what happens inside the fault window decides nothing but the recovery", () => {
    // Every query of the outage failed; none of it is steady time.
    expect(valueOf(run, "errors.queries")).toBe(0);
  });

  test("canaries that are missing and canaries never seen stand last", () => {
    const half = EVENTS.filter((event) => event.kind !== "canary.seen" || event.canary % 2 === 0);
    const censored = EVENTS.map((event): JournalEvent => {
      if (event.kind !== "canary.seen" || event.canary % 5 !== 0) return event;
      const { canary, table, partition, intendedMs } = event;
      const reason = "the run ended";
      const where = { canary, table, partition, intendedMs };
      return { atMs: event.atMs, kind: "canary.censored", ...where, ageMs: 9_000, reason };
    });
    expect(valueOf(runMetrics(journalOf(half)), "freshness.p95")).toBe(NEVER_MS);
    expect(valueOf(runMetrics(journalOf(censored)), "freshness.p95")).toBe(NEVER_MS);
  });

  test("a fault the pipeline never came back from stands last, one never injected is not measured", () => {
    const lasting = EVENTS.filter(
      (event) => event.kind !== "fault.changed" || event.state !== "recovered",
    );
    expect(valueOf(runMetrics(journalOf(lasting)), "recovery.f1")).toBe(NEVER_MS);
    const never = runMetrics(journalOf(without(EVENTS, "fault.changed")));
    expect(never.unmeasured).toContainEqual({
      id: "recovery.f1",
      reason: "the fault was never injected",
    });
  });

  test("a plan without canaries has no freshness, rather than a good one", () => {
    const quiet = planned(EVENTS, () => ({ canary: { ratePerS: 0, freshnessTargetMs: 30_000 } }));
    const ids = runMetrics(journalOf(quiet)).metrics.map((metric) => metric.id);
    expect(ids.filter((id) => id.startsWith("freshness"))).toEqual([]);
  });
});
