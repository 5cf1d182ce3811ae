/**
 * The differential between the hops: what was acknowledged against what every later hop holds, bucket by
 * bucket and lane by lane. A difference is charged to the first hop that shows it.
 */
import {
  HOPS,
  type Anomaly,
  type EventOf,
  type Hop,
  type JournalReader,
} from "../../../core/contracts/journal.ts";
import { faultWindows } from "../../../core/timeline.ts";
import { figure } from "./text.ts";

type Changes = EventOf<"ledger.changes">;
type When = Changes["when"];

export interface Finding {
  readonly anomaly: Anomaly;
  readonly hop: Hop;
  /** How many changes it is about, where that can be told. */
  readonly count: number;
  /** True for one change with its sequence number, false for a difference of sums. */
  readonly located: boolean;
  readonly text: string;
}

export interface Differential {
  readonly findings: readonly Finding[];
  /** Hops whose final ledger is there, acknowledged included. */
  readonly hops: readonly Hop[];
  /** Why the differential is not complete; empty when it is. */
  readonly gaps: readonly string[];
  /** Raw repeats in Kafka, legal under at-least-once delivery up to the budget of the faults injected. */
  readonly repeats: { readonly count: number; readonly budget: number };
  /** Acknowledged changes compared. */
  readonly changeCount: number;
  readonly fences: { readonly exact: number; readonly total: number };
  /** Fences at which the hops differed under load. */
  readonly fenceDetails: readonly string[];
}

/** Without these the journey of a change is not known. */
const REQUIRED_HOPS: readonly Hop[] = ["acknowledged", "kafka", "reader"];

const HOP_NAMES: Readonly<Record<Hop, string>> = {
  acknowledged: "the acknowledgement",
  postgres: "PostgreSQL",
  kafka: "Kafka",
  iceberg: "Iceberg",
  reader: "the reader",
};

/** Who carries a change to each hop. */
const CARRIERS: Readonly<Record<Hop, string>> = {
  acknowledged: "the generator",
  postgres: "the commit",
  kafka: "Debezium",
  iceberg: "Flink",
  reader: "Trino",
};

/** "between Kafka and the reader (Flink, Trino)": every carrier between two measured neighbours. */
function between(from: Hop, to: Hop): string {
  const carriers = HOPS.slice(HOPS.indexOf(from) + 1, HOPS.indexOf(to) + 1);
  const names = carriers.map((hop) => CARRIERS[hop]).join(", ");
  return `between ${HOP_NAMES[from]} and ${HOP_NAMES[to]} (${names})`;
}

export function differential(journal: JournalReader): Differential {
  const final = ledgerAt(journal, "final");
  const hops = HOPS.filter((hop) => final.has(hop));
  const keys = new Set([...final.values()].flatMap((rows) => [...rows.keys()]));
  const findings = [...keys].sort(byBucketAndLane).flatMap((key) => compare(key, hops, final));
  const fences = fencesUnderLoad(journal, final);
  const acknowledged = [...(final.get("acknowledged")?.values() ?? [])];
  const repeats = rawRepeats(journal, final);
  return {
    // Located ones first: a row with its lane and sequence says more than a difference of sums.
    findings: [...anomalies(journal), ...findings, ...repeats.findings],
    repeats: { count: repeats.count, budget: repeats.budget },
    hops,
    gaps: gapsOf(journal, hops, acknowledged),
    changeCount: acknowledged.reduce((sum, row) => sum + row.distinctCount, 0),
    fences: { exact: fences.exact, total: fences.total },
    fenceDetails: fences.details,
  };
}

type Ledger = ReadonlyMap<Hop, ReadonlyMap<string, Changes>>;

function ledgerAt(journal: JournalReader, when: When): Ledger {
  const ledger = new Map<Hop, Map<string, Changes>>();
  for (const row of journal.of("ledger.changes")) {
    if (row.when !== when) continue;
    const rows = ledger.get(row.hop) ?? new Map<string, Changes>();
    rows.set(keyOf(row), row);
    ledger.set(row.hop, rows);
  }
  return ledger;
}

function keyOf(row: { readonly bucket: number; readonly lane: number }): string {
  return `${String(row.bucket)}/${String(row.lane)}`;
}

function bucketAndLane(key: string): readonly [number, number] {
  const [bucket = 0, lane = 0] = key.split("/").map(Number);
  return [bucket, lane];
}

function byBucketAndLane(a: string, b: string): number {
  const [bucketA, laneA] = bucketAndLane(a);
  const [bucketB, laneB] = bucketAndLane(b);
  return bucketA - bucketB || laneA - laneB;
}

interface Sums {
  readonly eventCount: number;
  readonly distinctCount: number;
  readonly fingerprintSum: string;
}
const NOTHING: Sums = { eventCount: 0, distinctCount: 0, fingerprintSum: "0" };

/** Findings of one bucket and lane; each kind of anomaly is named once, at the first hop that shows it. */
function compare(key: string, hops: readonly Hop[], ledger: Ledger): readonly Finding[] {
  const expected = ledger.get("acknowledged")?.get(key) ?? NOTHING;
  if (!hops.includes("acknowledged")) return [];
  const [bucket, lane] = bucketAndLane(key);
  const found = new Map<Anomaly, Finding>();
  for (const [index, hop] of hops.entries()) {
    const before = hops[index - 1];
    if (before === undefined) continue;
    const row = ledger.get(hop)?.get(key) ?? NOTHING;
    const copied = ledger.get(before)?.get(key) ?? NOTHING;
    for (const [anomaly, count] of [
      ...differences(expected, row),
      // What Kafka holds twice is weighed against its budget; no hop behind it may add a copy.
      ...(hop === "kafka" ? [] : addedCopies(copied, row)),
    ]) {
      if (found.has(anomaly)) continue;
      const text =
        `${figure(count)} ${anomaly} ${between(before, hop)}: bucket ${String(bucket)}, lane ${String(lane)}, ` +
        `${figure(expected.distinctCount)} acknowledged, ${figure(row.distinctCount)} distinct of ` +
        `${figure(row.eventCount)} at ${HOP_NAMES[hop]}, fingerprints ${expected.fingerprintSum} against ${row.fingerprintSum}`;
      found.set(anomaly, { anomaly, hop, count, located: false, text });
    }
  }
  return [...found.values()];
}

function differences(expected: Sums, row: Sums): readonly (readonly [Anomaly, number])[] {
  const result: (readonly [Anomaly, number])[] = [];
  const surplus = row.distinctCount - expected.distinctCount;
  if (surplus < 0) result.push(["lost", -surplus]);
  if (surplus > 0) result.push(["phantom", surplus]);
  // Equal in number and different in sum: at least one change is not what was acknowledged.
  if (surplus === 0 && row.fingerprintSum !== expected.fingerprintSum)
    result.push(["corrupted", 1]);
  return result;
}

function addedCopies(before: Sums, row: Sums): readonly (readonly [Anomaly, number])[] {
  const added = row.eventCount - row.distinctCount - (before.eventCount - before.distinctCount);
  return added > 0 ? [["duplicated", added]] : [];
}

/** Repeats in Kafka beyond what the injected faults allow are a finding of their own. */
function rawRepeats(
  journal: JournalReader,
  final: Ledger,
): { readonly count: number; readonly budget: number; readonly findings: readonly Finding[] } {
  const rows = [...(final.get("kafka")?.values() ?? [])];
  const count = rows.reduce((sum, row) => sum + row.eventCount - row.distinctCount, 0);
  const budget = faultWindows(journal).reduce(
    (sum, window) => sum + (window.entry.duplicateEventCountMax ?? 0),
    0,
  );
  if (count <= budget) return { count, budget, findings: [] };
  const text =
    `${figure(count)} duplicated ${between("postgres", "kafka")}: the faults injected allow ` +
    `${figure(budget)} repeats under at-least-once delivery`;
  const excess = count - budget;
  const finding = {
    anomaly: "duplicated",
    hop: "kafka",
    count: excess,
    located: false,
    text,
  } as const;
  return { count, budget, findings: [finding] };
}

function anomalies(journal: JournalReader): readonly Finding[] {
  const seen = new Map<string, Finding>();
  for (const event of journal.of("ledger.anomaly")) {
    const place = `bucket ${String(event.bucket)}, lane ${String(event.lane)}, seq ${String(event.seq)}`;
    const text = `${event.anomaly} at ${HOP_NAMES[event.hop]}: ${place}: ${event.detail}`;
    const key = `${event.hop}/${event.anomaly}/${String(event.lane)}/${String(event.seq)}`;
    seen.set(key, { anomaly: event.anomaly, hop: event.hop, count: 1, located: true, text });
  }
  return [...seen.values()];
}

function gapsOf(
  journal: JournalReader,
  hops: readonly Hop[],
  acknowledged: readonly Changes[],
): readonly string[] {
  const gaps = REQUIRED_HOPS.filter((hop) => !hops.includes(hop)).map(
    (hop) => `the final ledger of ${HOP_NAMES[hop]} was never read`,
  );
  if (gaps.length > 0) return gaps;
  if (acknowledged.every((row) => row.distinctCount === 0)) {
    return ["not one change was acknowledged, so nothing could be lost"];
  }
  const lanes = new Set(acknowledged.map((row) => row.lane)).size;
  const { laneCount } = journal.plan.bank;
  return lanes < laneCount
    ? [`only ${String(lanes)} of ${String(laneCount)} lanes have an acknowledged ledger`]
    : [];
}

/** A fence closes a bucket: what the hops hold of it then must be exact already. */
function fencesUnderLoad(
  journal: JournalReader,
  final: Ledger,
): { readonly exact: number; readonly total: number; readonly details: readonly string[] } {
  const during = ledgerAt(journal, "during");
  const hops = HOPS.filter((hop) => hop !== "acknowledged" && during.has(hop));
  const keys = new Set(hops.flatMap((hop) => [...(during.get(hop)?.keys() ?? [])]));
  const exactByBucket = new Map<number, boolean>();
  for (const key of keys) {
    const expected =
      during.get("acknowledged")?.get(key) ?? final.get("acknowledged")?.get(key) ?? NOTHING;
    const exact = hops.every((hop) => {
      const row = during.get(hop)?.get(key);
      return row === undefined || differences(expected, row).length === 0;
    });
    const [bucket] = bucketAndLane(key);
    exactByBucket.set(bucket, (exactByBucket.get(bucket) ?? true) && exact);
  }
  const differing = [...exactByBucket].filter(([, exact]) => !exact).map(([bucket]) => bucket);
  return {
    exact: exactByBucket.size - differing.length,
    total: exactByBucket.size,
    details: differing
      .sort((a, b) => a - b)
      .map((bucket) => `bucket ${String(bucket)} was not exact at its fence under load`),
  };
}
