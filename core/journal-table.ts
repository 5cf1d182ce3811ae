/**
 * The kinds of events that come by the second, as columns: a day of them as objects would take a gigabyte. An event
 * that does not look as it is written today is refused, and its kind then kept as objects; nothing is changed or lost.
 */
import type { EventList, FrequentKind } from "./contracts/event-list.ts";
import type { EventOf } from "./contracts/journal.ts";
import { LazyEvents } from "./event-list.ts";
import { eachCount, HistogramSum } from "./histogram.ts";
import { FROM_MS, WINDOW_MS } from "./journal-bounds.ts";
import type { JournalCursor } from "./journal-cursor.ts";
import {
  HistogramField,
  NumberField,
  QuantityField,
  TextField,
  type Field,
} from "./journal-fields.ts";
import { NumberColumn } from "./number-column.ts";
import type { PackedHistograms } from "./packed-histograms.ts";

type Layout = Readonly<Record<string, Field | Optional>>;

const LAYOUTS: Readonly<Record<FrequentKind, () => Layout>> = {
  "load.window": () => ({
    workload: new TextField(),
    class: optional(new TextField()),
    fromMs: new NumberField(FROM_MS),
    windowMs: new NumberField(WINDOW_MS),
    offered: new NumberField(),
    ok: new NumberField(),
    failed: new NumberField(),
    unknown: new NumberField(),
    dropped: new NumberField(),
    events: new NumberField(),
  }),
  "latency.window": () => ({
    workload: new TextField(),
    class: optional(new TextField()),
    fromMs: new NumberField(FROM_MS),
    windowMs: new NumberField(WINDOW_MS),
    count: new NumberField(),
    histogramUs: new HistogramField(),
    overTarget: optional(new NumberField()),
  }),
  "sample.taken": () => ({ probe: new TextField(), observed: new QuantityField() }),
  "instance.memory": () => ({ instanceId: new TextField(), rssBytes: new NumberField() }),
  "canary.seen": () => ({
    canary: new NumberField(),
    table: new TextField(),
    partition: new NumberField(),
    intendedMs: new NumberField(),
    ackMs: new NumberField(),
    lastMissMs: new NumberField(),
    visibleMs: new NumberField(),
  }),
};

export const TABLE_KINDS = Object.keys(LAYOUTS) as readonly FrequentKind[];

/** A field that an event may be without. */
interface Optional {
  readonly field: Field;
  /** 1 in the rows that have it. */
  readonly present: NumberColumn;
}

function optional(field: Field): Optional {
  return { field, present: new NumberColumn() };
}

/** What stands in a row that has not got the field. */
function stageAbsent(field: Field): void {
  if (!field.stage(0)) field.stage("");
}

interface Part {
  readonly name: string;
  /** `,"name":` */
  readonly literal: Buffer;
  readonly field: Field;
  readonly present: NumberColumn | undefined;
  isStaged: boolean;
}

const CLOSE = Buffer.from("}");

export class EventTable<K extends FrequentKind> {
  readonly kind: K;
  readonly #atMs = new NumberField();
  readonly #parts: readonly Part[];
  /** `kind"`, as it stands behind the quote. */
  readonly #kindLiteral: Buffer;

  constructor(kind: K) {
    this.kind = kind;
    this.#kindLiteral = Buffer.from(`${kind}"`);
    this.#parts = Object.entries(LAYOUTS[kind]()).map(([name, one]) => ({
      name,
      literal: Buffer.from(`,"${name}":`),
      ...("present" in one ? one : { field: one, present: undefined }),
      isStaged: false,
    }));
  }

  get length(): number {
    return this.#atMs.column.length;
  }

  /** Reads on behind `"kind":"`. False: another kind, or not as it is written; then nothing was taken. */
  take(cursor: JournalCursor, atMs: number): boolean {
    if (!cursor.skip(this.#kindLiteral)) return false;
    for (const part of this.#parts) {
      part.isStaged = cursor.skip(part.literal);
      if (part.isStaged ? !part.field.stageNext(cursor) : part.present === undefined) return false;
    }
    if (!cursor.skip(CLOSE) || cursor.at !== cursor.end) return false;
    this.#atMs.stage(atMs);
    this.#push();
    return true;
  }

  /** False: not all fields of the kind, each of its type, and nothing else; then nothing was taken. */
  put(event: EventOf<K>): boolean {
    const values = event as unknown as Readonly<Record<string, unknown>>;
    let left = Object.keys(values).length - 2;
    if (!this.#atMs.stage(values["atMs"])) return false;
    for (const part of this.#parts) {
      part.isStaged = Object.hasOwn(values, part.name);
      if (part.isStaged ? !part.field.stage(values[part.name]) : part.present === undefined)
        return false;
      if (part.isStaged) left -= 1;
    }
    if (left !== 0) return false;
    this.#push();
    return true;
  }

  #push(): void {
    this.#atMs.pushStaged();
    for (const { field, present, isStaged } of this.#parts) {
      if (!isStaged) stageAbsent(field);
      field.pushStaged();
      present?.push(isStaged ? 1 : 0);
    }
  }

  /** A new object each time, with the fields in the order in which they are written. */
  at(row: number): EventOf<K> {
    const event: Record<string, unknown> = { atMs: this.#atMs.at(row), kind: this.kind };
    for (const { name, field, present } of this.#parts) {
      if (present === undefined || present.at(row) === 1) event[name] = field.at(row);
    }
    return event as unknown as EventOf<K>;
  }

  /** All events as objects. */
  all(): EventOf<K>[] {
    return Array.from({ length: this.length }, (_, row) => this.at(row));
  }

  /** All events, each reading its fields from the columns. Not while more are taken. */
  views(): EventList<EventOf<K>> {
    return new TableEvents(viewClass(this.kind, this.#atMs, this.#parts), this.length);
  }
}

class TableEvents<K extends FrequentKind> extends LazyEvents<EventOf<K>> {
  readonly #View: typeof RowView;
  readonly length: number;

  constructor(View: typeof RowView, length: number) {
    super();
    this.#View = View;
    this.length = length;
  }

  protected made(index: number): EventOf<K> {
    return new this.#View(index) as unknown as EventOf<K>;
  }
}

/** One row of a table as an event. */
class RowView {
  readonly row: number;
  declare readonly histograms: PackedHistograms | undefined;

  constructor(row: number) {
    this.row = row;
  }
}

/** One class for each table, whose getters know their column: a view holds nothing but its row. */
function viewClass(kind: string, atMs: NumberField, parts: readonly Part[]): typeof RowView {
  const View = class extends RowView {};
  const define = (name: string, get: (this: RowView) => unknown): void => {
    Object.defineProperty(View.prototype, name, { get, enumerable: true });
  };
  define("kind", () => kind);
  for (const { name, field, present } of [
    { name: "atMs", field: atMs, present: undefined },
    ...parts,
  ]) {
    define(name, present === undefined ? getterOf(field) : optionalGetterOf(field, present));
    if (field instanceof HistogramField) define("histograms", () => field.histograms);
  }
  return View;
}

function getterOf(field: Field): (this: RowView) => unknown {
  return function (this: RowView): unknown {
    return field.at(this.row);
  };
}

function optionalGetterOf(field: Field, present: NumberColumn): (this: RowView) => unknown {
  return function (this: RowView): unknown {
    return present.at(this.row) === 1 ? field.at(this.row) : undefined;
  };
}

/** The same for the same event of a journal, and for no other one of its kind. */
export function identityOf(event: object): unknown {
  return event instanceof RowView ? event.row : event;
}

/** As eachCount() of the window's histogram, without making a text of it where it is kept in columns. */
export function eachCountOf(
  window: EventOf<"latency.window">,
  visit: (index: number, count: number) => void,
): void {
  const view: unknown = window;
  if (view instanceof RowView && view.histograms !== undefined) {
    view.histograms.each(view.row, visit);
  } else eachCount(window.histogramUs, visit);
}

/** @param sum - taken for it, empty again; absent: a new one */
export function mergeWindows(
  windows: Iterable<EventOf<"latency.window">>,
  sum = new HistogramSum(),
): HistogramSum {
  sum.clear();
  for (const window of windows) eachCountOf(window, sum.addCount);
  return sum;
}
