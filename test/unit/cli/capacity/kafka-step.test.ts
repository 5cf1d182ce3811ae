import { describe, expect, it } from "vitest";
import { kafkaSeen } from "../../../../cli/capacity/kafka-step.ts";
import type { KafkaLoadOutcome } from "../../../../cli/load/kafka-load-options.ts";
import { kafkaLoadResult } from "../../../../cli/load/kafka-result.ts";
import { encodeHistogram, newHistogram } from "../../../../core/histogram.ts";
import { judgeKafka, type KafkaSeen } from "../../../../slo/capacity/judge-kafka.ts";

const FACTS = { rateEventsPerS: 200, durationMs: 10_000, seed: "1" };
const GRACE_MS = 2000;

type Worker = KafkaLoadOutcome["workers"][number];

function worker(change: Partial<Worker["operations"]>): Worker {
  const operations = { offered: 500, ok: 500, fail: 0, unknown: 0, dropped: 0, unfinished: 0 };
  const fates = { ...operations, ...change };
  const histogram = newHistogram();
  histogram.recordValueWithCount(20_000, fates.ok + fates.fail);
  const empty = encodeHistogram(newHistogram());
  return {
    worker: 0,
    operations: fates,
    ...{ eventCount: 2 * fates.ok, eventCountAll: 2 * fates.ok, unclearEventCountAll: 0 },
    ...{ payloadBytes: 1e6, recordBytes: 1e6, sentBytes: 2e5, retryCount: 0 },
    ...{ blockedMs: 0, heldUpCount: 0, digests: [] },
    ...{ latencyUs: encodeHistogram(histogram), lagUs: empty },
  };
}

function seenOf(one: Worker, change: Partial<KafkaLoadOutcome> = {}): KafkaSeen {
  const outcome: KafkaLoadOutcome = {
    workers: [one],
    health: [0, 1, 2, 3, 4].map((second) => ({
      ...{ worker: 0, atMs: second * 1000, behindMs: 300 * second, busyRatio: 0.4, cpuRatio: 0.4 },
      ...{ gcRatio: 0, eventLoopDelayMsP99: 3, retryCount: 0, lastProblem: "" },
    })),
    ...{ grownBy: one.eventCountAll, cpuMs: 100, rssBytesMax: 1e8 },
    ...change,
  };
  return kafkaSeen(outcome, kafkaLoadResult(outcome, FACTS), GRACE_MS);
}

describe("kafkaSeen", () => {
  it("is what the load's own account says, with each thread's delay over time", () => {
    const seen = seenOf(worker({}));
    expect(seen).toMatchObject({ dueCount: 500, settledCount: 500, failedCount: 0 });
    expect(seen.latencyMsP95).toBeCloseTo(20, 1);
    expect(seen.behindMs).toEqual([
      [0, 1, 2, 3, 4].map((second) => ({ atMs: second * 1000, value: 300 * second })),
    ]);
    expect(judgeKafka(seen).criteria.find(({ id }) => id === "kafka.lag")?.observed.value).toBe(
      0.3,
    );
  });

  it("takes what was never sent for due and not done, and slower than all that was", () => {
    const seen = seenOf(worker({ ok: 400, unfinished: 100 }));
    expect(seen.settledCount).toBe(400);
    expect(seen.latencyMsP95).toBe(FACTS.durationMs + GRACE_MS);
  });

  it("counts records that were acknowledged and are not in the topics as failed", () => {
    expect(seenOf(worker({}), { grownBy: 990 }).failedCount).toBe(10);
    expect(seenOf(worker({ ok: 490, fail: 7, unknown: 3 })).failedCount).toBe(10);
  });

  it("is blind where the topics cannot be asked", () => {
    expect(seenOf(worker({}), { grownBy: Number.NaN }).blindBecause).toBeDefined();
  });
});
