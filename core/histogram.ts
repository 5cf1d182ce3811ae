/** Mergeable latency histograms: microseconds, three significant digits, up to one hour. */
import * as hdr from "hdr-histogram-js";
import { LakeproofError } from "./errors.ts";

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

/** Every value that was recorded, with how often, in ascending order: what percentiles are read from. */
export function recordedValues(
  histogram: Histogram,
): readonly { readonly valueMs: number; readonly count: number }[] {
  if (!(histogram instanceof hdr.JsHistogram)) {
    throw new LakeproofError("INTERNAL", "This histogram does not show its buckets.", {
      hint: "Make histograms with newHistogram or decodeHistogram, which build them in JavaScript.",
    });
  }
  const found: { valueMs: number; count: number }[] = [];
  let left = histogram.totalCount;
  for (let index = 0; left > 0 && index < histogram.countsArrayLength; index += 1) {
    const count = histogram.getCountAtIndex(index);
    if (count === 0) continue;
    left -= count;
    const valueUs = histogram.highestEquivalentValue(histogram.valueFromIndex(index));
    found.push({ valueMs: valueUs / 1000, count });
  }
  return found;
}
