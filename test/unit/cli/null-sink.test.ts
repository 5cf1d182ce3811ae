/** The generator with nothing behind it, on real threads. What it reaches is the machine's affair; its account is ours. */
import { describe, expect, it } from "vitest";
import { openNullSink } from "../../../cli/load-sinks/null-sink.ts";
import { judgeSink } from "../../../slo/capacity/judge-sink.ts";

const OPTIONS = { seed: "1", userCount: 1000 } as const;
const NEVER = new AbortController().signal;

describe.for(["sql", "envelopes"] as const)("the null sink with %s", (encoding) => {
  it("ends an overload in time, and says that most was not done", async () => {
    await using sink = openNullSink({ ...OPTIONS, encoding, threadCount: 1 });
    // No machine makes ten billion a second: whatever it reaches, the rest was due.
    const window = await sink.run({ ratePerS: 1e10, settleMs: 50, windowMs: 200 }, NEVER);
    expect(window.settledCount).toBeLessThan(window.dueCount / 10);
    expect(judgeSink(window, true)).toMatchObject({ status: "breaks", limitedBy: "generator" });
  });

  it("never settles more than was due, and shares the rate between its threads", async () => {
    await using sink = openNullSink({ ...OPTIONS, encoding, threadCount: 2 });
    const one = await sink.run({ ratePerS: 2000, settleMs: 100, windowMs: 400 }, NEVER);
    const twice = await sink.run({ ratePerS: 2000, settleMs: 100, windowMs: 800 }, NEVER);
    expect(twice.dueCount).toBeCloseTo(2 * one.dueCount, 6);
    // 2000 events a second for 0.4 s, in operations of at least one event each.
    expect(one.dueCount).toBeLessThanOrEqual(800);
    expect(one.settledCount).toBeLessThanOrEqual(one.dueCount + 5 * Math.sqrt(one.dueCount));
    expect(one.eventCount).toBeGreaterThanOrEqual(one.settledCount);
    expect(one.failedCount).toBe(0);
  });
});

it("is given up with the reason of the one who stops it", async () => {
  await using sink = openNullSink({ ...OPTIONS, encoding: "sql", threadCount: 1 });
  const stop = new AbortController();
  const running = sink.run({ ratePerS: 100, settleMs: 0, windowMs: 60_000 }, stop.signal);
  stop.abort(new DOMException("enough", "AbortError"));
  await expect(running).rejects.toThrow("enough");
});
