import { describe, expect, it } from "vitest";
import type { JournalEvent } from "../../../../core/contracts/journal.ts";
import { encodeHistogram, newHistogram, recordMs } from "../../../../core/histogram.ts";
import { observeStep, type StepFrame } from "../../../../slo/capacity/observe.ts";

const FRAME: StepFrame = {
  ratePerS: 300,
  eventsPerOperation: 3,
  fromMs: 2000,
  toMs: 6000,
  hasPipeline: true,
};

function secondOf(fromMs: number, ok: number, failed = 0): JournalEvent {
  const counts = { offered: ok + failed, ok, failed, unknown: 0, dropped: 0, events: ok * 3 };
  return {
    atMs: fromMs + 900,
    kind: "load.window",
    workload: "bank",
    fromMs,
    windowMs: 1000,
    ...counts,
  };
}

function sample(probe: string, atMs: number, value: number): JournalEvent {
  return { atMs, kind: "sample.taken", probe, observed: { value, unit: "events" } };
}

const CANARY = { table: "users", partition: 0 } as const;

describe("observeStep", () => {
  it("counts operations by their intended second, inside the window only", () => {
    const events = [0, 1000, 2000, 3000, 4000, 5000, 6000].map((fromMs) =>
      secondOf(fromMs, 90, 10),
    );
    const seen = observeStep(events, FRAME);
    expect(seen.dueCount).toBe(400);
    expect(seen.settledCount).toBe(400);
    expect(seen.failedCount).toBe(40);
    expect(seen.achievedPerS).toBe(270);
  });

  it("misses the seconds that a late generator never came to", () => {
    const seen = observeStep([secondOf(2000, 100), secondOf(3000, 60)], FRAME);
    expect(seen.settledCount).toBe(160);
    expect(seen.dueCount).toBe(400);
  });

  it("merges the latencies of the window's seconds", () => {
    const events: JournalEvent[] = [1000, 2000, 3000].map((fromMs) => {
      const histogram = newHistogram();
      for (let count = 0; count < 100; count += 1) recordMs(histogram, fromMs / 100);
      const histogramUs = encodeHistogram(histogram);
      return {
        atMs: 1,
        kind: "latency.window",
        workload: "bank",
        fromMs,
        windowMs: 1000,
        count: 100,
        histogramUs,
      };
    });
    // Seconds 2 and 3 are inside, at 20 and 30 ms; three digits are kept.
    expect(observeStep(events, FRAME).latencyMsP95).toBeCloseTo(30, 1);
    expect(observeStep(events.slice(0, 1), FRAME).latencyMsP95).toBe(0);
  });

  it("counts a canary that was never seen at its age", () => {
    const seen = (intendedMs: number, visibleMs: number): JournalEvent => ({
      ...{ atMs: visibleMs, kind: "canary.seen", canary: 1, ...CANARY },
      ...{ intendedMs, ackMs: intendedMs, lastMissMs: intendedMs, visibleMs },
    });
    const lost: JournalEvent = {
      ...{ atMs: 50_000, kind: "canary.censored", canary: 2, ...CANARY },
      ...{ intendedMs: 5000, ageMs: 45_000, reason: "never" },
    };
    const before = seen(1000, 91_000);
    expect(observeStep([before, seen(2000, 5000)], FRAME).freshnessMsP95).toBe(3000);
    expect(observeStep([seen(2000, 5000), lost], FRAME).freshnessMsP95).toBe(45_000);
    expect(observeStep([before], FRAME).freshnessMsP95).toBeUndefined();
  });

  it("has lags of the window, and none where the load went past the pipeline", () => {
    const events = [1000, 2000, 3000, 7000].map((atMs) => sample("kafka.lagEvents", atMs, atMs));
    expect(observeStep(events, FRAME).connectorLagEvents.map(({ atMs }) => atMs)).toEqual([
      2000, 3000,
    ]);
    expect(observeStep(events, { ...FRAME, hasPipeline: false }).connectorLagEvents).toEqual([]);
  });

  it("takes the WAL rate from the first and the last sample", () => {
    const events = [2000, 3000, 4000].flatMap((atMs) => [
      sample("decoder.lagBytes", atMs, 10),
      sample("decoder.walBytes", atMs, atMs * 5),
    ]);
    expect(observeStep(events, FRAME).decoding?.walBytesPerS).toBe(5000);
  });

  it("is blind after several blind samples of what it judges by, and not for others", () => {
    const blind = (probe: string): readonly JournalEvent[] =>
      [2100, 2200, 2300, 2400].map((atMs) => ({
        atMs,
        kind: "probe.blind",
        probe,
        reason: "gone",
      }));
    expect(observeStep(blind("kafka.tap"), FRAME).blindBecause).toContain("blind 4 times: gone");
    expect(observeStep(blind("kafka.tap").slice(1), FRAME).blindBecause).toBeUndefined();
    expect(observeStep(blind("flink.checkpointsFailed"), FRAME).blindBecause).toBeUndefined();
  });
});
