/** What the regression gate is worth: noise of the runs, its false alarms and its misses. */
import type { AlarmShare, Calibration, SimulatedGate } from "../core/contracts/calibration.ts";
import { figureOf } from "./comparison.ts";
import { formatNumber, formatRatio, plural } from "./format.ts";

export function renderCalibration(calibration: Calibration): string {
  const { noise, observed, runs, simulated } = calibration;
  const width = Math.max(10, ...noise.map((one) => one.title.length));
  const lines = [
    `${plural(runs.length, "run")} of the same thing: ${runs.map((run) => run.runId).join(", ")}`,
    ...calibration.deviations.map((text) => `deviation: ${text}`),
    "",
    "noise of one run (standard deviation), and pairs of runs to see the minimum effect through it",
    ...noise.map(
      (one) =>
        `  ${one.title.padEnd(width)}  ${figureOf(one.median).padStart(12)}  ${formatRatio(one.noiseRatio).padStart(7)}  ${formatNumber(one.pairCountNeeded).padStart(6)} pairs`,
    ),
    "",
    `each two of them compared, both ways (${formatRatio(calibration.noiseRatioAssumed)} noise assumed): ` +
      `${formatNumber(observed.falseAlarmCount)} of ${formatNumber(observed.comparisonCount)} comparisons raised a false alarm, ` +
      `${formatNumber(observed.regressedMetricCount)} of ${formatNumber(observed.metricVerdictCount)} metrics were called REGRESSED`,
    ...(calibration.source === "history"
      ? [
          "(the history keeps no windows: each figure counts as exact, and only that noise is allowed for)",
        ]
      : []),
    `false-alarm rate as observed, ${formatRatio(observed.confidenceRatio)} interval; ` +
      `${plural(runs.length, "run")} are ${plural(Math.floor(runs.length / 2), "independent pair")}, which is what keeps it wide`,
    `  ${"any metric".padEnd(width)}  ${shareText(observed)}`,
    ...observed.metrics.map((one) => `  ${one.title.padEnd(width)}  ${shareText(one)}`),
    ...ownNoiseLines(calibration, width),
    "",
    ...simulatedLines(simulated),
  ];
  return `${lines.join("\n")}\n`;
}

function ownNoiseLines({ observedAtOwnNoise: own }: Calibration, width: number): readonly string[] {
  if (own === undefined) return [];
  const called = own.metrics.filter(({ falseAlarmCount }) => falseAlarmCount > 0);
  return [
    "the same with each metric's noise as the other runs show it (`compare A B --noise-from <these runs>`)",
    `  ${"any metric".padEnd(width)}  ${shareText(own)}`,
    ...called.map((one) => `  ${one.title.padEnd(width)}  ${shareText(one)}`),
  ];
}

function shareText(share: AlarmShare): string {
  const { falseAlarmCount, comparisonCount } = share;
  // A bound below a hundredth of a percent is none.
  const [lower, upper] = [share.falseAlarmRatioLower, share.falseAlarmRatioUpper].map((ratio) =>
    formatRatio(Number(ratio.toFixed(4))),
  );
  const range = `${lower ?? ""} to ${upper ?? ""}`;
  return `${formatRatio(share.falseAlarmRatio).padStart(7)}  (${range})  ${String(falseAlarmCount)} of ${String(comparisonCount)}`;
}

function simulatedLines(gates: readonly SimulatedGate[]): readonly string[] {
  const [first] = gates;
  if (first === undefined) return [];
  const slowdowns = first.misses.map(({ slowdownRatio }) => `+${formatRatio(slowdownRatio)}`);
  const heads = ["false alarm", "shown equal", ...slowdowns.map((text) => `missed ${text}`)];
  return [
    `simulated: ${plural(first.trialCount, "comparison")} a figure, ${plural(first.metricCount, "independent metric")}, ` +
      `${formatRatio(first.noiseRatio)} noise a run; false alarm = any metric REGRESSED when nothing changed`,
    `  ${"".padEnd(10)}${heads.map((head) => head.padStart(15)).join("")}`,
    ...gates.map((gate) => {
      const design = gate.design === "pairs" ? plural(gate.pairCount, "pair") : "two runs";
      const cells = [
        gate.falseAlarmRatio,
        gate.equivalentRatio,
        ...gate.misses.map((miss) => miss.missRatio),
      ];
      return `  ${design.padEnd(10)}${cells.map((ratio) => formatRatio(ratio).padStart(15)).join("")}`;
    }),
  ];
}
