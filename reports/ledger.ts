/** The differential as the journal has it: totals per hop, fences under load, anomalies by kind. */
import { HOPS } from "../core/contracts/journal.ts";
import type { Anomaly, EventOf, Hop, JournalReader } from "../core/contracts/journal.ts";

type Changes = EventOf<"ledger.changes">;

export interface HopTotal {
  readonly hop: Hop;
  readonly eventCount: number;
  readonly distinctCount: number;
  readonly fingerprintSum: bigint;
  /** Lane-and-bucket cells that differ from the hop before; absent at the first hop that was read. */
  readonly cellsDiffering?: number;
  readonly cellCount: number;
  /** Rows and cents of the newest state digest of each lane; absent where state was not read. */
  readonly state?: { readonly rowCount: number; readonly balanceCents: bigint };
}

const cellKey = (changes: Changes): string => `${String(changes.lane)}/${String(changes.bucket)}`;

/** After drain; hops that were never read are missing, not zero. */
export function hopTotals(journal: JournalReader): readonly HopTotal[] {
  const final = journal.of("ledger.changes").filter((changes) => changes.when === "final");
  let before: ReadonlyMap<string, Changes> | undefined;
  const totals: HopTotal[] = [];
  for (const hop of HOPS) {
    const own = final.filter((changes) => changes.hop === hop);
    if (own.length === 0) continue;
    const cells = new Map(own.map((changes) => [cellKey(changes), changes]));
    const state = stateOf(journal, hop);
    totals.push({
      hop,
      eventCount: own.reduce((sum, changes) => sum + changes.eventCount, 0),
      distinctCount: own.reduce((sum, changes) => sum + changes.distinctCount, 0),
      fingerprintSum: own.reduce((sum, changes) => sum + exactSum(changes.fingerprintSum), 0n),
      cellCount: cells.size,
      ...(before === undefined ? {} : { cellsDiffering: differing(before, cells, hop) }),
      ...(state === undefined ? {} : { state }),
    });
    before = cells;
  }
  return totals;
}

function differing(
  before: ReadonlyMap<string, Changes>,
  after: ReadonlyMap<string, Changes>,
  hop: Hop,
): number {
  return new Set([...before.keys(), ...after.keys()])
    .values()
    .filter((key) => {
      const one = before.get(key);
      const other = after.get(key);
      // Kafka may repeat what was acknowledged once; behind it every copy must have come from there.
      const copies = hop === "kafka" || (one?.eventCount ?? 0) === (other?.eventCount ?? 0);
      return !copies || !same(one, other);
    })
    .toArray().length;
}

/** The same distinct changes. A cell that nobody wrote a line for is one without changes. */
function same(one: Changes | undefined, other: Changes | undefined): boolean {
  return (
    (one?.distinctCount ?? 0) === (other?.distinctCount ?? 0) &&
    exactSum(one?.fingerprintSum ?? "0") === exactSum(other?.fingerprintSum ?? "0")
  );
}

/** The sums are decimal text; a journal from elsewhere may hold anything, and a report must still render. */
function exactSum(text: string): bigint {
  return /^-?\d+$/.test(text) ? BigInt(text) : 0n;
}

function stateOf(journal: JournalReader, hop: Hop): HopTotal["state"] {
  const newest = new Map<number, EventOf<"ledger.state">>();
  for (const state of journal.of("ledger.state")) {
    if (state.hop !== hop || state.when !== "final") continue;
    const known = newest.get(state.lane);
    if (known === undefined || state.bucket >= known.bucket) newest.set(state.lane, state);
  }
  if (newest.size === 0) return undefined;
  const states = [...newest.values()];
  return {
    rowCount: states.reduce((sum, state) => sum + state.rowCount, 0),
    balanceCents: states.reduce((sum, state) => sum + exactSum(state.balanceSum), 0n),
  };
}

export interface FenceCounts {
  readonly exact: number;
  readonly compared: number;
  /** Fences seen through the reader, compared or not. */
  readonly visible: number;
}

/** A fence is exact when, in each lane, every hop read under load agrees with the first one. */
export function fenceCounts(journal: JournalReader): FenceCounts {
  const during = journal.of("ledger.changes").filter((changes) => changes.when === "during");
  const acknowledged = new Map(
    journal
      .of("ledger.changes")
      .filter((changes) => changes.hop === "acknowledged")
      .map((changes) => [cellKey(changes), changes]),
  );
  let exact = 0;
  let compared = 0;
  for (const fence of Map.groupBy(during, (changes) => changes.bucket).values()) {
    const cells = [...Map.groupBy(fence, cellKey).entries()].flatMap(([key, reads]) => {
      const reference = acknowledged.get(key) ?? reads[0];
      const others = reads.filter((read) => read.hop !== reference?.hop);
      return others.length === 0 ? [] : [others.every((read) => same(reference, read))];
    });
    if (cells.length === 0) continue;
    compared += 1;
    if (cells.every(Boolean)) exact += 1;
  }
  return { exact, compared, visible: journal.of("fence.visible").length };
}

export function anomalyCounts(journal: JournalReader): ReadonlyMap<Anomaly, number> {
  const counts = new Map<Anomaly, number>();
  for (const { anomaly } of journal.of("ledger.anomaly")) {
    counts.set(anomaly, (counts.get(anomaly) ?? 0) + 1);
  }
  return counts;
}
