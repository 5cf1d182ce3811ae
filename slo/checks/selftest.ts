/**
 * The certifier is certified first: known defects are planted into a healthy synthetic journal, and each must
 * flip the verdict it is meant for. Pure; takes well under a second.
 */
import { USERS_PROBE } from "../../core/bi-load.ts";
import type { EventOf, JournalEvent, JournalKind } from "../../core/contracts/journal.ts";
import type { VerdictStatus } from "../../core/contracts/slo.ts";
import { judge } from "../../core/judge.ts";
import { CHECKS, type CheckName } from "./index.ts";
import { DELAY_PROBE, K6_CPU_PROBE } from "./generator-headroom.ts";
import { READER_PROBE, READER_SIGHT } from "./telemetry.ts";
import { FAULT_FROM_MS, healthyEvents, histogramOf, journalOf } from "./synthetic.ts";

export interface SelftestResult {
  /** Name of the planted defect; "none" for the healthy journal, which must stay PROVEN. */
  readonly defect: string;
  /** Id of the verdict that must change; "all" for the healthy journal. */
  readonly check: string;
  readonly caught: boolean;
  /** What the verdict then said. */
  readonly because: string;
}

export interface Defect {
  readonly name: string;
  /** Key of the CHECKS table, and the id of its verdict that must change. */
  readonly by: CheckName;
  readonly check: string;
  /** What the verdict must become. */
  readonly status: Exclude<VerdictStatus, "PROVEN">;
  readonly plant: (events: readonly JournalEvent[]) => readonly JournalEvent[];
}

export function runSelftest(): readonly SelftestResult[] {
  const healthy = healthyEvents();
  const { status, verdicts, because } = judge(journalOf(healthy), Object.values(CHECKS));
  const before = new Map(verdicts.map((verdict) => [verdict.id, verdict.status]));
  return [
    { defect: "none", check: "all", caught: status === "PROVEN", because },
    ...DEFECTS.map((defect) => {
      // Only the check it is meant for: the others have their own defects.
      const after = judge(journalOf(defect.plant(healthy)), [CHECKS[defect.by]]);
      const found = after.verdicts.find((verdict) => verdict.id === defect.check);
      const caught = before.get(defect.check) === "PROVEN" && found?.status === defect.status;
      const { name, check } = defect;
      return { defect: name, check, caught, because: found?.because ?? "no such verdict" };
    }),
  ];
}

/** Edits every event of one kind that fits. */
function edit<K extends JournalKind>(
  kind: K,
  fits: (event: EventOf<K>) => boolean,
  change: Partial<EventOf<K>>,
): Defect["plant"] {
  const isOfKind = (event: JournalEvent): event is EventOf<K> => event.kind === kind;
  return (events) =>
    events.map((event) => (isOfKind(event) && fits(event) ? { ...event, ...change } : event));
}

function add(...added: readonly JournalEvent[]): Defect["plant"] {
  return (events) => [...events.slice(0, -1), ...added, ...events.slice(-1)];
}

/** Every request answered, every change in sight in time. */
const silenced: Defect["plant"] = (events) =>
  events.map((event) => {
    if (event.kind === "load.window") return { ...event, ok: event.offered, failed: 0, unknown: 0 };
    if (event.kind !== "canary.seen") return event;
    return { ...event, visibleMs: Math.min(event.visibleMs, event.intendedMs + 10_000) };
  });

const isLook = (event: JournalEvent): boolean =>
  event.kind === "load.window" || (event.kind === "sample.taken" && event.probe === READER_SIGHT);

const VERIFY_MS = 166_900;

/** One row of the final differential: bucket 2, lane 1, at the named hops. */
function finalRow(...hops: readonly string[]): (row: EventOf<"ledger.changes">) => boolean {
  return (row) =>
    row.when === "final" && hops.includes(row.hop) && row.bucket === 2 && row.lane === 1;
}

const ONE_LESS = { eventCount: 14_999, distinctCount: 14_999, fingerprintSum: "1" } as const;

function anomaly(
  kind: EventOf<"ledger.anomaly">["anomaly"],
  hop: EventOf<"ledger.anomaly">["hop"],
  detail: string,
): Defect["plant"] {
  const place = { lane: 1, seq: 4_711, bucket: 2 };
  return add({ atMs: VERIFY_MS, kind: "ledger.anomaly", hop, anomaly: kind, ...place, detail });
}

const TRUTH_DEFECTS: readonly Defect[] = [
  {
    name: "one change lost between Kafka and Iceberg",
    by: "no-lost-change",
    check: "integrity.no-lost-change",
    status: "VIOLATED",
    plant: edit("ledger.changes", finalRow("iceberg", "reader"), ONE_LESS),
  },
  {
    name: "one change twice in Kafka",
    by: "no-duplicate",
    check: "integrity.no-duplicate",
    status: "VIOLATED",
    plant: edit("ledger.changes", finalRow("kafka"), { eventCount: 15_001 }),
  },
  {
    name: "one copy added behind Kafka",
    by: "no-duplicate",
    check: "integrity.no-duplicate",
    status: "VIOLATED",
    plant: edit("ledger.changes", finalRow("iceberg", "reader"), { eventCount: 15_001 }),
  },
  {
    name: "a reader that leaves out a row that is there",
    by: "readers-agree",
    check: "integrity.readers-agree",
    status: "VIOLATED",
    plant: edit("ledger.changes", finalRow("reader"), {
      eventCount: 14_999,
      distinctCount: 14_999,
    }),
  },
  {
    name: "a file of the lake that is cut off",
    by: "readers-agree",
    check: "integrity.readers-agree",
    status: "VIOLATED",
    plant: add({
      atMs: VERIFY_MS,
      kind: "lake.damaged",
      reason: "s3a://lake/7.parquet has 4 bytes instead of 9",
    }),
  },
  {
    name: "a deleted row that the lake still shows",
    by: "lake-state",
    check: "integrity.lake-state",
    status: "VIOLATED",
    plant: edit("ledger.state", (row) => row.hop === "reader" && row.bucket === 4, {
      rowCount: 305,
    }),
  },
  {
    name: "two changes of one key reordered",
    by: "no-reorder",
    check: "integrity.no-reorder",
    status: "VIOLATED",
    plant: anomaly("reordered", "kafka", "version 8 came after version 9"),
  },
  {
    name: "one column corrupted",
    by: "no-corruption",
    check: "integrity.no-corruption",
    status: "VIOLATED",
    plant: edit("ledger.changes", finalRow("iceberg", "reader"), { fingerprintSum: "42" }),
  },
  {
    name: "one deleted row resurrected",
    by: "no-corruption",
    check: "integrity.no-corruption",
    status: "VIOLATED",
    plant: anomaly("resurrected", "reader", "the row of a closed account is back"),
  },
  {
    name: "one cent too many",
    by: "balance-constant",
    check: "integrity.balance-constant",
    status: "VIOLATED",
    plant: edit("ledger.state", (row) => row.hop === "reader" && row.bucket === 3, {
      balanceSum: "10000002",
    }),
  },
  {
    name: "one row missing in PostgreSQL",
    by: "postgres-state",
    check: "integrity.postgres-state",
    status: "VIOLATED",
    plant: edit("ledger.state", (row) => row.hop === "postgres" && row.bucket === 4, {
      rowCount: 303,
    }),
  },
  {
    name: "a foreign snapshot",
    by: "iceberg-metadata",
    check: "integrity.iceberg-metadata",
    status: "VIOLATED",
    plant: edit("ledger.metadata", (table) => table.table.endsWith("users"), {
      foreignSnapshots: ["8123 delete 1"],
    }),
  },
  {
    name: "a fast wrong answer",
    by: "query-digests",
    check: "integrity.query-digests",
    status: "VIOLATED",
    plant: edit("query.digest", (answer) => answer.class === "simple", {
      observed: "0/0=15000:1000000007 1/0=14999:2000000013",
    }),
  },
  {
    name: "a compaction that loses one row",
    by: "iceberg-metadata",
    check: "integrity.iceberg-metadata",
    status: "VIOLATED",
    plant: edit("ledger.metadata", (table) => table.table.endsWith("users"), {
      unequalCompactions: ["8124 replace +999 -1000"],
    }),
  },
];

const SERVICE_DEFECTS: readonly Defect[] = [
  {
    name: "a slow query class",
    by: "objectives",
    check: "objective.latency.simple",
    status: "VIOLATED",
    plant: edit(
      "latency.window",
      (window) => window.class === "simple" && window.fromMs >= 100_000,
      {
        overTarget: 25,
        histogramUs: histogramOf(3_000),
      },
    ),
  },
  {
    name: "a threshold of the user's own script crossed",
    by: "own-script",
    check: "objective.own-script",
    status: "VIOLATED",
    plant: edit("script.ended", () => true, {
      exitCode: 99,
      thresholds: [{ metric: "http_req_failed", expression: "rate<0.01", ok: false }],
    }),
  },
  {
    name: "stale canaries",
    by: "objectives",
    check: "objective.freshness",
    status: "VIOLATED",
    plant: (events) =>
      events.map((event) =>
        event.kind === "canary.seen" && event.intendedMs > 100_000 && event.intendedMs < 140_000
          ? { ...event, visibleMs: event.intendedMs + 45_000 }
          : event,
      ),
  },
  {
    name: "a fault without evidence",
    by: "recovery",
    check: "recovery.f1",
    status: "INVALID",
    plant: edit("fault.changed", (change) => change.evidence !== undefined, { evidence: [] }),
  },
  {
    name: "a slow recovery",
    by: "recovery",
    check: "recovery.f1",
    status: "VIOLATED",
    plant: edit("fault.changed", (change) => change.state === "recovered", {
      recoveryMs: 41_000,
    }),
  },
  {
    name: "a fault beyond the design that loses a change and that nobody notices",
    by: "loud",
    check: "loud.f1",
    status: "VIOLATED",
    plant: (events) =>
      edit("ledger.changes", finalRow("iceberg", "reader"), ONE_LESS)(silenced(events)),
  },
  {
    name: "a fault beyond the design that nobody could notice",
    by: "loud",
    check: "loud.f1",
    status: "INVALID",
    plant: (events) =>
      silenced(events).filter((event) => event.atMs < FAULT_FROM_MS || !isLook(event)),
  },
  {
    name: "residue left behind",
    by: "residue",
    check: "hygiene.residue",
    status: "VIOLATED",
    plant: edit("residue.checked", () => true, { residue: ["process 4711 of trino-0"] }),
  },
];

const MEASUREMENT_DEFECTS: readonly Defect[] = [
  {
    name: "a generator that fell behind",
    by: "offered-load",
    check: "validity.offered-load.bank",
    status: "INVALID",
    plant: edit("load.window", (window) => window.workload === "bank" && window.fromMs > 100_000, {
      ok: 1_500,
      dropped: 250,
      events: 4_286,
    }),
  },
  {
    name: "dashboards that nobody started",
    by: "offered-load",
    check: "validity.offered-load.dashboards",
    status: "INVALID",
    plant: edit(
      "load.window",
      (window) => window.workload === "dashboards" && window.fromMs > 100_000,
      { ok: 0, dropped: 20 },
    ),
  },
  {
    name: "users who stayed away",
    by: "offered-load",
    check: "validity.offered-load.users",
    status: "INVALID",
    plant: edit("sample.taken", (sample) => sample.probe === USERS_PROBE, {
      observed: { value: 700, unit: "count" },
    }),
  },
  {
    name: "a generator without headroom",
    by: "generator-headroom",
    check: "validity.generator-headroom",
    status: "INVALID",
    plant: edit("sample.taken", (sample) => sample.probe === DELAY_PROBE, {
      observed: { value: 400, unit: "ms" },
    }),
  },
  {
    name: "a k6 that takes every core",
    by: "generator-headroom",
    check: "validity.generator-headroom",
    status: "INVALID",
    plant: edit("sample.taken", (sample) => sample.probe === K6_CPU_PROBE, {
      observed: { value: 1.95, unit: "ratio" },
    }),
  },
  {
    name: "a blind canary reader",
    by: "telemetry",
    check: "validity.telemetry",
    status: "INVALID",
    plant: add(
      ...Array.from({ length: 20 }, (_, index): JournalEvent => ({
        atMs: FAULT_FROM_MS - 25_000 + index * 1_000,
        kind: "probe.blind",
        probe: READER_PROBE,
        reason: "planted",
      })),
    ),
  },
];

export const DEFECTS: readonly Defect[] = [
  ...TRUTH_DEFECTS,
  ...SERVICE_DEFECTS,
  ...MEASUREMENT_DEFECTS,
];
