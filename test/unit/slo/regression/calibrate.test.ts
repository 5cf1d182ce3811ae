/** The gate's own figures: noise is measured, false alarms are counted, and the simulation keeps its promise. */
import { describe, expect, test } from "vitest";
import { calibrate } from "../../../../slo/regression/calibrate.ts";
import { runMetrics } from "../../../../slo/regression/run-metrics.ts";
import { simulateGate, type GateToSimulate } from "../../../../slo/regression/simulate.ts";
import { spreadRun } from "../../../../slo/regression/two-runs.ts";
import { OPTIONS, randomOf } from "../../../fixtures/comparisons.ts";
import { variedRun } from "../../../fixtures/varied-runs.ts";

const GATE: GateToSimulate = {
  design: "pairs",
  pairCount: 10,
  metricCount: 12,
  noiseRatio: 0.02,
  noiseRatioAssumed: 0.02,
  effectRatioMin: 0.05,
  slowdownRatios: [0.05, 0.1],
  trialCount: 200,
  randomOf,
};

describe("simulated gates", () => {
  test("ten pairs at 2 % noise: hardly a false alarm, ten percent found, no change shown", () => {
    const gate = simulateGate(GATE);
    expect(gate.falseAlarmRatio).toBeLessThanOrEqual(0.01);
    expect(gate.misses[1]?.missRatio).toBeLessThanOrEqual(0.05);
    expect(gate.equivalentRatio).toBeGreaterThan(0.95);
  });

  test("through 20 % noise the gate keeps silent rather than guess", () => {
    const gate = simulateGate({ ...GATE, noiseRatio: 0.2 });
    expect(gate.falseAlarmRatio).toBeLessThanOrEqual(0.1);
    expect(gate.equivalentRatio).toBeLessThan(0.05);
    expect(gate.misses[1]?.missRatio).toBeGreaterThan(0.9);
  });

  test("two runs are as good as the noise they assume, and no better", () => {
    const two = { ...GATE, design: "two-runs", pairCount: 1 } as const;
    expect(simulateGate(two).falseAlarmRatio).toBeLessThanOrEqual(0.05);
    expect(simulateGate({ ...two, noiseRatio: 0.1 }).falseAlarmRatio).toBeGreaterThan(0.5);
    expect(
      simulateGate({ ...two, noiseRatio: 0.1, noiseRatioAssumed: 0.1 }).falseAlarmRatio,
    ).toBeLessThanOrEqual(0.1);
  });

  test("the same seed gives the same figures", () => {
    expect(simulateGate({ ...GATE, trialCount: 20 })).toEqual(
      simulateGate({ ...GATE, trialCount: 20 }),
    );
  });
});

describe("a calibration", () => {
  const runs = [1, 2, 3, 4, 5, 6].map((seed) =>
    spreadRun(
      runMetrics(variedRun({ runId: `A${String(seed)}`, seed, noiseRatio: 0.05 })),
      OPTIONS,
    ),
  );
  const calibration = calibrate(runs, { ...OPTIONS, source: "journals", trialCount: 20 });

  test("measures the noise that was put in", () => {
    const noise = calibration.noise.find((one) => one.id === "latency.simple.p50");
    expect(noise?.runCount).toBe(6);
    expect(noise?.noiseRatio).toBeGreaterThan(0.02);
    expect(noise?.noiseRatio).toBeLessThan(0.1);
    expect(noise?.pairCountNeeded).toBeGreaterThan(5);
  });

  test("compares each two runs in both directions and counts what is called by mistake", () => {
    const { observed, simulated } = calibration;
    expect(observed.comparisonCount).toBe(6 * 5);
    expect(observed.metricVerdictCount).toBe(30 * calibration.noise.length);
    // 5 % noise where 2 % are assumed: there are false alarms, and they are told.
    expect(observed.falseAlarmCount).toBeGreaterThan(0);
    expect(observed.regressedMetricCount).toBeGreaterThanOrEqual(observed.falseAlarmCount);
    expect(simulated.map((gate) => gate.pairCount)).toEqual([1, 6, 10, 16]);
  });

  test("raises fewer where each metric's noise is what the other runs show", () => {
    const { observed, observedAtOwnNoise } = calibration;
    expect(observedAtOwnNoise?.comparisonCount).toBe(30);
    expect(observedAtOwnNoise?.falseAlarmCount).toBeLessThan(observed.falseAlarmCount);
    const four = calibrate(runs.slice(0, 4), { ...OPTIONS, source: "journals", trialCount: 2 });
    // Two of four are compared: two others are too few to tell a noise.
    expect(four.observedAtOwnNoise).toBeUndefined();
  });

  test("tells each metric's own false alarms with an interval, and they add up to all of them", () => {
    const { observed } = calibration;
    expect(observed.metrics.map(({ id }) => id).sort()).toEqual(
      calibration.noise.map(({ id }) => id).sort(),
    );
    const sum = observed.metrics.reduce((total, one) => total + one.falseAlarmCount, 0);
    expect(sum).toBe(observed.regressedMetricCount);
    for (const one of [observed, ...observed.metrics]) {
      expect(one.comparisonCount).toBe(30);
      expect(one.falseAlarmRatio).toBeCloseTo(one.falseAlarmCount / 30, 12);
      expect(one.falseAlarmRatioLower).toBeLessThanOrEqual(one.falseAlarmRatio);
      expect(one.falseAlarmRatioUpper).toBeGreaterThanOrEqual(one.falseAlarmRatio);
    }
    // Six runs are three independent pairs: even without one alarm much more could be true.
    const silent = observed.metrics.find(({ falseAlarmCount }) => falseAlarmCount === 0);
    expect(silent?.falseAlarmRatioUpper).toBeCloseTo(1 - 0.05 ** (1 / 3), 9);
  });
});
