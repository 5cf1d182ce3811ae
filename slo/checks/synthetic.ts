/**
 * A small healthy run, made up: two minutes of load, one fault beyond the design that is survived, every
 * change where it belongs. The self-test and the tests plant their defects into it.
 */
import { BI_WORKLOADS, USERS_PROBE } from "../../core/bi-load.ts";
import { JOURNAL_SCHEMA } from "../../core/contracts/journal.ts";
import type {
  Hop,
  JournalBody,
  JournalEvent,
  JournalReader,
} from "../../core/contracts/journal.ts";
import type { FaultEntry } from "../../core/contracts/fault.ts";
import type { Phase, Plan, QueryClassName } from "../../core/contracts/plan.ts";
import { encodeHistogram, newHistogram, recordMs } from "../../core/histogram.ts";
import { parseJournal } from "../../core/journal.ts";
import { OBJECTIVES } from "../objectives/index.ts";
import { READER_SIGHT } from "./telemetry.ts";
import { CPU_PROBE, DELAY_PROBE, K6_CPU_PROBE } from "./generator-headroom.ts";

const CONTROL_FROM_MS = 10_000;
const MEASURE_FROM_MS = 40_000;
export const FAULT_FROM_MS = 70_000;
const FAULT_TO_MS = 95_000;
const LOAD_TO_MS = 160_000;

const WINDOW_MS = 5_000;
const LANE_COUNT = 2;
const BUCKET_COUNT = 5;
const BANK_PER_WINDOW = 1_750;
const EVENTS_PER_WINDOW = 5_000;
const QUERIES_PER_WINDOW = 50;
const BI_PER_WINDOW = 50;
const WINDOWS_PER_MIN = 60_000 / WINDOW_MS;
const FRESHNESS_MS = 8_000;

/** Query classes with the seed's target and the latency they have while nothing is broken. */
const QUERIES = [
  { name: "simple", targetMs: 100, usualMs: 40 },
  { name: "medium", targetMs: 1_000, usualMs: 400 },
  { name: "complex", targetMs: 5_000, usualMs: 900 },
  { name: "large", targetMs: 30_000, usualMs: 1_500 },
] as const satisfies readonly { name: QueryClassName; targetMs: number; usualMs: number }[];

const FAULT: FaultEntry = {
  id: "f1",
  fault: "process-kill",
  service: "trino",
  instanceId: "trino-0",
  count: 1,
  takesOver: false,
  params: {},
  holdMs: 5_000,
  faultClass: "X",
  recoveryBudgetMs: 40_000,
  recoveryBudgetFormula: "start 30 s + commit interval 10 s",
};

const CLAIMS = [
  "freshness",
  "errors.writes",
  "errors.queries",
  "latency.queries",
  "latency.simple",
  "latency.medium",
  "latency.complex",
  "latency.large",
  "rate.dev",
] as const satisfies readonly (keyof typeof OBJECTIVES)[];

const PLAN: Plan = {
  schema: "lakeproof.plan/1",
  scenario: "synthetic",
  purpose: "A healthy run that never took place.",
  seed: "1",
  driver: "none",
  isolation: "none",
  topology: { name: "dev", topicPartitionCount: 1, services: {} },
  bank: {
    laneCount: LANE_COUNT,
    userCountPerLane: 100,
    rateEventsPerS: (EVENTS_PER_WINDOW * 1000) / WINDOW_MS,
    arrivals: "uniform",
    bucketMs: 30_000,
  },
  queries: QUERIES.map(({ name, targetMs }) => ({
    name,
    targetMs,
    ratePerS: (QUERIES_PER_WINDOW * 1000) / WINDOW_MS,
    digestEvery: 4,
  })),
  dashboards: { ratePerMin: BI_PER_WINDOW * WINDOWS_PER_MIN, targetMs: 2_000 },
  apiCalls: { ratePerMin: BI_PER_WINDOW * WINDOWS_PER_MIN, targetMs: 2_000 },
  users: { count: 1_000, thinkMsMean: 30_000, targetMs: 2_000 },
  script: { path: "/own.ts" },
  canary: { ratePerS: 1, freshnessTargetMs: 30_000 },
  faults: [FAULT],
  durations: { warmupMs: 9_000, controlMs: 30_000, quietMs: 30_000, drainMsMax: 60_000 },
  objectives: Object.values(OBJECTIVES),
  claims: CLAIMS,
  provable: [],
};

/** A fresh copy of the healthy run's events, in the order of the journal. */
export function healthyEvents(): readonly JournalEvent[] {
  return [
    ...opening(),
    ...phases(),
    ...load(),
    ...canaries(),
    ...faultEvents(),
    ...samples(),
    ...changes(),
    ...states(),
    ...metadata(),
    ...digests(),
    ...biLoads(),
    at(169_000, { kind: "residue.checked", residue: [] }),
    at(171_000, { kind: "run.ended", reason: "completed" }),
  ].sort((a, b) => a.atMs - b.atMs);
}

/** Through the same text and the same parser as any real journal. */
export function journalOf(events: readonly JournalEvent[]): JournalReader {
  return parseJournal(events.map((event) => `${JSON.stringify(event)}\n`).join(""));
}

function at(atMs: number, body: JournalBody): JournalEvent {
  return { atMs, ...body };
}

function opening(): readonly JournalEvent[] {
  return [
    at(0, {
      kind: "run.started",
      schema: JOURNAL_SCHEMA,
      runId: "synthetic",
      startedAtEpochMs: 0,
      plan: PLAN,
      environment: {
        cpuModel: "synthetic",
        cpuCount: 2,
        memoryBytes: 2 ** 34,
        diskFreeBytes: 2 ** 36,
        kernel: "none",
        osName: "none",
        nodeVersion: "none",
        lakeproofVersion: "none",
        versions: {},
        configDigests: {},
      },
      rerun: "lakeproof run synthetic",
    }),
    at(600, { kind: "selftest.defect", defect: "none", check: "all", caught: true }),
  ];
}

function phases(): readonly JournalEvent[] {
  const entered: readonly (readonly [number, Phase])[] = [
    [1, "provision"],
    [500, "selftest"],
    [1_000, "warmup"],
    [CONTROL_FROM_MS, "control"],
    [MEASURE_FROM_MS, "measure"],
    [LOAD_TO_MS, "heal"],
    [161_000, "drain"],
    [165_000, "verify"],
    [168_000, "teardown"],
  ];
  return entered.map(([atMs, phase]) => at(atMs, { kind: "phase.entered", phase }));
}

function load(): readonly JournalEvent[] {
  const histograms = new Map(QUERIES.map(({ name, usualMs }) => [name, histogramOf(usualMs)]));
  const events: JournalEvent[] = [];
  for (let fromMs = CONTROL_FROM_MS; fromMs < LOAD_TO_MS; fromMs += WINDOW_MS) {
    const toMs = fromMs + WINDOW_MS;
    const window = { fromMs, windowMs: WINDOW_MS, unknown: 0, dropped: 0 };
    const bank = { offered: BANK_PER_WINDOW, ok: BANK_PER_WINDOW, failed: 0 };
    const bankEvents = { events: EVENTS_PER_WINDOW };
    events.push(
      at(toMs, { kind: "load.window", workload: "bank", ...window, ...bank, ...bankEvents }),
    );
    const down = fromMs >= FAULT_FROM_MS && fromMs < FAULT_TO_MS - 5_000;
    for (const { name } of QUERIES) {
      const counts = {
        offered: QUERIES_PER_WINDOW,
        ok: down ? 0 : QUERIES_PER_WINDOW,
        failed: down ? QUERIES_PER_WINDOW : 0,
        events: 0,
      };
      const common = { workload: "queries", class: name };
      events.push(at(toMs, { kind: "load.window", ...common, ...window, ...counts }));
      if (down) continue;
      events.push(
        at(toMs, {
          kind: "latency.window",
          ...common,
          fromMs,
          windowMs: WINDOW_MS,
          count: QUERIES_PER_WINDOW,
          histogramUs: histograms.get(name) ?? "",
          overTarget: 0,
        }),
      );
    }
  }
  return events;
}

/** A window of queries that all take `latencyMs`. */
export function histogramOf(latencyMs: number, queryCount = QUERIES_PER_WINDOW): string {
  const histogram = newHistogram();
  for (let count = 0; count < queryCount; count += 1) recordMs(histogram, latencyMs);
  return encodeHistogram(histogram);
}

function canaries(): readonly JournalEvent[] {
  const events: JournalEvent[] = [];
  for (let intendedMs = 1_250; intendedMs < LOAD_TO_MS; intendedMs += 1_000) {
    const usualMs = intendedMs + FRESHNESS_MS;
    const delayed = usualMs > FAULT_FROM_MS && intendedMs < FAULT_TO_MS;
    const visibleMs = delayed ? Math.max(usualMs, FAULT_TO_MS) : usualMs;
    events.push(
      at(visibleMs, {
        kind: "canary.seen",
        canary: events.length,
        table: "users",
        partition: 0,
        intendedMs,
        ackMs: intendedMs + 3,
        lastMissMs: visibleMs - 500,
        visibleMs,
      }),
    );
  }
  return events;
}

function faultEvents(): readonly JournalEvent[] {
  const { id, fault, instanceId, faultClass } = FAULT;
  const change = { kind: "fault.changed", id, fault, instanceId, faultClass } as const;
  const undo = { kind: "start-instances", instanceIds: [instanceId] } as const;
  const recovered = { recoveryMs: 19_000, recoveryBudgetMs: FAULT.recoveryBudgetMs };
  return [
    at(FAULT_FROM_MS - 10, { ...change, state: "undo-written", undo }),
    at(FAULT_FROM_MS, { ...change, state: "injecting" }),
    at(FAULT_FROM_MS + 100, { ...change, state: "active", evidence: ["process 4711 is gone"] }),
    at(FAULT_FROM_MS + 5_100, { ...change, state: "healing" }),
    at(FAULT_TO_MS - 19_000, { ...change, state: "healed" }),
    at(FAULT_TO_MS, { ...change, state: "recovered", ...recovered }),
  ];
}

function samples(): readonly JournalEvent[] {
  const events: JournalEvent[] = [];
  for (let atMs = CONTROL_FROM_MS; atMs < LOAD_TO_MS; atMs += 5_000) {
    const kind = "sample.taken" as const;
    events.push(
      at(atMs, { kind, probe: DELAY_PROBE, observed: { value: 12, unit: "ms" } }),
      at(atMs, { kind, probe: CPU_PROBE, observed: { value: 0.05, unit: "ratio" } }),
      at(atMs, { kind, probe: K6_CPU_PROBE, observed: { value: 0.1, unit: "ratio" } }),
      at(atMs, { kind, probe: READER_SIGHT, observed: { value: 8_000, unit: "events" } }),
    );
  }
  return events;
}

function changes(): readonly JournalEvent[] {
  const hops: readonly Hop[] = ["acknowledged", "postgres", "kafka", "iceberg", "reader"];
  const row = (bucket: number, lane: number, hop: Hop, when: "during" | "final"): JournalBody => ({
    kind: "ledger.changes",
    hop,
    bucket,
    lane,
    eventCount: 15_000,
    distinctCount: 15_000,
    fingerprintSum: String(1_000_000_007 * (bucket * LANE_COUNT + lane + 1)),
    when,
  });
  return bucketsAndLanes().flatMap(([bucket, lane]) => [
    at(45_000 + bucket * 30_000, row(bucket, lane, "reader", "during")),
    ...hops.map((hop) => at(166_000, row(bucket, lane, hop, "final"))),
  ]);
}

function states(): readonly JournalEvent[] {
  const hops: readonly Hop[] = ["acknowledged", "postgres", "reader"];
  return bucketsAndLanes().flatMap(([bucket, lane]) =>
    hops.map((hop) =>
      at(166_500, {
        kind: "ledger.state",
        hop,
        bucket,
        lane,
        rowCount: 300 + bucket,
        fingerprintSum: String(998_244_353 * (bucket + lane + 1)),
        balanceSum: String(10_000_000 + lane),
        when: "final",
      }),
    ),
  );
}

function metadata(): readonly JournalEvent[] {
  return ["users", "accounts"].map((table) =>
    at(167_000, {
      kind: "ledger.metadata",
      table: `iceberg.raw_data.${table}`,
      snapshotCount: 15,
      addedRecords: 75_000,
      kafkaRecords: 75_000,
      foreignSnapshots: [],
      repeatedCommits: [],
      compactionCount: 2,
      unequalCompactions: [],
      expiredRecordCount: 0,
    }),
  );
}

/** One right answer of each class over the first bucket. */
function digests(): readonly JournalEvent[] {
  return QUERIES.map(({ name }, index) =>
    at(110_000 + index * 1_000, {
      kind: "query.digest",
      class: name,
      bucketMin: 0,
      bucketMax: 0,
      intendedMs: 109_000 + index * 1_000,
      expected: "0/0=15000:1000000007 1/0=15000:2000000014",
      observed: "0/0=15000:1000000007 1/0=15000:2000000014",
    }),
  );
}

/** Dashboards, API calls, users and a script of the user's own, all as planned. */
function biLoads(): readonly JournalEvent[] {
  const events: JournalEvent[] = [];
  const histogramUs = histogramOf(150, BI_PER_WINDOW);
  for (let fromMs = CONTROL_FROM_MS; fromMs < LOAD_TO_MS; fromMs += WINDOW_MS) {
    const toMs = fromMs + WINDOW_MS;
    const observed = { value: 1_000, unit: "count" } as const;
    events.push(at(toMs - 1, { kind: "sample.taken", probe: USERS_PROBE, observed }));
    for (const workload of BI_WORKLOADS) {
      const where = { workload, fromMs, windowMs: WINDOW_MS };
      const counts = { offered: BI_PER_WINDOW, ok: BI_PER_WINDOW, failed: 0, unknown: 0 };
      const latency = { count: BI_PER_WINDOW, histogramUs, overTarget: 0 };
      events.push(
        at(toMs, { kind: "load.window", ...where, ...counts, dropped: 0, events: 0 }),
        at(toMs, { kind: "latency.window", ...where, ...latency }),
      );
    }
  }
  const ended = {
    path: "/own.ts",
    exitCode: 105,
    iterations: 500,
    dropped: 0,
    checks: [{ name: "is 200", scenario: "default", passed: 500, failed: 0 }],
    thresholds: [{ metric: "http_req_failed", expression: "rate<0.01", ok: true }],
    trends: [],
  };
  return [...events, at(162_000, { kind: "script.ended", ...ended })];
}

function bucketsAndLanes(): readonly (readonly [number, number])[] {
  return Array.from({ length: BUCKET_COUNT * LANE_COUNT }, (_, index) => [
    Math.floor(index / LANE_COUNT),
    index % LANE_COUNT,
  ]);
}
