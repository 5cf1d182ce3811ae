/** Mergeable latency histograms: microseconds, three significant digits, up to one hour. */
import * as hdr from "hdr-histogram-js";

export type Histogram = hdr.Histogram;

const HIGHEST_US = 3_600_000_000;

export function newHistogram(): Histogram {
  return hdr.build({
    bitBucketSize: 64,
    autoResize: true,
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_US,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });
}

/** Records a latency in milliseconds, never below 1 µs. */
export function recordMs(histogram: Histogram, latencyMs: number): void {
  histogram.recordValue(Math.min(HIGHEST_US, Math.max(1, Math.round(latencyMs * 1000))));
}

export function encodeHistogram(histogram: Histogram): string {
  return hdr.encodeIntoCompressedBase64(histogram);
}

export function decodeHistogram(text: string): Histogram {
  return hdr.decodeFromCompressedBase64(text, 64, false);
}

export function mergeHistograms(encoded: Iterable<string>): Histogram {
  const sum = newHistogram();
  for (const text of encoded) sum.add(decodeHistogram(text));
  return sum;
}

export function percentileMs(histogram: Histogram, percentile: number): number {
  return histogram.totalCount === 0
    ? Number.NaN
    : histogram.getValueAtPercentile(percentile) / 1000;
}
