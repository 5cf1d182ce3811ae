/** The most recently used of what was read, within a bound on its bytes. Files of a lake never change, so nothing grows stale. */

export class ByteBoundCache<T> {
  readonly #byteCountMax: number;
  /** In the order of use, the least recent first. */
  readonly #entries = new Map<string, { readonly value: T; readonly byteCount: number }>();
  #byteCount = 0;

  constructor(byteCountMax: number) {
    this.#byteCountMax = byteCountMax;
  }

  get byteCount(): number {
    return this.#byteCount;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** What is larger than the whole bound is not kept. */
  set(key: string, value: T, byteCount: number): void {
    this.#drop(key);
    if (byteCount > this.#byteCountMax) return;
    this.#entries.set(key, { value, byteCount });
    this.#byteCount += byteCount;
    for (const oldest of this.#entries.keys()) {
      if (this.#byteCount <= this.#byteCountMax) return;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#byteCount -= this.#entries.get(key)?.byteCount ?? 0;
    this.#entries.delete(key);
  }
}
