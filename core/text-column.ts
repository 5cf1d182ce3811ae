/** Texts of one field of very many events, few of them different: each is kept once. */
import { NumberColumn } from "./number-column.ts";

export class TextColumn {
  readonly #texts: string[] = [];
  readonly #bytes: Buffer[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #rows = new NumberColumn();
  #last = 0;

  pushNumber(number: number): void {
    this.#rows.push(number);
  }

  at(row: number): string {
    return this.#texts[this.#rows.at(row)] ?? "";
  }

  numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.#texts.length;
    this.#texts.push(text);
    this.#bytes.push(Buffer.from(text, "utf8"));
    this.#numbers.set(text, number);
    return number;
  }

  /** The same of plain ASCII in a buffer, mostly without making a text of it: neighbours tend to be alike. */
  numberOfBytes(bytes: Uint8Array, from: number, to: number): number {
    const count = Math.min(this.#bytes.length, SEARCHED_MAX);
    for (let step = 0; step < count; step += 1) {
      const number = (this.#last + step) % count;
      if (isSame(this.#bytes[number], bytes, from, to)) {
        // Where they take turns the next one is the next one.
        this.#last = number;
        return number;
      }
    }
    let text = "";
    for (let at = from; at < to; at += 1) text += String.fromCharCode(bytes[at] ?? 0);
    return this.numberOf(text);
  }
}

const SEARCHED_MAX = 32;

function isSame(one: Buffer | undefined, bytes: Uint8Array, from: number, to: number): boolean {
  if (one?.length !== to - from) return false;
  // From the end: names of instances begin alike.
  for (let at = to - 1; at >= from; at -= 1) if (one[at - from] !== bytes[at]) return false;
  return true;
}
