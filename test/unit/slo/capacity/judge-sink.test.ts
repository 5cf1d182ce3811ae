import { describe, expect, it } from "vitest";
import type { SinkWindow } from "../../../../core/contracts/load-sink.ts";
import { judgeSink } from "../../../../slo/capacity/judge-sink.ts";

const CALM: SinkWindow = {
  dueCount: 10_000,
  settledCount: 10_000,
  failedCount: 0,
  eventCount: 30_000,
  latencyMsP99: 2,
  busyRatio: 0.3,
  loopDelayMsP99: 1,
};

describe("judgeSink", () => {
  it("holds with room to spare", () => {
    expect(judgeSink(CALM, true)).toMatchObject({ status: "holds", isNear: false });
  });

  it.for([
    ["no headroom", { busyRatio: 0.95 }, "generator", "generator"],
    ["a loop that stands", { loopDelayMsP99: 400 }, "generator", "generator"],
    ["operations not done", { settledCount: 8_000 }, "generator", "sink"],
    ["operations refused", { failedCount: 500 }, "generator", "sink"],
    ["a lag of three seconds", { latencyMsP99: 3_000 }, "generator", "sink"],
  ] as const)("breaks by %s, and says whose limit it is", ([, change, alone, real]) => {
    const window = { ...CALM, ...change };
    expect(judgeSink(window, true)).toMatchObject({ status: "breaks", limitedBy: alone });
    expect(judgeSink(window, false)).toMatchObject({ status: "breaks", limitedBy: real });
  });

  it("allows a real sink the time a write may take, and the generator alone a tenth of a second", () => {
    const late = { ...CALM, latencyMsP99: 500 };
    expect(judgeSink(late, true).status).toBe("breaks");
    expect(judgeSink(late, false).status).toBe("holds");
  });

  it("is near within a tenth of a limit", () => {
    expect(judgeSink({ ...CALM, busyRatio: 0.88 }, true)).toMatchObject({
      status: "holds",
      isNear: true,
    });
    expect(judgeSink({ ...CALM, busyRatio: 0.92 }, true)).toMatchObject({
      status: "breaks",
      isNear: true,
    });
    expect(judgeSink({ ...CALM, busyRatio: 0.7 }, true).isNear).toBe(false);
  });
});
