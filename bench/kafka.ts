/** Load straight into one Kafka broker: what an event costs, beside Kafka's own producer, and a target that stalls. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { takeDown } from "../cli/heal.ts";
import { newLabState } from "../cli/lab.ts";
import { runKafkaLoad } from "../cli/load/kafka-load.ts";
import { kafkaLoadResult } from "../cli/load/kafka-result.ts";
import type { KafkaLoadResult } from "../cli/load/kafka-result.ts";
import type { Arrivals } from "../core/contracts/plan.ts";
import { defaultCacheDir } from "../infra/artifacts/cache.ts";
import { openStore } from "../infra/artifacts/store.ts";
import type { ArtifactName } from "../infra/artifacts/table.ts";
import { createTopics } from "../infra/clients/kafka.ts";
import { labDir } from "../infra/drivers/lab.ts";
import { artifactsOf } from "../infra/lab-plan.ts";
import { provision } from "../infra/provision.ts";
import type { Lab } from "../infra/provision.ts";
import { broker } from "../infra/topologies/index.ts";
import type { Figure } from "./micro.ts";
import { runPerfTest } from "./perf-test.ts";

const SUBNET = "127.77.10";
const SEED = 20_261_122n;
const RATE_MAX = 100_000;
const LINGER_MS = 20;
const PERF_TOPIC = "lakeproof.perf-test";
/** What our batches are before compression at 100K events/s and 20 ms, in the mean. */
const PERF_BATCH_BYTES = 65_536;
const FREEZE_MS = 2000;
const FREEZE_RATE = 5000;
const FREEZE_RUN_MS = 30_000;

type Artifacts = Readonly<Record<string, string>>;

interface LoadShape {
  readonly rateEventsPerS: number;
  readonly durationMs: number;
  readonly arrivals?: Arrivals;
  readonly onMeasure?: () => void;
}

async function loaded(lab: Lab, shape: LoadShape): Promise<KafkaLoadResult> {
  const { rateEventsPerS, durationMs, onMeasure } = shape;
  const outcome = await runKafkaLoad({
    addresses: lab.endpoints.addresses("kafka"),
    ...{ seed: SEED, rateEventsPerS, durationMs, warmupMs: 10_000 },
    arrivals: shape.arrivals ?? "poisson",
    userCount: 10_000_000,
    ...{ lingerMs: LINGER_MS, dropMs: 10_000, graceMs: 10_000 },
    signal: AbortSignal.timeout(300_000),
    journal: () => undefined,
    onSecond: () => undefined,
    ...(onMeasure === undefined ? {} : { onMeasure }),
  });
  const result = kafkaLoadResult(outcome, { rateEventsPerS, durationMs, seed: String(SEED) });
  process.stderr.write(
    `${String(rateEventsPerS)} events/s: ${result.verdict} ${result.reasons.join(" ")}\n`,
  );
  return result;
}

export async function kafkaFigures(): Promise<readonly Figure[]> {
  const store = openStore({ cacheDir: defaultCacheDir(), log: () => undefined });
  const names = artifactsOf(broker.services) as readonly ArtifactName[];
  const artifacts = await store.ensure(names, AbortSignal.timeout(120_000));
  const state = newLabState({
    ...{ topology: "bench", subnet: SUBNET, isolation: "loopback", held: false },
  });
  const scratchDir = mkdtempSync(join(tmpdir(), "lakeproof-bench-"));
  try {
    const lab = await provision({
      ...{ topology: broker, state, artifacts, onStep: () => undefined },
      signal: AbortSignal.timeout(120_000),
    });
    return [...(await costFigures(lab, artifacts, scratchDir)), ...(await stallFigures(lab))];
  } finally {
    await takeDown(state.id);
    rmSync(labDir(state.id), { recursive: true, force: true });
    rmSync(scratchDir, { recursive: true, force: true });
  }
}

async function costFigures(
  lab: Lab,
  artifacts: Artifacts,
  scratchDir: string,
): Promise<readonly Figure[]> {
  const [address = ""] = lab.endpoints.addresses("kafka");
  await createTopics(
    [address],
    [
      {
        name: PERF_TOPIC,
        partitionCount: 20,
        replicationFactor: 1,
        config: { "compression.type": "lz4" },
      },
    ],
    AbortSignal.timeout(20_000),
  );
  const top = await loaded(lab, { rateEventsPerS: RATE_MAX, durationMs: 30_000 });
  const reference = await runPerfTest({
    java: join(artifacts["java17"] ?? "", "bin", "java"),
    classPath: join(artifacts["kafka"] ?? "", "*"),
    ...{ address, topic: PERF_TOPIC, rateEventsPerS: RATE_MAX, durationS: 40 },
    ...{ lingerMs: LINGER_MS, batchBytes: PERF_BATCH_BYTES, scratchDir },
  });
  const middle = await loaded(lab, { rateEventsPerS: 10_000, durationMs: 30_000 });
  const low = await loaded(lab, { rateEventsPerS: 1000, durationMs: 30_000 });
  const flat = (name: string, result: KafkaLoadResult): Figure => ({
    name: `CPU per event at ${name} events/s`,
    value: `${result.cpuUsPerEvent.toFixed(2)} µs`,
    reference: `${top.cpuUsPerEvent.toFixed(2)} µs at 100K`,
    ratio: (result.cpuUsPerEvent / top.cpuUsPerEvent).toFixed(2),
    aim: "≤ 1.1",
  });
  return [
    {
      name: `into Kafka at ${String(RATE_MAX)} events/s`,
      value: `${top.achievedEventsPerS.toFixed(0)} events/s, ${top.verdict}`,
      reference: `${String(RATE_MAX)} offered, ${String(top.operations.dropped + top.operations.unfinished)} never done`,
      ratio: (top.achievedEventsPerS / RATE_MAX).toFixed(3),
      aim: "≥ 0.99",
    },
    {
      name: "generator lag p99",
      value: `${top.lagMs.p99?.toFixed(1) ?? "never"} ms`,
      reference: "100 ms",
      ratio: top.lagMs.p99 === null ? "–" : (top.lagMs.p99 / 100).toFixed(2),
      aim: "< 1",
    },
    {
      name: "CPU per event, made and sent",
      value: `${top.cpuUsPerEvent.toFixed(2)} µs`,
      reference: `${reference.cpuUsPerEvent.toFixed(2)} µs (kafka-producer-perf-test at ${reference.achievedEventsPerS.toFixed(0)}/s, payloads read from a file)`,
      ratio: (top.cpuUsPerEvent / reference.cpuUsPerEvent).toFixed(2),
      aim: "≤ 1",
    },
    flat("10K", middle),
    flat("1K", low),
  ];
}

/**
 * Even arrivals, and a broker that is frozen for a while within the measured time: an operation meant for t ms
 * after the freeze began waits what is left of it. So of all operations, the slowest share q waited longer than
 * freeze - q × duration, beside what an operation takes anyhow.
 */
async function stallFigures(lab: Lab): Promise<readonly Figure[]> {
  const shape = {
    rateEventsPerS: FREEZE_RATE,
    durationMs: FREEZE_RUN_MS,
    arrivals: "uniform",
  } as const;
  const pid = lab.driver.instance("kafka-0")?.pid ?? 0;
  const result = await loaded(lab, {
    ...shape,
    onMeasure: () => {
      setTimeout(() => {
        process.kill(pid, "SIGSTOP");
        setTimeout(() => process.kill(pid, "SIGCONT"), FREEZE_MS);
      }, FREEZE_RUN_MS / 3);
    },
  });
  const usualMs = result.latencyMs.p50 ?? Number.NaN;
  const figure = (name: string, seenMs: number | null, share: number): Figure => {
    const expectedMs = FREEZE_MS - share * FREEZE_RUN_MS + usualMs;
    return {
      name: `${name} with the broker frozen for ${String(FREEZE_MS)} ms`,
      value: `${seenMs?.toFixed(0) ?? "never"} ms`,
      reference: `${expectedMs.toFixed(0)} ms by the schedule`,
      ratio: seenMs === null ? "–" : (seenMs / expectedMs).toFixed(3),
      aim: "1",
    };
  };
  return [figure("p99", result.latencyMs.p99, 0.01), figure("p99.9", result.latencyMs.p999, 0.001)];
}
