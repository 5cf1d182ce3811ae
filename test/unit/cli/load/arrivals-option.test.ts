import { describe, expect, it } from "vitest";
import { KafkaJob } from "../../../../cli/load/kafka-agent-protocol.ts";
import { arrivalsOf } from "../../../../cli/load/arrivals-option.ts";

describe("--arrivals", () => {
  it.each([
    ["poisson", "poisson"],
    ["uniform", "uniform"],
    [
      "burst:periodMs=60000,burstMs=6000,peakRatio=4",
      { kind: "burst", spacing: "poisson", periodMs: 60_000, burstMs: 6000, peakRatio: 4 },
    ],
    [
      "diurnal:periodMs=600000, peakRatio=1.8, spacing=uniform",
      { kind: "diurnal", spacing: "uniform", periodMs: 600_000, peakRatio: 1.8 },
    ],
  ])("%s", (text, arrivals) => {
    expect(arrivalsOf(text)).toEqual(arrivals);
    // An agent is told the same.
    expect(KafkaJob.shape.arrivals.parse(JSON.parse(JSON.stringify(arrivals)))).toEqual(arrivals);
  });

  it.each([
    ["often", [/"often"/]],
    ["burst", [/periodMs is no number.*burstMs is no number.*peakRatio is no number/]],
    ["diurnal:periodMs=60000,peakRatio=1.5,burstMs=5", [/"burstMs" is not known/]],
    [
      "diurnal:periodMs=60000,peakRatio=3",
      [/--arrivals\.peakRatio is 3: allowed are above 1 to 2/],
    ],
    ["diurnal:periodMs=60000,peakRatio=1e1", [/peakRatio is no number/]],
    ["burst:periodMs=60000,burstMs=6000,peakRatio=4,spacing=often", [/spaced "often"/]],
  ])("refuses %s with what is wrong and what is allowed", (text, words) => {
    for (const word of words) expect(() => arrivalsOf(text)).toThrow(word);
    expect(() => arrivalsOf(text)).toThrow(
      expect.objectContaining({ code: "USAGE", hint: expect.stringContaining("burst:") as string }),
    );
  });
});
