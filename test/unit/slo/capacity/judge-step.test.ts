import { describe, expect, it } from "vitest";
import { judgeStep, type StepSeen } from "../../../../slo/capacity/judge-step.ts";
import type { Point } from "../../../../slo/capacity/trend.ts";

/** A lag that grows by so many events every second of half a minute. */
function growing(perS: number): readonly Point[] {
  return Array.from({ length: 15 }, (_, index) => ({
    atMs: index * 2000,
    value: 500 + perS * index * 2,
  }));
}

/** Looks every 1.5 s at a lake that takes everything every 8 s, and leaves so many more each time; until it stops. */
function committing(leftPerCommit: number, untilMs = Infinity): readonly Point[] {
  return Array.from({ length: 30 }, (_, index) => {
    const atMs = index * 1500;
    const commits = Math.floor(Math.min(atMs, untilMs) / 8000);
    return { atMs, value: atMs - commits * 8000 + leftPerCommit * commits };
  });
}

const CALM: StepSeen = {
  ratePerS: 1000,
  dueCount: 10_000,
  settledCount: 10_000,
  failedCount: 0,
  latencyMsP95: 20,
  freshnessMsP95: 6_000,
  decoding: undefined,
  connectorLagEvents: growing(0),
  lakeLagEvents: growing(0),
  generator: { cpuRatio: 0.3, loopDelayMsP99: 5 },
  blindBecause: undefined,
};

describe("the whole pipeline", () => {
  it("holds when nothing is late, refused, old or piling up", () => {
    expect(judgeStep("end-to-end", CALM)).toMatchObject({ status: "holds", isNear: false });
  });

  it.for([
    ["operations that were due and not done", { settledCount: 9_000 }, "writes.done"],
    ["a failure in a hundred", { failedCount: 100 }, "writes.failed"],
    ["writes that take three seconds", { latencyMsP95: 3_000 }, "writes.latency"],
    ["changes that are 45 s old", { freshnessMsP95: 45_000 }, "freshness"],
    [
      "a tenth of the changes stuck before Kafka",
      { connectorLagEvents: growing(100) },
      "connector.lag",
    ],
    ["a tenth of the changes stuck before the lake", { lakeLagEvents: growing(100) }, "lake.lag"],
  ] as const)("breaks by %s", ([, change, criterion]) => {
    const judged = judgeStep("end-to-end", { ...CALM, ...change });
    expect(judged.status).toBe("breaks");
    const broken = judged.criteria.filter(({ pressureRatio }) => pressureRatio > 1);
    expect(broken.map(({ id }) => id)).toEqual([criterion]);
  });

  it("does not take a shrinking lag, or the scatter of few operations, for a break", () => {
    expect(judgeStep("end-to-end", { ...CALM, lakeLagEvents: growing(-400) }).status).toBe("holds");
    // 100 due: three standard deviations are 30 of them.
    const few = { ...CALM, dueCount: 100, settledCount: 70 };
    expect(judgeStep("end-to-end", few).status).toBe("holds");
    expect(judgeStep("end-to-end", { ...CALM, settledCount: 9_000 }).status).toBe("breaks");
  });

  it("takes the flanks between two commits for what they are", () => {
    const lakeLagEvents = committing(0);
    expect(judgeStep("end-to-end", { ...CALM, lakeLagEvents }).status).toBe("holds");
    for (const grown of [committing(2_000), committing(0, 20_000)]) {
      const judged = judgeStep("end-to-end", { ...CALM, lakeLagEvents: grown });
      expect(judged.criteria.find(({ id }) => id === "lake.lag")?.pressureRatio).toBeGreaterThan(1);
      expect(judged.status).toBe("breaks");
    }
  });

  it("says when it was close, on either side", () => {
    expect(judgeStep("end-to-end", { ...CALM, latencyMsP95: 1_900 })).toMatchObject({
      status: "holds",
      isNear: true,
    });
    expect(judgeStep("end-to-end", { ...CALM, latencyMsP95: 2_100 })).toMatchObject({
      status: "breaks",
      isNear: true,
    });
    expect(judgeStep("end-to-end", { ...CALM, latencyMsP95: 9_000 }).isNear).toBe(false);
  });

  it("tells the tightest condition", () => {
    const judged = judgeStep("end-to-end", {
      ...CALM,
      latencyMsP95: 5_000,
      freshnessMsP95: 31_000,
    });
    expect(judged.because).toBe("write latency p95 5000 ms (limit 2000 ms)");
  });
});

describe("a window without a verdict", () => {
  it.for([
    ["no processor was left", { generator: { cpuRatio: 0.95, loopDelayMsP99: 5 } }],
    ["the loop stood still", { generator: { cpuRatio: 0.2, loopDelayMsP99: 900 } }],
    ["nobody could see", { blindBecause: "kafka.tap was blind 9 times" }],
  ] as const)("is blind when %s, whether it held or broke", ([, change]) => {
    expect(judgeStep("end-to-end", { ...CALM, ...change }).status).toBe("blind");
    const broken = { ...CALM, ...change, latencyMsP95: 9_000 };
    expect(judgeStep("end-to-end", broken).status).toBe("blind");
  });

  it("is blind for a stage of which it saw nothing", () => {
    expect(judgeStep("connector", { ...CALM, connectorLagEvents: [] }).status).toBe("blind");
    expect(judgeStep("slot-decoding", CALM).status).toBe("blind");
  });
});

describe("one stage", () => {
  it("is not judged by what others do", () => {
    const sick = { ...CALM, lakeLagEvents: growing(500), freshnessMsP95: 60_000 };
    expect(judgeStep("connector", sick).status).toBe("holds");
    expect(judgeStep("lake", sick).status).toBe("breaks");
  });

  it("has no figure when it is starved by a stage before it", () => {
    const starved = { ...CALM, connectorLagEvents: growing(500) };
    const judged = judgeStep("lake", starved);
    expect(judged.status).toBe("blind");
    expect(judged.because).toContain("connector breaks before it");
    // Broken all the same, it is broken: less than was meant to come was too much already.
    expect(judgeStep("lake", { ...starved, lakeLagEvents: growing(500) }).status).toBe("breaks");
  });

  it("decodes as fast as WAL is written, or falls behind", () => {
    const walBytesPerS = 1_000_000;
    const at = (perS: number): StepSeen => ({
      ...CALM,
      decoding: { lagBytes: growing(perS), walBytesPerS },
    });
    expect(judgeStep("slot-decoding", at(10_000)).status).toBe("holds");
    expect(judgeStep("slot-decoding", at(200_000)).status).toBe("breaks");
  });
});
