/**
 * Load and latency windows as one series of slots in time order, holes included:
 * a slot the journal should have and has not is counted as missing, never passed over.
 */
import type { EventOf, JournalReader } from "../../../core/contracts/journal.ts";
import { within, type Interval } from "../../../core/timeline.ts";
import type { TimedGroup } from "./rows.ts";

export interface Slot {
  readonly fromMs: number;
  offered: number;
  ok: number;
  /** Ended as failed or unknown. */
  failed: number;
  dropped: number;
  events: number;
  /** Latency samples; undefined where latency plays no part. */
  timed: number | undefined;
  /** Latency samples at or above the threshold. */
  over: number;
  missing: number;
}

export interface Series {
  readonly windowMs: number;
  readonly slots: readonly Slot[];
  /** Expected and not there: counts against every proof. */
  readonly missing: number;
}

export interface SeriesRequest {
  readonly workload: string;
  /** Query class; undefined for the bank. */
  readonly class: string | undefined;
  readonly intervals: readonly Interval[];
  /** Planned operations per second, where the plan knows it. */
  readonly ratePerS: number | undefined;
  /** Counts the samples of a latency window that are too slow. Absent: latency plays no part. */
  readonly countOver?: (window: EventOf<"latency.window">) => number;
}

/** Clock readings are rounded to microseconds; a window may stick out by less than this. */
const ROUNDING_MS = 1;

export function seriesOf(journal: JournalReader, request: SeriesRequest): Series {
  const own = windowsOf(journal, "load.window", request);
  const grid = gridOf(own, request);
  if (grid === undefined) return { windowMs: 0, slots: [], missing: 0 };
  const row = emptySlots(grid, request);
  const slotAt = (fromMs: number): Slot | undefined =>
    row.slots[Math.round((fromMs - grid.fromMs) / grid.windowMs) - row.firstIndex];
  const present = new Set<Slot>();
  for (const window of own) {
    const slot = slotAt(window.fromMs);
    if (slot === undefined) continue;
    present.add(slot);
    addLoad(slot, window);
  }
  const { countOver } = request;
  const timed = countOver === undefined ? [] : windowsOf(journal, "latency.window", request);
  for (const window of timed) {
    const slot = slotAt(window.fromMs);
    if (slot === undefined) continue;
    slot.timed = (slot.timed ?? 0) + window.count;
    slot.over += countOver?.(window) ?? 0;
  }
  const inOrder = row.slots.filter((slot) => slot !== undefined);
  fillMissing(inOrder, present, grid.windowMs, request);
  return {
    windowMs: grid.windowMs,
    slots: inOrder,
    missing: sumOf(inOrder, (slot) => slot.missing),
  };
}

type Windows = "load.window" | "latency.window";

/** By journal, kind and class: every objective asks again, and a day has some hundred thousand windows. */
const SORTED = new WeakMap<JournalReader, Map<string, readonly EventOf<Windows>[]>>();

/** In the order of the journal. Exactly this class; undefined means windows without one. */
function windowsOf<K extends Windows>(
  journal: JournalReader,
  kind: K,
  { workload, class: className }: Pick<SeriesRequest, "workload" | "class">,
): readonly EventOf<K>[] {
  let sorted = SORTED.get(journal);
  if (sorted === undefined) {
    sorted = new Map(
      (["load.window", "latency.window"] as const).flatMap((name) => [
        ...Map.groupBy<string, EventOf<Windows>>(journal.of(name), keyOf),
      ]),
    );
    SORTED.set(journal, sorted);
  }
  const key = keyOf({ kind, workload, ...(className === undefined ? {} : { class: className }) });
  return (sorted.get(key) ?? []) as unknown as readonly EventOf<K>[];
}

function keyOf(window: Pick<EventOf<Windows>, "kind" | "workload" | "class">): string {
  return window.class === undefined
    ? `${window.kind} ${window.workload}`
    : `${window.kind} ${window.workload} of ${window.class}`;
}

interface Grid {
  readonly fromMs: number;
  readonly windowMs: number;
}

/** A load that was planned and left no window at all is missing throughout, on a grid of seconds. */
function gridOf(own: readonly Grid[], request: SeriesRequest): Grid | undefined {
  return own[0] ?? (request.ratePerS === undefined ? undefined : { fromMs: 0, windowMs: 1000 });
}

interface SlotRow {
  /** Number on the grid of the first slot. */
  readonly firstIndex: number;
  /** Undefined: outside of the intervals. */
  readonly slots: readonly (Slot | undefined)[];
}

/** The windows that lie wholly within the intervals, by their number on the grid. */
function emptySlots(grid: Grid, request: SeriesRequest): SlotRow {
  const starts = request.intervals.map((interval) =>
    Math.ceil((interval.fromMs - ROUNDING_MS - grid.fromMs) / grid.windowMs),
  );
  const firstIndex = Math.min(...starts);
  const timed = request.countOver === undefined ? undefined : 0;
  const slots: (Slot | undefined)[] = [];
  for (const [number, interval] of request.intervals.entries()) {
    for (let index = starts[number] ?? 0; ; index += 1) {
      const fromMs = grid.fromMs + index * grid.windowMs;
      if (fromMs + grid.windowMs > interval.toMs + ROUNDING_MS) break;
      while (slots.length < index - firstIndex) slots.push(undefined);
      slots[index - firstIndex] = emptySlot(fromMs, timed);
    }
  }
  return { firstIndex, slots };
}

function fillMissing(
  slots: readonly Slot[],
  present: ReadonlySet<Slot>,
  windowMs: number,
  request: SeriesRequest,
): void {
  const offered = sumOf(slots, (slot) => slot.offered);
  if (request.ratePerS === undefined) {
    // Without a planned rate a hole is taken to be as full as the windows that are there.
    const usual = Math.ceil(offered / Math.max(1, present.size));
    for (const slot of slots) if (!present.has(slot)) slot.missing += usual;
  } else {
    // An operation may fall just across either end of an interval: one each is not missed.
    const perSlot = (request.ratePerS * windowMs) / 1000;
    const total = Math.floor(perSlot * slots.length) - request.intervals.length - offered;
    spread(slots, total, (slot) => perSlot - slot.offered);
  }
}

/** Puts `total` missing samples where the series falls short, in proportion to the shortfall. */
function spread(slots: readonly Slot[], total: number, shortfall: (slot: Slot) => number): void {
  const whole = sumOf(slots, (slot) => Math.max(0, shortfall(slot)));
  if (total <= 0 || whole === 0) return;
  const share = Math.min(1, total / whole);
  for (const slot of slots) slot.missing += Math.max(0, shortfall(slot)) * share;
}

/** One group per slot; missing samples are in it as bad ones. */
export function groupsOfSeries(series: readonly Series[]): readonly TimedGroup[] {
  const byTime = new Map<number, { n: number; bad: number; sureBad: number }>();
  for (const { slots } of series) {
    for (const slot of slots) {
      // Series of different classes have their own phase within the second; a second is a group.
      const key = Math.floor(slot.fromMs / 1000);
      const group = byTime.get(key) ?? { n: 0, bad: 0, sureBad: 0 };
      group.n += slot.offered + slot.missing;
      group.bad += badOf(slot) + doubtfulOf(slot) + slot.missing;
      group.sureBad += badOf(slot);
      byTime.set(key, group);
    }
  }
  return [...byTime.entries()]
    .sort(([a], [b]) => a - b)
    .map(([second, group]) => ({ fromMs: second * 1000, ...group }));
}

/** Failed, unknown and dropped together. */
export function lostOf(slot: Slot): number {
  return slot.failed + slot.dropped;
}

/** Certainly bad. A failed operation may be among the slow ones, so the two are not added up. */
export function badOf(slot: Slot): number {
  return Math.min(slot.offered, slot.dropped + Math.max(slot.failed, slot.over));
}

/** Possibly bad on top: failed ones that were not slow, and ended ones without a latency. */
export function doubtfulOf(slot: Slot): number {
  const untimed = slot.timed === undefined ? 0 : Math.max(0, slot.ok - slot.timed);
  const most = Math.min(slot.offered, lostOf(slot) + slot.over + untimed);
  return most - badOf(slot);
}

export function sumOf<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}

/** Time the slots cover, holes included. */
export function slotTimeMs(series: Series): number {
  return series.slots.length * series.windowMs;
}

/** Operations of a workload that were intended within `inside` but outside of every `counted` interval. */
export function leftOut(
  journal: JournalReader,
  workload: string,
  className: string | undefined,
  inside: readonly Interval[],
  counted: readonly Interval[],
): { readonly n: number; readonly bad: number } {
  let n = 0;
  let bad = 0;
  for (const window of windowsOf(journal, "load.window", { workload, class: className })) {
    if (!within(window.fromMs, inside) || within(window.fromMs, counted)) continue;
    n += window.offered;
    bad += window.failed + window.unknown + window.dropped;
  }
  return { n, bad };
}

function emptySlot(fromMs: number, timed: number | undefined): Slot {
  return {
    fromMs,
    offered: 0,
    ok: 0,
    failed: 0,
    dropped: 0,
    events: 0,
    timed,
    over: 0,
    missing: 0,
  };
}

function addLoad(slot: Slot, window: EventOf<"load.window">): void {
  slot.offered += window.offered;
  slot.ok += window.ok;
  slot.failed += window.failed + window.unknown;
  slot.dropped += window.dropped;
  slot.events += window.events;
}
