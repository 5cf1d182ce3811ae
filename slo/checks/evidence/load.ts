/**
 * Load and latency windows as one series of slots in time order, holes included:
 * a slot the journal should have and has not is counted as missing, never passed over.
 * Slots stand in columns: a day has 86,400 of them for each class and objective.
 */
import type { EventOf, JournalReader } from "../../../core/contracts/journal.ts";
import { windowsOf } from "../../../core/load-windows.ts";
import { within, type Interval } from "../../../core/timeline.ts";
import type { SecondGroups } from "./second-groups.ts";

export interface Series {
  readonly windowMs: number;
  /** Of each slot, ascending. */
  readonly fromMs: Float64Array;
  /** Expected and not there: counts against every proof. */
  readonly missing: number;
  readonly sums: SlotSums;
}

/** Over all slots. */
export interface SlotSums {
  offered: number;
  ok: number;
  dropped: number;
  /** Failed, unknown and dropped together. */
  lost: number;
  events: number;
  /** Certainly bad. */
  bad: number;
  /** Possibly bad on top. */
  doubtful: number;
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
  /** Takes every slot; missing samples are in it as bad ones. */
  readonly groups?: SecondGroups | undefined;
}

/** Clock readings are rounded to microseconds; a window may stick out by less than this. */
const ROUNDING_MS = 1;

export function seriesOf(journal: JournalReader, request: SeriesRequest): Series {
  const own = windowsOf(journal, "load.window", request);
  const grid = gridOf(own.at(0), request);
  if (grid === undefined)
    return new Slots(0, false).series({ windowMs: 0, fromMs: new Float64Array(0) });
  const row = slotRow(grid, request);
  const slotAt = (fromMs: number): number =>
    row.numbers[Math.round((fromMs - grid.fromMs) / grid.windowMs) - row.firstIndex] ?? NO_SLOT;
  const { countOver } = request;
  const slots = new Slots(row.fromMs.length, countOver !== undefined);
  for (const window of own) {
    const slot = slotAt(window.fromMs);
    if (slot !== NO_SLOT) slots.addLoad(slot, window);
  }
  if (countOver !== undefined) {
    for (const window of windowsOf(journal, "latency.window", request)) {
      const slot = slotAt(window.fromMs);
      if (slot !== NO_SLOT) slots.addLatency(slot, window.count, countOver(window));
    }
  }
  fillMissing(slots, grid.windowMs, request);
  return slots.series({ windowMs: grid.windowMs, fromMs: row.fromMs }, request.groups);
}

/** Reused: one series is counted at a time. Grows with the longest. */
let scratch = new Float64Array(0);
const COLUMN_COUNT = 8;

/** Columns of counts, one number a slot. Good until the next series is counted. */
class Slots {
  readonly count: number;
  /** 1 where the journal has a window. */
  readonly present: Float64Array;
  readonly offered: Float64Array;
  readonly missing: Float64Array;
  readonly #ok: Float64Array;
  /** Ended as failed or unknown. */
  readonly #failed: Float64Array;
  readonly #dropped: Float64Array;
  /** Latency samples at or above the threshold. */
  readonly #over: Float64Array;
  /** Latency samples. Undefined: latency plays no part. */
  #timed: Float64Array | undefined;
  #eventCount = 0;

  constructor(count: number, isTimed: boolean) {
    const size = COLUMN_COUNT * count;
    if (scratch.length < size) scratch = new Float64Array(size);
    else scratch.fill(0, 0, size);
    const column = (number: number): Float64Array =>
      scratch.subarray(number * count, (number + 1) * count);
    this.count = count;
    this.present = column(0);
    this.offered = column(1);
    this.missing = column(2);
    this.#ok = column(3);
    this.#failed = column(4);
    this.#dropped = column(5);
    this.#over = column(6);
    if (isTimed) this.#timed = column(7);
  }

  addLoad(slot: number, window: EventOf<"load.window">): void {
    this.present[slot] = 1;
    add(this.offered, slot, window.offered);
    add(this.#ok, slot, window.ok);
    add(this.#failed, slot, window.failed + window.unknown);
    add(this.#dropped, slot, window.dropped);
    this.#eventCount += window.events;
  }

  addLatency(slot: number, timed: number, over: number): void {
    if (this.#timed !== undefined) add(this.#timed, slot, timed);
    add(this.#over, slot, over);
  }

  series(row: Pick<Series, "windowMs" | "fromMs">, groups?: SecondGroups): Series {
    const { count } = this;
    const timed = this.#timed;
    const sums = { offered: 0, ok: 0, dropped: 0, lost: 0, events: 0, bad: 0, doubtful: 0 };
    sums.events = this.#eventCount;
    for (let slot = 0; slot < count; slot += 1) {
      const offered = at(this.offered, slot);
      const ok = at(this.#ok, slot);
      const failed = at(this.#failed, slot);
      const dropped = at(this.#dropped, slot);
      const over = at(this.#over, slot);
      const missing = at(this.missing, slot);
      // A failed operation may be among the slow ones, so the two are not added up.
      const bad = Math.min(offered, dropped + Math.max(failed, over));
      // On top: failed ones that were not slow, and ended ones without a latency.
      const untimed = timed === undefined ? 0 : Math.max(0, ok - at(timed, slot));
      const doubtful = Math.min(offered, failed + dropped + over + untimed) - bad;
      groups?.add(at(row.fromMs, slot), offered + missing, bad + doubtful + missing, bad);
      sums.offered += offered;
      sums.ok += ok;
      sums.dropped += dropped;
      sums.lost += failed + dropped;
      sums.bad += bad;
      sums.doubtful += doubtful;
    }
    return { ...row, missing: sumOfColumn(this.missing), sums };
  }
}

function at(column: Float64Array, slot: number): number {
  return column[slot] ?? 0;
}

function add(column: Float64Array, slot: number, count: number): void {
  column[slot] = (column[slot] ?? 0) + count;
}

function sumOfColumn(column: Float64Array): number {
  let sum = 0;
  for (let slot = 0; slot < column.length; slot += 1) sum += at(column, slot);
  return sum;
}

interface Grid {
  readonly fromMs: number;
  readonly windowMs: number;
}

/** A load that was planned and left no window at all is missing throughout, on a grid of seconds. */
function gridOf(first: Grid | undefined, request: SeriesRequest): Grid | undefined {
  return first ?? (request.ratePerS === undefined ? undefined : { fromMs: 0, windowMs: 1000 });
}

interface SlotRow {
  /** Of the first one in `numbers`, on the grid. */
  readonly firstIndex: number;
  /** By index on the grid, which slot it is. Good until the next row is made. */
  readonly numbers: Int32Array;
  readonly fromMs: Float64Array;
}

/** Outside of the intervals. */
const NO_SLOT = -1;

/** Reused, as the columns of counts are. */
let numberScratch = new Int32Array(0);

/** The windows that lie wholly within the intervals, by their number on the grid. */
function slotRow(grid: Grid, request: SeriesRequest): SlotRow {
  const ranges = request.intervals.map((interval) => indicesWithin(grid, interval));
  const firstIndex = Math.min(...ranges.map(({ from }) => from));
  const length = Math.max(0, ...ranges.map(({ to }) => to - firstIndex));
  if (numberScratch.length < length) numberScratch = new Int32Array(length);
  const numbers = numberScratch.subarray(0, length).fill(NO_SLOT);
  for (const { from, to } of ranges) {
    if (to > from) numbers.fill(0, from - firstIndex, to - firstIndex);
  }
  let count = 0;
  for (let index = 0; index < length; index += 1) {
    if (numbers[index] === NO_SLOT) continue;
    numbers[index] = count;
    count += 1;
  }
  const fromMs = new Float64Array(count);
  for (let index = 0; index < length; index += 1) {
    const slot = numbers[index] ?? NO_SLOT;
    if (slot !== NO_SLOT) fromMs[slot] = grid.fromMs + (firstIndex + index) * grid.windowMs;
  }
  return { firstIndex, numbers, fromMs };
}

/** From the first index to behind the last. */
function indicesWithin(
  { fromMs, windowMs }: Grid,
  interval: Interval,
): { readonly from: number; readonly to: number } {
  const from = Math.ceil((interval.fromMs - ROUNDING_MS - fromMs) / windowMs);
  let to = from;
  while (fromMs + to * windowMs + windowMs <= interval.toMs + ROUNDING_MS) to += 1;
  return { from, to };
}

function fillMissing(slots: Slots, windowMs: number, request: SeriesRequest): void {
  const offered = sumOfColumn(slots.offered);
  if (request.ratePerS === undefined) {
    // Without a planned rate a hole is taken to be as full as the windows that are there.
    const presentCount = sumOfColumn(slots.present);
    const usual = Math.ceil(offered / Math.max(1, presentCount));
    for (let slot = 0; slot < slots.count; slot += 1) {
      if (slots.present[slot] === 0) slots.missing[slot] = usual;
    }
  } else {
    // An operation may fall just across either end of an interval: one each is not missed.
    const perSlot = (request.ratePerS * windowMs) / 1000;
    const total = Math.floor(perSlot * slots.count) - request.intervals.length - offered;
    spread(slots, total, perSlot);
  }
}

/** Puts `total` missing samples where the series falls short, in proportion to the shortfall. */
function spread({ offered, missing }: Slots, total: number, perSlot: number): void {
  const whole = offered.reduce((sum, count) => sum + Math.max(0, perSlot - count), 0);
  if (total <= 0 || whole === 0) return;
  const share = Math.min(1, total / whole);
  for (let slot = 0; slot < offered.length; slot += 1) {
    missing[slot] = Math.max(0, perSlot - at(offered, slot)) * share;
  }
}

export function sumOf<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}

/** Time the slots cover, holes included. */
export function slotTimeMs({ fromMs, windowMs }: Series): number {
  return fromMs.length * windowMs;
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
