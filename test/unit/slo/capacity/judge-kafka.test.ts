import { describe, expect, it } from "vitest";
import { encodeHistogram, mergeHistograms, newHistogram } from "../../../../core/histogram.ts";
import {
  judgeKafka,
  latencyBesideMs,
  type KafkaSeen,
} from "../../../../slo/capacity/judge-kafka.ts";
import type { Point } from "../../../../slo/capacity/trend.ts";

/** A delay that grows by so many milliseconds each second. */
function growing(msPerS: number, count = 30): readonly Point[] {
  return Array.from({ length: count }, (_, index) => ({
    atMs: index * 1000,
    value: 15 + msPerS * index,
  }));
}

const CALM: KafkaSeen = {
  ratePerS: 100_000,
  dueCount: 30_000,
  settledCount: 30_000,
  failedCount: 0,
  latencyMsP95: 30,
  behindMs: [growing(0), growing(0)],
  generator: { cpuRatio: 0.6, loopDelayMsP99: 5 },
  blindBecause: undefined,
};

describe("a window of change events into Kafka", () => {
  it("holds when all is acknowledged in time and nothing falls behind", () => {
    expect(judgeKafka(CALM)).toMatchObject({ status: "holds", isNear: false });
  });

  it.for([
    ["transactions due and not acknowledged", { settledCount: 27_000 }, "changes.done"],
    ["a failure in a hundred", { failedCount: 300 }, "changes.failed"],
    ["acknowledgements that take three seconds", { latencyMsP95: 3_000 }, "changes.latency"],
    ["one thread that falls behind", { behindMs: [growing(0), growing(100)] }, "kafka.lag"],
  ] as const)("breaks by %s", ([, change, criterion]) => {
    const judged = judgeKafka({ ...CALM, ...change });
    expect(judged.status).toBe("breaks");
    const broken = judged.criteria.filter(({ pressureRatio }) => pressureRatio > 1);
    expect(broken.map(({ id }) => id)).toEqual([criterion]);
    expect(judged.criteria.every(({ stage }) => stage === "kafka")).toBe(true);
  });

  it("says how fast the delay grows over the time that passes", () => {
    const judged = judgeKafka({ ...CALM, behindMs: [growing(200)] });
    const lag = judged.criteria.find(({ id }) => id === "kafka.lag");
    // 200 ms more each second: a fifth of what is offered is not sent.
    expect(lag?.observed.value).toBeCloseTo(0.2, 6);
  });

  it("looks at windows of hours", () => {
    expect(judgeKafka({ ...CALM, behindMs: [growing(100, 7200)] }).status).toBe("breaks");
  });

  it.for([
    ["the generator has no headroom", { generator: { cpuRatio: 0.97, loopDelayMsP99: 5 } }],
    ["nothing could be offered", { blindBecause: "the disk is full" }],
  ] as const)("is blind when %s, though it broke", ([, change]) => {
    expect(judgeKafka({ ...CALM, ...change, latencyMsP95: 9_000 }).status).toBe("blind");
  });
});

describe("a percentile beside those that never ended", () => {
  const histogram = newHistogram();
  histogram.recordValueWithCount(20_000, 90);
  const done = mergeHistograms([encodeHistogram(histogram)]);

  it("is that of the others as long as they are enough", () => {
    expect(latencyBesideMs(done, 2, 95, 42_000)).toBeCloseTo(20, 1);
  });

  it("is as long as anybody waited where they are not", () => {
    expect(latencyBesideMs(done, 10, 95, 42_000)).toBe(42_000);
    expect(latencyBesideMs(mergeHistograms([]), 1, 95, 42_000)).toBe(42_000);
  });

  it("is nothing where nothing was due", () => {
    expect(latencyBesideMs(mergeHistograms([]), 0, 95, 42_000)).toBe(0);
  });
});
