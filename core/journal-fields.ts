/** Fields of the events a journal holds most of, each kept as a column. A column takes a value whole or not at all. */
import { isWithin, type Bounds } from "./journal-bounds.ts";
import type { JournalCursor } from "./journal-cursor.ts";
import { NumberColumn } from "./number-column.ts";
import { PackedHistograms } from "./packed-histograms.ts";
import { TextColumn } from "./text-column.ts";

/** A value is staged first: only when all fields of an event were, they are pushed. */
export interface Field {
  /** What stands between the field's name and the next one's. False: nothing that this field can keep. */
  stageNext(cursor: JournalCursor): boolean;
  stage(value: unknown): boolean;
  pushStaged(): void;
  at(row: number): unknown;
}

export class NumberField implements Field {
  readonly column = new NumberColumn();
  readonly #bounds: Bounds | undefined;
  #staged = 0;

  constructor(bounds?: Bounds) {
    this.#bounds = bounds;
  }

  stageNext(cursor: JournalCursor): boolean {
    return this.stage(cursor.number());
  }

  stage(value: unknown): boolean {
    if (typeof value !== "number" || Number.isNaN(value)) return false;
    if (this.#bounds !== undefined && !isWithin(value, this.#bounds)) return false;
    this.#staged = value;
    return true;
  }

  pushStaged(): void {
    this.column.push(this.#staged);
  }

  at(row: number): number {
    return this.column.at(row);
  }
}

const QUOTE = Buffer.from('"');

/** For texts of which few are different. */
export class TextField implements Field {
  readonly column = new TextColumn();
  #staged = 0;

  stageNext(cursor: JournalCursor): boolean {
    if (!cursor.skip(QUOTE)) return false;
    const from = cursor.at;
    const to = cursor.closingQuote();
    if (to < 0) return false;
    this.#staged = this.column.numberOfBytes(cursor.bytes, from, to);
    return true;
  }

  stage(value: unknown): boolean {
    if (typeof value !== "string") return false;
    this.#staged = this.column.numberOf(value);
    return true;
  }

  pushStaged(): void {
    this.column.pushNumber(this.#staged);
  }

  at(row: number): string {
    return this.column.at(row);
  }
}

export class HistogramField implements Field {
  readonly histograms = new PackedHistograms();
  /** Undefined: staged there already. */
  #staged: string | undefined;

  stageNext(cursor: JournalCursor): boolean {
    if (!cursor.skip(QUOTE)) return false;
    const from = cursor.at;
    const to = cursor.nextQuote();
    this.#staged = undefined;
    return to >= 0 && this.histograms.stage(cursor.bytes, from, to);
  }

  stage(value: unknown): boolean {
    if (typeof value !== "string") return false;
    this.#staged = value;
    return true;
  }

  pushStaged(): void {
    if (this.#staged === undefined) this.histograms.pushStaged();
    else this.histograms.push(this.#staged);
  }

  at(row: number): string {
    return this.histograms.textAt(row);
  }
}

const VALUE = Buffer.from('{"value":');
const UNIT = Buffer.from(',"unit":');
const CLOSE = Buffer.from("}");

export class QuantityField implements Field {
  readonly value = new NumberField();
  readonly unit = new TextField();

  stageNext(cursor: JournalCursor): boolean {
    return (
      cursor.skip(VALUE) &&
      this.value.stageNext(cursor) &&
      cursor.skip(UNIT) &&
      this.unit.stageNext(cursor) &&
      cursor.skip(CLOSE)
    );
  }

  stage(value: unknown): boolean {
    if (typeof value !== "object" || value === null || Object.keys(value).length !== 2)
      return false;
    return (
      "value" in value &&
      "unit" in value &&
      this.value.stage(value.value) &&
      this.unit.stage(value.unit)
    );
  }

  pushStaged(): void {
    this.value.pushStaged();
    this.unit.pushStaged();
  }

  at(row: number): { readonly value: number; readonly unit: string } {
    return { value: this.value.at(row), unit: this.unit.at(row) };
  }
}
