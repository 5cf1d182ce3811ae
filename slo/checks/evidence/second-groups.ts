/** Counts of any number of series by the second: series of different classes have their own phase within it. */
import type { TimedGroup } from "./rows.ts";

type Group = { -readonly [field in keyof TimedGroup]: TimedGroup[field] };

const SECOND_MS = 1000;

export class SecondGroups {
  /** From #first on, one a second; undefined: nothing was expected in it. */
  readonly #groups: (Group | undefined)[] = [];
  #first = 0;

  add(fromMs: number, n: number, bad: number, sureBad: number): void {
    const group = this.#groupAt(Math.floor(fromMs / SECOND_MS));
    group.n += n;
    group.bad += bad;
    group.sureBad += sureBad;
  }

  #groupAt(second: number): Group {
    if (this.#groups.length === 0) this.#first = second;
    for (; second < this.#first; this.#first -= 1) this.#groups.unshift(undefined);
    const index = second - this.#first;
    while (this.#groups.length <= index) this.#groups.push(undefined);
    const group = this.#groups[index] ?? { fromMs: second * SECOND_MS, n: 0, bad: 0, sureBad: 0 };
    this.#groups[index] = group;
    return group;
  }

  inOrder(): readonly TimedGroup[] {
    return this.#groups.filter((group) => group !== undefined);
  }
}
