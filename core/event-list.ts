/** Events that are made when they are asked for, each time anew: a day of them would fill the memory. */
import type { EventList } from "./contracts/event-list.ts";

export abstract class LazyEvents<E> implements EventList<E> {
  abstract readonly length: number;

  /** @param index - one that there is */
  protected abstract made(index: number): E;

  at(index: number): E | undefined {
    const place = index < 0 ? index + this.length : index;
    return place >= 0 && place < this.length ? this.made(place) : undefined;
  }

  /** Not a generator: that would take twice as long over a day. */
  [Symbol.iterator](): Iterator<E> {
    let index = 0;
    return {
      next: (): IteratorResult<E> => {
        if (index >= this.length) return { done: true, value: undefined };
        index += 1;
        return { done: false, value: this.made(index - 1) };
      },
    };
  }

  filter(keep: (event: E) => boolean): E[] {
    const kept: E[] = [];
    const { length } = this;
    for (let index = 0; index < length; index += 1) {
      const event = this.made(index);
      if (keep(event)) kept.push(event);
    }
    return kept;
  }

  map<T>(make: (event: E) => T): T[] {
    const all: T[] = [];
    const { length } = this;
    for (let index = 0; index < length; index += 1) all.push(make(this.made(index)));
    return all;
  }
}

/** Some events of a list, in its order. */
export class PickedEvents<E> extends LazyEvents<E> {
  readonly #list: EventList<E>;
  readonly #indices: Int32Array;

  /** @param indices - ascending, all of the list */
  constructor(list: EventList<E>, indices: readonly number[]) {
    super();
    this.#list = list;
    this.#indices = Int32Array.from(indices);
  }

  get length(): number {
    return this.#indices.length;
  }

  protected made(index: number): E {
    return this.#list.at(this.#indices[index] ?? -1) as E;
  }
}
