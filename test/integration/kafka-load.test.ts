/** Load straight into a real broker: every change once, in order, through the broker's death; and far too much load. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FAULTS } from "../../chaos/index.ts";
import { residueOf, takeDown } from "../../cli/heal.ts";
import { newLabState } from "../../cli/lab.ts";
import { runKafkaLoad } from "../../cli/load/kafka-load.ts";
import type { KafkaLoadOptions } from "../../cli/load/kafka-load-options.ts";
import { runKafkaStep } from "../../cli/capacity/kafka-step.ts";
import { kafkaLoadResult } from "../../cli/load/kafka-result.ts";
import { BANK_TABLES, topicOf } from "../../core/bank-schema.ts";
import { mergeHistograms } from "../../core/histogram.ts";
import type { LaneDigest } from "../../generators/bank.ts";
import { defaultCacheDir } from "../../infra/artifacts/cache.ts";
import { openStore } from "../../infra/artifacts/store.ts";
import { withKafkaAdmin } from "../../infra/clients/kafka-admin.ts";
import { endOffsets } from "../../infra/clients/kafka.ts";
import type { LabState } from "../../infra/drivers/lab.ts";
import { provision, type Lab } from "../../infra/provision.ts";
import { broker } from "../../infra/topologies/index.ts";
import { judgeKafka } from "../../slo/capacity/judge-kafka.ts";
import { PLAN } from "../fixtures/plan.ts";
import {
  digestsOf,
  expectEveryChangeOnce,
  readTopics,
  type TopicEvent,
} from "../fixtures/topic-ledger.ts";

const DURATION_MS = 12_000;

let state: LabState;
let lab: Lab;
let logsDir: string;

beforeAll(async () => {
  logsDir = mkdtempSync(join(tmpdir(), "lakeproof-logs-"));
  const store = openStore({ cacheDir: defaultCacheDir(), log: () => undefined });
  const artifacts = await store.ensure(
    ["kafka", "java17", "jmx-exporter"],
    AbortSignal.timeout(500_000),
  );
  state = newLabState({
    ...{ topology: "test", subnet: "127.77.12", isolation: "loopback", held: false, logsDir },
  });
  lab = await provision({
    ...{ topology: broker, state, artifacts, onStep: () => undefined },
    signal: AbortSignal.timeout(120_000),
  });
});

afterAll(async () => {
  try {
    await takeDown(state.id);
    expect(residueOf(state.id)).toEqual([]);
  } finally {
    rmSync(logsDir, { recursive: true, force: true });
  }
});

function options(changed: Partial<KafkaLoadOptions>): KafkaLoadOptions {
  return {
    addresses: lab.endpoints.addresses("kafka"),
    ...{ seed: 17n, rateEventsPerS: 1000, durationMs: DURATION_MS, warmupMs: 2000 },
    ...{ arrivals: "poisson", userCount: 10_000, lingerMs: 20, dropMs: 600_000, graceMs: 60_000 },
    signal: AbortSignal.timeout(300_000),
    journal: () => undefined,
    onSecond: () => undefined,
    ...changed,
  };
}

function readAll(): Promise<readonly TopicEvent[]> {
  return readTopics(lab.endpoints.addresses("kafka"), broker.topicPartitionCount);
}

describe("load straight into Kafka", () => {
  it("writes every change once and in order while its broker is killed, and ends with the expected state", async () => {
    const facts = {
      ...{ id: "f1", params: {}, instanceIds: ["kafka-0"], driver: lab.driver },
      ...{ endpoints: lab.endpoints, services: broker.services, leaseMs: 60_000 },
      signal: AbortSignal.timeout(200_000),
      useTarget: (id: string, signal: AbortSignal) => lab.probe(id, signal),
      restart: async (id: string, signal: AbortSignal) => {
        await lab.restart(id, signal);
      },
    };
    let broken: Promise<void> = Promise.resolve();
    const outcome = await runKafkaLoad(
      options({
        onMeasure: () => {
          broken = FAULTS["process-kill"]
            .inject(facts)
            .then(() => FAULTS["process-kill"].recover(facts));
        },
      }),
    );
    await broken;
    const retries = outcome.workers.reduce((sum, { retryCount }) => sum + retryCount, 0);
    expect(retries).toBeGreaterThan(0);
    const eventCount = outcome.workers.reduce((sum, { eventCountAll }) => sum + eventCountAll, 0);
    expect(outcome.workers.map(({ unclearEventCountAll }) => unclearEventCountAll)).toEqual([0]);
    expect(outcome.grownBy).toBe(eventCount);

    const events = await readAll();
    expectEveryChangeOnce(events, 8, broker.topicPartitionCount);
    const expected = outcome.workers
      .flatMap(({ digests }) => digests)
      .map(({ lane, digest }) => ({ lane, ...(JSON.parse(digest) as LaneDigest) }));
    expect(digestsOf(events)).toEqual(expected);

    // The time the broker was away is in the latencies: whoever was meant to start then has waited.
    const [latency] = outcome.workers.map(({ latencyUs }) => mergeHistograms([latencyUs]));
    expect(latency?.percentileMs(100)).toBeGreaterThan(1_000);
  });

  it("ends in the same state with more workers", async () => {
    const alone = await runKafkaLoad(options({ workerCount: 1 }));
    const shared = await runKafkaLoad(options({ workerCount: 3 }));
    const digests = (outcome: typeof alone): readonly unknown[] =>
      outcome.workers.flatMap((worker) => worker.digests).sort((a, b) => a.lane - b.lane);
    expect(digests(shared)).toEqual(digests(alone));
    expect(shared.workers).toHaveLength(3);
  });

  it("calls itself INVALID, and lives, at many times the rate of the machine", async () => {
    const rateEventsPerS = 5_000_000;
    const overload = { rateEventsPerS, durationMs: 6000, dropMs: 1000, graceMs: 5000 };
    const outcome = await runKafkaLoad(options(overload));
    const result = kafkaLoadResult(outcome, { ...overload, seed: "17" });
    expect(result).toMatchObject({ verdict: "INVALID", exitCode: 21 });
    expect(result.reasons.join(" ")).toMatch(/were never started/);
    expect(result.latencyMs.p99).toBeNull();
    const { offered, ok, dropped, unfinished, fail, unknown } = result.operations;
    expect(ok + dropped + unfinished + fail + unknown).toBe(offered);
    expect(result.recordsInTopics).toBe(result.acknowledgedRecords);
  });
});

describe("a step of the capacity search", () => {
  const bankOffsets = async (): Promise<unknown> => {
    const topics = BANK_TABLES.map(topicOf);
    const brokers = lab.endpoints.addresses("kafka");
    return [...(await endOffsets(brokers, topics, AbortSignal.timeout(20_000)))].sort();
  };

  it("goes into topics of its own, which are gone after it, and leaves the bank's alone", async () => {
    const { name, topicPartitionCount, services } = broker;
    const before = await bankOffsets();
    const step = {
      ...{ lab, artifacts: {}, stepsDir: logsDir, signal: AbortSignal.timeout(120_000) },
      plan: { ...PLAN, topology: { name, topicPartitionCount, services } },
    };
    const wish = { name: "kafka-01-2000", ratePerS: 2000, settleMs: 2000, windowMs: 6000 };
    const { seen, achievedPerS, cpuMs, result } = await runKafkaStep(step, wish);
    expect(judgeKafka(seen).criteria.map(({ id }) => id)).toContain("kafka.lag");
    expect(seen.blindBecause).toBeUndefined();
    expect(seen.failedCount).toBe(0);
    // Poisson arrivals of 12,000 changes, several to a transaction.
    expect(achievedPerS).toBeGreaterThan(1700);
    expect(achievedPerS).toBeLessThan(2300);
    expect(cpuMs["kafka"]).toBeGreaterThan(0);
    expect(result?.recordsInTopics).toBe(result?.acknowledgedRecords);

    expect(await bankOffsets()).toEqual(before);
    const cluster = await withKafkaAdmin(
      lab.endpoints.addresses("kafka"),
      AbortSignal.timeout(20_000),
      (admin) => admin.cluster(),
    );
    const left = cluster.topics.filter((topic) => topic.name.includes(".load."));
    expect(left).toEqual([]);
  });
});
