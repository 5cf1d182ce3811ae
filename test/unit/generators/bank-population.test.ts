/** Owners and accounts by arithmetic: consistent both ways, in equal shares, at any size. */
import { describe, expect, it } from "vitest";
import { Population } from "../../../generators/bank-population.ts";
import { streamKey } from "../../../generators/random.ts";

const population = (userCount: number, seed = 1n): Population =>
  new Population(userCount, streamKey(seed, "test"));

describe("Population", () => {
  it.each([4, 5, 6, 7, 3_001])(
    "with %d users: every account has one owner, each owner his run",
    (userCount) => {
      const bank = population(userCount);
      let next = 0;
      for (let user = 0; user < userCount; user += 1) {
        const count = bank.accountCountOf(user);
        expect(count).toBeGreaterThanOrEqual(1);
        expect(count).toBeLessThanOrEqual(user === 0 ? 1 : 3);
        expect(bank.firstAccountOf(user)).toBe(next);
        for (let index = 0; index < count; index += 1) {
          expect(bank.ownerOf(next)).toBe(user);
          next += 1;
        }
      }
      expect(bank.accountCount).toBe(next);
    },
  );

  it("gives a third of the customers one account, a third two, a third three, in a drawn order", () => {
    const bank = population(30_001);
    const counts = [0, 0, 0];
    for (let user = 1; user <= 30_000; user += 1) {
      const index = bank.accountCountOf(user) - 1;
      counts[index] = (counts[index] ?? 0) + 1;
    }
    expect(counts).toEqual([10_000, 10_000, 10_000]);
    // Each of the six orders 1667 ± 5 × 37 times in 10,000 blocks.
    const orders = new Map<string, number>();
    for (let user = 1; user <= 30_000; user += 3) {
      const order = [0, 1, 2].map((place) => bank.accountCountOf(user + place)).join();
      orders.set(order, (orders.get(order) ?? 0) + 1);
    }
    expect(orders.size).toBe(6);
    for (const count of orders.values()) expect(Math.abs(count - 1_667)).toBeLessThan(186);
    const order = (seed: bigint): string =>
      Array.from({ length: 60 }, (_, user) => population(61, seed).accountCountOf(user)).join();
    expect(order(1n)).not.toBe(order(2n));
  });

  it("answers for ten million users as for ten", () => {
    const bank = population(10_000_000);
    expect(bank.accountCount).toBe(1 + 3_333_333 * 6);
    const last = bank.accountCount - 1;
    expect(bank.ownerOf(last)).toBe(9_999_999);
    expect(bank.firstAccountOf(bank.ownerOf(12_345_678))).toBeLessThanOrEqual(12_345_678);
  });

  it("gives accounts opened later to customers, for good and evenly", () => {
    const bank = population(101);
    const owners = Array.from({ length: 20_000 }, (_, index) =>
      bank.ownerOf(bank.accountCount + index),
    );
    const counts = new Map<number, number>();
    for (const owner of owners) counts.set(owner, (counts.get(owner) ?? 0) + 1);
    expect(counts.size).toBe(100);
    expect(counts.has(0)).toBe(false);
    // 200 ± 5 × 14 each.
    for (const count of counts.values()) expect(Math.abs(count - 200)).toBeLessThan(71);
    expect(bank.ownerOf(bank.accountCount + 7)).toBe(owners[7]);
  });
});
