/** Words for how many: a minority leaves a majority, and both are told apart at every size. */
import { expect, it } from "vitest";
import { countOf } from "../../../core/target-count.ts";

it("means by a minority what a majority outlives, and by a majority the least that is one", () => {
  for (let replicaCount = 1; replicaCount <= 12; replicaCount += 1) {
    const [minority, majority] = [
      countOf("minority", replicaCount),
      countOf("majority", replicaCount),
    ];
    expect(replicaCount - minority).toBeGreaterThan(replicaCount / 2);
    expect(replicaCount - (minority + 1)).toBeLessThanOrEqual(replicaCount / 2);
    expect(majority).toBeGreaterThan(replicaCount / 2);
    expect(majority - 1).toBeLessThanOrEqual(replicaCount / 2);
    expect(countOf("all", replicaCount)).toBe(replicaCount);
    expect(countOf(undefined, replicaCount)).toBe(1);
    expect(countOf(3, replicaCount)).toBe(3);
  }
});
