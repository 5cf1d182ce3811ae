/** Lines of a journal to events, one pass: trusts lines up to the first that is no event, and counts what comes after it. */
import type { EventList, FrequentKind } from "./contracts/event-list.ts";
import type { EventOf, EventsOf, JournalEvent, JournalKind } from "./contracts/journal.ts";
import { JournalCursor } from "./journal-cursor.ts";
import { isWithin, outOfBounds, TIME_MS } from "./journal-bounds.ts";
import { EventTable, TABLE_KINDS } from "./journal-table.ts";
import { NumberColumn } from "./number-column.ts";

const NEWLINE = 0x0a;
const AT_MS = Buffer.from('{"atMs":');
const KIND = Buffer.from(',"kind":"');

const NOT_JSON = "is not valid JSON";

type AnyTable = EventTable<FrequentKind>;

export class JournalLines {
  readonly #known: Readonly<Record<string, true>>;
  /** Kinds whose events all looked as they are written today. */
  readonly #tables = new Map<string, AnyTable>(
    TABLE_KINDS.map((kind) => [kind, new EventTable(kind)]),
  );
  readonly #views = new Map<string, EventList<JournalEvent>>();
  /** All others. */
  readonly #objects = new Map<string, JournalEvent[]>();
  /** Of each event the number of its kind in #kinds: the order of the journal. */
  readonly #order = new NumberColumn();
  readonly #kinds = new Map<string, number>();
  readonly #unknownKinds = new Map<string, number>();
  readonly #cursor = new JournalCursor();
  #endMs: number | undefined;
  #lineCount = 0;
  #badLine: number | undefined;
  #badHow = "";

  constructor(known: Readonly<Record<string, true>>) {
    this.#known = known;
  }

  get eventCount(): number {
    return this.#order.length;
  }

  get endMs(): number {
    return this.#endMs ?? 0;
  }

  /** Takes all whole lines; returns where the rest begins. */
  take(bytes: Buffer): number {
    let from = 0;
    for (;;) {
      const newline = bytes.indexOf(NEWLINE, from);
      if (newline < 0) return from;
      this.#takeLine(bytes, from, newline);
      this.#lineCount += 1;
      from = newline + 1;
    }
  }

  /** What stands behind the last end of a line: whole, cut off, or nothing. */
  takeLast(bytes: Buffer): void {
    this.#takeLine(bytes, 0, bytes.length);
    if (bytes.length > 0) this.#lineCount += 1;
  }

  #takeLine(bytes: Buffer, from: number, to: number): void {
    if (to === from || this.#badLine !== undefined) return;
    if (this.#taken(bytes, from, to)) return;
    const event = parseLine(bytes.toString("utf8", from, to));
    if (event === undefined) this.#distrust(NOT_JSON);
    else if (event.kind in this.#known) {
      const wrong = outOfBounds(event);
      if (wrong === undefined) this.#put(event);
      else this.#distrust(wrong);
    } else this.#unknownKinds.set(event.kind, (this.#unknownKinds.get(event.kind) ?? 0) + 1);
  }

  #distrust(how: string): void {
    this.#badLine = this.#lineCount;
    this.#badHow = how;
  }

  /** Straight from the bytes into columns: nearly every line of a long run. */
  #taken(bytes: Buffer, from: number, to: number): boolean {
    const cursor = this.#cursor;
    cursor.bytes = bytes;
    cursor.at = from;
    cursor.end = to;
    if (!cursor.skip(AT_MS)) return false;
    const atMs = cursor.number();
    if (!isWithin(atMs, TIME_MS) || !cursor.skip(KIND)) return false;
    const behind = cursor.at;
    for (const table of this.#tables.values()) {
      cursor.at = behind;
      if (!table.take(cursor, atMs)) continue;
      this.#counted(table.kind, atMs);
      return true;
    }
    return false;
  }

  #put(event: JournalEvent): void {
    const { kind } = event;
    this.#counted(kind, event.atMs);
    const table = this.#tables.get(kind);
    if (table?.put(event as EventOf<FrequentKind>) === true) return;
    if (table !== undefined) {
      // One that is not as it should be: from now on all of its kind stay as they came.
      this.#objects.set(kind, table.all());
      this.#tables.delete(kind);
    }
    const objects = this.#objects.get(kind) ?? [];
    this.#objects.set(kind, objects);
    objects.push(event);
  }

  #counted(kind: string, atMs: number): void {
    let number = this.#kinds.get(kind);
    if (number === undefined) {
      number = this.#kinds.size;
      this.#kinds.set(kind, number);
    }
    this.#order.push(number);
    this.#endMs = atMs;
  }

  of<K extends JournalKind>(kind: K): EventsOf<K> {
    const events = this.#views.get(kind) ?? this.#tables.get(kind)?.views();
    if (events !== undefined) this.#views.set(kind, events);
    return (events ?? this.#objects.get(kind) ?? []) as unknown as EventsOf<K>;
  }

  all(): readonly JournalEvent[] {
    const kinds = [...this.#kinds.keys()].map((kind) => {
      const events = this.#tables.get(kind)?.all() ?? this.#objects.get(kind) ?? [];
      return events[Symbol.iterator]();
    });
    const all: JournalEvent[] = [];
    for (const number of this.#order.values()) {
      const next = kinds[number]?.next();
      if (next?.done === false) all.push(next.value);
    }
    return all;
  }

  /** What was not read, said in words. */
  problems(): string[] {
    const problems: string[] = [];
    if (this.#badLine !== undefined) {
      const rest = this.#lineCount - this.#badLine - 1;
      const line = `Line ${String(this.#badLine + 1)}`;
      problems.push(
        rest === 0 && this.#badHow === NOT_JSON
          ? `${line} is cut off: judged up to there.`
          : `${line} ${this.#badHow}; ${String(rest)} further lines were not trusted.`,
      );
    }
    for (const [kind, count] of this.#unknownKinds) {
      problems.push(
        `Unknown event kind ${JSON.stringify(kind)} (${String(count)}×) was passed over.`,
      );
    }
    return problems;
  }
}

function parseLine(line: string): JournalEvent | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null || !("kind" in value)) return undefined;
    return value as JournalEvent;
  } catch {
    return undefined;
  }
}
