import { describe, expect, it } from "vitest";
import { encodeHistogram, newHistogram, recordMs } from "../../../core/histogram.ts";
import { LatencyCounts } from "../../../core/latency-counts.ts";
import { Random } from "../../../generators/random.ts";

const EDGES_MS = [
  ...[-1, 0, 0.0004, 0.001, 0.0015, 2.046, 2.047, 2.048, 2.049, 4.095, 4.096, 4.097],
  ...[1_048_575, 1_048_576, 2_097_151, 2_147_483.647, 2_147_483.648, 3_599_999.999, 3_600_000],
  ...[3_600_001, 1e12],
];

describe("latency counts", () => {
  it.each(EDGES_MS)("count %d ms in the bucket that a histogram counts it in", (latencyMs) => {
    const counts = new LatencyCounts();
    const histogram = newHistogram();
    counts.recordMs(latencyMs);
    recordMs(histogram, latencyMs);
    expect(encodeHistogram(counts.histogram())).toBe(encodeHistogram(histogram));
  });

  it("are the histogram of 20,000 values of every size", () => {
    const random = new Random(5n);
    const counts = new LatencyCounts();
    const histogram = newHistogram();
    for (let index = 0; index < 20_000; index += 1) {
      const latencyMs = Math.exp(random.unit() * 23 - 7);
      counts.recordMs(latencyMs);
      recordMs(histogram, latencyMs);
    }
    expect(counts.count).toBe(20_000);
    expect(encodeHistogram(counts.histogram())).toBe(encodeHistogram(histogram));
  });
});
