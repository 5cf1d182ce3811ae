/** The cache keeps what was used last, and never more than its bound. */
import { describe, expect, it } from "vitest";
import { ByteBoundCache } from "../../../../../slo/probes/lake-files/cache.ts";
import { seededRandom } from "../../../../fixtures/seeded-random.ts";

describe("the cache", () => {
  it("lets go of what was used least recently", () => {
    const cache = new ByteBoundCache<string>(10);
    cache.set("a", "A", 4);
    cache.set("b", "B", 4);
    expect(cache.get("a")).toBe("A");
    cache.set("c", "C", 4);
    expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual(["A", undefined, "C"]);
  });

  it("does not keep what is larger than all of it, nor an older value in its place", () => {
    const cache = new ByteBoundCache<string>(10);
    cache.set("a", "old", 4);
    cache.set("a", "new", 11);
    expect(cache.get("a")).toBeUndefined();
    expect(cache.byteCount).toBe(0);
  });

  it.each([1, 2, 3])("never exceeds its bound (seed %i)", (seed) => {
    const random = seededRandom(seed);
    const cache = new ByteBoundCache<number>(1000);
    const kept = new Map<string, number>();
    for (let step = 0; step < 2000; step += 1) {
      const key = String(Math.floor(random() * 40));
      const size = Math.floor(random() * 300);
      cache.set(key, step, size);
      kept.set(key, step);
      expect(cache.byteCount).toBeLessThanOrEqual(1000);
      expect([undefined, kept.get(key)]).toContain(cache.get(key));
    }
  });
});
