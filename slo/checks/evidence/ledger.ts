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
import { activeFaults } from "../../../core/detection.ts";
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

/** Both read the lake: what is wrong with it, both must show. */
const READERS: readonly Hop[] = ["iceberg", "reader"];

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
  const findings = [...keys]
    .sort(byBucketAndLane)
    .flatMap((key) => withFaults(journal, key, compare(key, hops, final)));
  const fences = fencesUnderLoad(journal, final);
  const acknowledged = [...(final.get("acknowledged")?.values() ?? [])];
  const repeats = rawRepeats(journal, final);
  return {
    // Located ones first: a row with its lane and sequence says more than a difference of sums.
    findings: [...anomalies(journal), ...findings, ...fences.late, ...repeats.findings],
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
  const rowAt = (hop: Hop): Sums => ledger.get(hop)?.get(key) ?? NOTHING;
  const readers = hops.filter((hop) => READERS.includes(hop));
  for (const [index, hop] of hops.entries()) {
    const before = hops.slice(0, index).findLast((one) => !readers.includes(one));
    if (before === undefined) continue;
    const row = rowAt(hop);
    const shownAt = (one: Hop): readonly (readonly [Anomaly, number])[] => [
      ...differences(expected, rowAt(one)),
      // What Kafka holds twice is weighed against its budget; no hop behind it may add a copy.
      ...(one === "kafka" ? [] : addedCopies(rowAt(before), rowAt(one))),
    ];
    for (const [anomaly, count] of shownAt(hop)) {
      if (found.has(anomaly)) continue;
      // What one reader of the lake shows and the other does not is no finding about the lake.
      const isDisputed = readers.some((one) => shownAt(one).every(([other]) => other !== anomaly));
      if (readers.includes(hop) && isDisputed) continue;
      const text =
        `${figure(count)} ${anomaly} ${between(before, hop)}: bucket ${String(bucket)}, lane ${String(lane)}, ` +
        `${figure(expected.distinctCount)} acknowledged, ${figure(row.distinctCount)} distinct of ` +
        `${figure(row.eventCount)} at ${HOP_NAMES[hop]}, fingerprints ${expected.fingerprintSum} against ${row.fingerprintSum}`;
      found.set(anomaly, { anomaly, hop, count, located: false, text });
    }
  }
  return [...found.values()];
}

/** What was broken while the bucket was written; nothing where its time is not known, or nothing was planned. */
function faultsText(journal: JournalReader, bucket: number): string {
  if (journal.plan.faults.length === 0) return "";
  const active = activeFaults(journal, bucket);
  if (active === undefined) return "";
  return active.length === 0 ? "; no fault was active then" : `; then active: ${active.join(", ")}`;
}

function withFaults(
  journal: JournalReader,
  key: string,
  findings: readonly Finding[],
): readonly Finding[] {
  if (findings.length === 0) return findings;
  const suffix = faultsText(journal, bucketAndLane(key)[0]);
  return findings.map((finding) => ({ ...finding, text: `${finding.text}${suffix}` }));
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
    `${figure(budget)} repeats under at-least-once delivery; ${repeatPlaces(rows)}`;
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

const REPEAT_PLACES_MAX = 5;

/** Where most of them are. */
function repeatPlaces(rows: readonly Changes[]): string {
  const cells = rows
    .map((row) => ({ ...row, count: row.eventCount - row.distinctCount }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
  const texts = cells
    .slice(0, REPEAT_PLACES_MAX)
    .map(
      ({ bucket, lane, count }) =>
        `${figure(count)} in bucket ${String(bucket)}, lane ${String(lane)}`,
    );
  const more = cells.length - texts.length;
  return `${texts.join("; ")}${more === 0 ? "" : `; and in ${figure(more)} more places`}`;
}

function anomalies(journal: JournalReader): readonly Finding[] {
  const seen = new Map<string, Finding>();
  for (const event of journal.of("ledger.anomaly")) {
    const place = `bucket ${String(event.bucket)}, lane ${String(event.lane)}, seq ${String(event.seq)}`;
    const active = faultsText(journal, event.bucket);
    const text = `${event.anomaly} at ${HOP_NAMES[event.hop]}: ${place}: ${event.detail}${active}`;
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

interface Fences {
  readonly exact: number;
  readonly total: number;
  readonly late: readonly Finding[];
  readonly details: readonly string[];
}

/** Missing when its fence was there, and there in the end: it came behind the fence. Named at the first hop that shows it. */
function lateAt(
  key: string,
  hops: readonly Hop[],
  during: Ledger,
  final: Ledger,
): readonly Finding[] {
  const closed = during.get("acknowledged")?.get(key);
  if (closed === undefined) return [];
  const [bucket, lane] = bucketAndLane(key);
  for (const hop of hops) {
    const count =
      closed.distinctCount - (during.get(hop)?.get(key)?.distinctCount ?? closed.distinctCount);
    const inTheEnd = final.get(hop)?.get(key)?.distinctCount ?? 0;
    if (count <= 0 || inTheEnd < closed.distinctCount) continue;
    const text =
      `${figure(count)} delayed on the way to ${HOP_NAMES[hop]}: bucket ${String(bucket)}, lane ${String(lane)}, ` +
      `missing when its fence was there, present in the end`;
    return [{ anomaly: "delayed", hop, count, located: false, text }];
  }
  return [];
}

/** A fence closes a bucket: what the hops hold of it then must be exact already. */
function fencesUnderLoad(journal: JournalReader, final: Ledger): Fences {
  const during = ledgerAt(journal, "during");
  const hops = HOPS.filter((hop) => hop !== "acknowledged" && during.has(hop));
  const keys = new Set(hops.flatMap((hop) => [...(during.get(hop)?.keys() ?? [])]));
  const late = [...keys]
    .sort(byBucketAndLane)
    .flatMap((key) => withFaults(journal, key, lateAt(key, hops, during, final)));
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
  // Kafka is compared before the lake: what the lake was not compared for yet counts where it differs already.
  const last = hops.at(-1);
  const compared = new Set(
    [...(during.get(last ?? "kafka")?.values() ?? [])].map(({ bucket }) => bucket),
  );
  for (const bucket of differing) compared.add(bucket);
  return {
    exact: compared.size - differing.length,
    total: compared.size,
    late,
    details: differing
      .sort((a, b) => a - b)
      .map(
        (bucket) =>
          `bucket ${String(bucket)} was not exact at its fence under load${faultsText(journal, bucket)}`,
      ),
  };
}
