/** What a load into Kafka concludes, with each kind of trouble planted in turn. */
import { describe, expect, it } from "vitest";
import { loopbackOnly } from "../../../../cli/load/kafka.ts";
import { kafkaLoadResult, kafkaLoadText } from "../../../../cli/load/kafka-result.ts";
import type { KafkaLoadOutcome } from "../../../../cli/load/kafka-load.ts";
import { encodeHistogram, newHistogram } from "../../../../core/histogram.ts";

const FACTS = { rateEventsPerS: 100, durationMs: 10_000, seed: "1" };

function histogramOf(...counted: readonly (readonly [ms: number, count: number])[]): string {
  const histogram = newHistogram();
  for (const [ms, count] of counted) histogram.recordValueWithCount(ms * 1000, count);
  return encodeHistogram(histogram);
}

type Worker = KafkaLoadOutcome["workers"][number];

const WORKER: Worker = {
  worker: 0,
  operations: { offered: 500, ok: 500, fail: 0, unknown: 0, dropped: 0, unfinished: 0 },
  eventCount: 1000,
  eventCountAll: 1200,
  unclearEventCountAll: 0,
  payloadBytes: 1_200_000,
  recordBytes: 1_400_000,
  sentBytes: 280_000,
  retryCount: 0,
  blockedMs: 0,
  heldUpCount: 0,
  latencyUs: histogramOf([20, 490], [40, 10]),
  lagUs: histogramOf([10, 500]),
  digests: [{ lane: 0, digest: "{}" }],
};

function health(
  busyRatio: number,
  eventLoopDelayMsP99 = 3,
  cpuRatio = busyRatio,
): KafkaLoadOutcome["health"] {
  return Array.from({ length: 5 }, (_, index) => ({
    ...{
      worker: 0,
      atMs: index * 1000,
      behindMs: 0,
      busyRatio,
      cpuRatio,
      gcRatio: 0,
      eventLoopDelayMsP99,
    },
    ...{ retryCount: 0, lastProblem: "" },
  }));
}

function outcome(worker: Partial<Worker>, rest: Partial<KafkaLoadOutcome> = {}): KafkaLoadOutcome {
  return {
    workers: [{ ...WORKER, ...worker }],
    health: health(0.4),
    grownBy: 1200,
    cpuMs: 20,
    rssBytesMax: 1e8,
    ...rest,
  };
}

const operations = (fates: Partial<Worker["operations"]>): Partial<Worker> => ({
  operations: { ...WORKER.operations, ...fates },
});

describe("a load into Kafka", () => {
  it("is valid when everything offered was acknowledged in time and is in the topics", () => {
    const result = kafkaLoadResult(outcome({}), FACTS);
    expect(result).toMatchObject({
      verdict: "VALID",
      exitCode: 0,
      reasons: [],
      achievedEventsPerS: 100,
      cpuUsPerEvent: 20,
      payloadBytesPerEvent: 1000,
      compressionRatio: 5,
    });
    expect(result.latencyMs.p50).toBeCloseTo(20, 1);
    expect(result.latencyMs.p99).toBeCloseTo(40, 1);
    expect(kafkaLoadText(result)).toMatch(/VALID\n$/);
  });

  it("is valid with latencies as bad as they are where the target held it up", () => {
    const latencyUs = histogramOf([20, 450], [2000, 50]);
    const stalled = { latencyUs, lagUs: histogramOf([10, 450]), heldUpCount: 50, blockedMs: 1900 };
    const result = kafkaLoadResult(outcome(stalled), FACTS);
    expect(result).toMatchObject({ verdict: "VALID", heldUpCount: 50 });
    expect(result.latencyMs.p99).toBeCloseTo(2000, -1);
    expect(kafkaLoadText(result)).toContain("held up 10.0 % of the operations");
  });

  it("adds the workers up", () => {
    const both = { workers: [WORKER, { ...WORKER, worker: 1 }], grownBy: 2400 };
    const result = kafkaLoadResult(outcome({}, both), FACTS);
    expect(result).toMatchObject({ verdict: "VALID", achievedEventsPerS: 200, workerCount: 2 });
    expect(result.operations.ok).toBe(1000);
  });

  it("counts what was never done as slower than everything", () => {
    const worker = operations({ ok: 300, dropped: 150, unfinished: 50 });
    const latencyUs = histogramOf([20, 260], [40, 40]);
    const result = kafkaLoadResult(outcome({ ...worker, latencyUs }), FACTS);
    expect(result.latencyMs.p50).toBeCloseTo(20, 1);
    expect(result.latencyMs.p99).toBeNull();
    expect(result.verdict).toBe("INVALID");
    expect(kafkaLoadText(result)).toContain("p99 never");
    expect(result.reasons.join(" ")).toContain("150 dropped, 50 unfinished");
  });

  it.each<[string, KafkaLoadOutcome, number, RegExp]>([
    [
      "operations late",
      outcome({ lagUs: histogramOf([10, 480], [150, 20]) }),
      21,
      /left the generator late/,
    ],
    ["threads without room", outcome({}, { health: health(0.97) }), 21, /lower --rate/],
    [
      "threads without a processor",
      outcome({}, { health: health(0.95, 3, 0.2) }),
      21,
      /got a processor 20\.0 %/,
    ],
    ["a late event loop", outcome({}, { health: health(0.4, 300) }), 21, /event loop/],
    [
      "a target that takes no more",
      outcome({ ...operations({ ok: 490, dropped: 10 }), blockedMs: 9_000 }),
      21,
      /waited 90\.0 %/,
    ],
    ["records lost", outcome({}, { grownBy: 1199 }), 13, /lost/],
    ["records doubled", outcome({}, { grownBy: 1201 }), 13, /doubled/],
    [
      "operations refused",
      outcome({
        ...operations({ ok: 499, fail: 1 }),
        eventCountAll: 1198,
        unclearEventCountAll: 2,
      }),
      10,
      /refused/,
    ],
    [
      "operations unknown",
      outcome({
        ...operations({ ok: 499, unknown: 1 }),
        eventCountAll: 1198,
        unclearEventCountAll: 2,
      }),
      10,
      /nobody knows/,
    ],
  ])("with %s says so", (_, trouble, exitCode, text) => {
    const result = kafkaLoadResult(trouble, FACTS);
    expect(result.exitCode).toBe(exitCode);
    expect(result.verdict).not.toBe("VALID");
    expect(result.reasons.join(" ")).toMatch(text);
  });

  it("takes an unknown outcome for either, but for no more than it is", () => {
    const unknown = { ...operations({ ok: 499, unknown: 1 }), unclearEventCountAll: 2 };
    for (const [grownBy, exitCode] of [
      [1197, 13],
      [1198, 10],
      [1200, 10],
      [1201, 13],
    ] as const) {
      const result = kafkaLoadResult(
        outcome({ ...unknown, eventCountAll: 1198 }, { grownBy }),
        FACTS,
      );
      expect(result.exitCode).toBe(exitCode);
    }
  });
});

describe("brokers named by hand", () => {
  it("are taken on loopback", () => {
    expect(loopbackOnly("127.0.0.1:9092, 127.9.9.9:1,localhost:9092")).toEqual([
      "127.0.0.1:9092",
      "127.9.9.9:1",
      "localhost:9092",
    ]);
  });

  it.each([
    "",
    "kafka:9092",
    "10.0.0.1:9092",
    "127.0.0.1:9092,192.168.0.1:9092",
    "127.0.0.1",
    "127.0.0.1.evil.example:9",
  ])("are refused anywhere else: %s", (text) => {
    expect(() => loopbackOnly(text)).toThrow(/--bootstrap/);
  });
});
