/** The reader of histograms against the library that other tools share its format with. */
import { decodeFromCompressedBase64, encodeIntoCompressedBase64 } from "hdr-histogram-js";
import { describe, expect, test } from "vitest";
import {
  eachCount,
  encodeHistogram,
  highestUsAt,
  HistogramSum,
  mergeHistograms,
  newHistogram,
  recordedValues,
  recordMs,
} from "../../../core/histogram.ts";
import type { Histogram } from "../../../core/histogram.ts";
import { seededRandom } from "../../fixtures/seeded-random.ts";

/** From one microsecond to an hour, repeats among them. */
function filled(seed: number, count: number): Histogram {
  const random = seededRandom(seed);
  const histogram = newHistogram();
  for (let index = 0; index < count; index += 1) recordMs(histogram, 3_600_000 ** random());
  recordMs(histogram, 0);
  recordMs(histogram, 3_600_000);
  return histogram;
}

const PERCENTILES = [0, 0.1, 5, 33.3, 50, 90, 95, 99, 99.9, 100];

describe.each([1, 2, 3, 10, 350, 4_000])("a histogram of %i random values", (count) => {
  const histogram = filled(count, count);
  const text = encodeHistogram(histogram);

  test("reads the same from the bare form and from the compressed one of the library", () => {
    expect(recordedValues(text)).toEqual(recordedValues(encodeIntoCompressedBase64(histogram)));
    expect(recordedValues(text).reduce((sum, one) => sum + one.count, 0)).toBe(count + 2);
  });

  test("has the library's percentiles", () => {
    const sum = mergeHistograms([text]);
    const library = decodeFromCompressedBase64(encodeIntoCompressedBase64(histogram), 64, false);
    for (const percentile of PERCENTILES.slice(1)) {
      expect(sum.percentileMs(percentile)).toBe(library.getValueAtPercentile(percentile) / 1000);
    }
    expect(sum.percentileMs(100)).toBe(recordedValues(text).at(-1)?.valueMs);
  });
});

test("merged histograms are the histogram of everything", () => {
  const parts = [filled(1, 40), filled(2, 500), filled(3, 7)];
  const all = newHistogram();
  for (const part of parts) all.add(part);
  const sum = mergeHistograms([
    ...parts.slice(1).map(encodeHistogram),
    encodeIntoCompressedBase64(filled(1, 40)),
  ]);
  expect(sum.totalCount).toBe(all.totalCount);
  for (const percentile of PERCENTILES.slice(1)) {
    expect(sum.percentileMs(percentile)).toBe(all.getValueAtPercentile(percentile) / 1000);
  }
});

test("no samples have no percentile", () => {
  expect(mergeHistograms([encodeHistogram(newHistogram())]).percentileMs(95)).toBeNaN();
  expect(new HistogramSum().totalCount).toBe(0);
});

test("values lie below the largest of their place, and places follow each other without a gap", () => {
  for (const valueMs of [0.001, 1, 2.047, 2.048, 2.049, 99.999, 12_345.678, 3_599_999]) {
    const histogram = newHistogram();
    recordMs(histogram, valueMs);
    const [found] = recordedValues(encodeHistogram(histogram));
    expect(found?.valueMs).toBeGreaterThanOrEqual(valueMs);
    expect((found?.valueMs ?? 0) / valueMs).toBeLessThan(1.001);
  }
  for (let index = 1; index < 23_000; index += 1) {
    expect(highestUsAt(index)).toBeGreaterThan(highestUsAt(index - 1));
  }
});

describe("what is no histogram", () => {
  const text = encodeHistogram(filled(1, 20));
  const bytes = Buffer.from(text, "base64");
  const edited = (edit: (copy: Buffer) => void): string => {
    const copy = Buffer.from(bytes);
    edit(copy);
    return copy.toString("base64");
  };
  const compressed = Buffer.from(encodeIntoCompressedBase64(filled(1, 20)), "base64");
  test.each([
    ["nothing", ""],
    ["text", "hello"],
    ["one that is cut off", bytes.subarray(0, -1).toString("base64")],
    ["one cut off while compressed", compressed.subarray(0, -9).toString("base64")],
    ["one of another version", edited((copy) => copy.writeUInt32BE(0x1c849301, 0))],
    ["one of another resolution", edited((copy) => copy.writeUInt32BE(2, 12))],
    ["one that ends within a count", edited((copy) => copy.writeUInt8(0xff, copy.length - 1))],
  ])("%s is refused", (_, broken) => {
    expect(() => {
      eachCount(broken, () => undefined);
    }).toThrow(/A latency histogram cannot be read/);
  });
});
