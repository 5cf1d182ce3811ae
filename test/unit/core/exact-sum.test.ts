/** Sums of millions of 48-bit fingerprints stay exact. */
import { describe, expect, it } from "vitest";
import { ExactSum } from "../../../core/exact-sum.ts";
import { Random } from "../../../generators/random.ts";

describe("ExactSum", () => {
  it("equals the sum in big integers, also after subtractions and in between", () => {
    const random = new Random(1n);
    const sum = new ExactSum();
    let expected = 0n;
    for (let index = 0; index < 20_000; index += 1) {
      const fp = random.below(2 ** 48);
      sum.add(fp);
      expected += BigInt(fp);
      if (index % 3 === 0) {
        sum.subtract(fp);
        expected -= BigInt(fp);
      }
      if (index % 5_000 === 0) expect(sum.text()).toBe(expected.toString());
    }
    expect(sum.text()).toBe(expected.toString());
    expect(expected > 2n ** 53n).toBe(true);
  });

  it("is 0 when nothing was added and shows a doubled row", () => {
    const sum = new ExactSum();
    expect(sum.text()).toBe("0");
    sum.add(2 ** 48 - 1);
    sum.add(2 ** 48 - 1);
    expect(sum.text()).toBe("562949953421310");
  });
});
