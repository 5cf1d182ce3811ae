/** Golden texts of comparisons, a calibration and a history: exactly what people and CI summaries get. */
import { expect, test } from "vitest";
import { renderCalibration } from "../../reports/calibration.ts";
import { renderComparison, renderComparisonMarkdown } from "../../reports/comparison.ts";
import { renderHistory } from "../../reports/history.ts";
import { judge } from "../../core/judge.ts";
import { CHECKS } from "../../slo/checks/index.ts";
import { calibrate } from "../../slo/regression/calibrate.ts";
import { historyEntry, seriesHistory } from "../../slo/regression/history.ts";
import { runMetrics } from "../../slo/regression/run-metrics.ts";
import { spreadRun } from "../../slo/regression/two-runs.ts";
import { OPTIONS, pairsOfRuns, randomOf, twoRuns } from "../fixtures/comparisons.ts";
import { variedRun } from "../fixtures/varied-runs.ts";

const SCREEN = { color: false, columns: 110 };

test("two runs with a slowdown of ten percent", async () => {
  const comparison = twoRuns(
    { runId: "A", seed: 1 },
    { runId: "B", seed: 2, slowdownRatio: 0.1, failedPerWindow: 1 },
    { ...OPTIONS, deviations: ["config environment.versions.trino: 476 → 477 | `x` <b> (B)"] },
  );
  await expect(renderComparison(comparison, SCREEN)).toMatchFileSnapshot(
    "files/comparison-two-runs.console.txt",
  );
  await expect(renderComparisonMarkdown(comparison)).toMatchFileSnapshot(
    "files/comparison-two-runs.md",
  );
});

test("eight pairs without a change", async () => {
  const comparison = pairsOfRuns(8, { noiseRatio: 0.02 }, {}, 0.01);
  await expect(renderComparison(comparison, SCREEN)).toMatchFileSnapshot(
    "files/comparison-pairs.console.txt",
  );
});

test("colours change nothing but the colours", () => {
  const comparison = pairsOfRuns(5, {}, { slowdownRatio: 0.1 });
  const coloured = renderComparison(comparison, { ...SCREEN, color: true });
  expect(coloured).toContain("\u001b[");
  // eslint-disable-next-line no-control-regex -- the escape character is what is looked for
  expect(coloured.replace(/\u001b\[\d+m/g, "")).toBe(renderComparison(comparison, SCREEN));
});

test("a calibration of four runs", async () => {
  const runs = [1, 2, 3, 4].map((seed) =>
    spreadRun(
      runMetrics(variedRun({ runId: `A${String(seed)}`, seed, noiseRatio: 0.03 })),
      OPTIONS,
    ),
  );
  const calibration = calibrate(runs, { ...OPTIONS, source: "journals", trialCount: 50 });
  await expect(renderCalibration(calibration)).toMatchFileSnapshot("files/calibration.console.txt");
});

test("a history whose newest level is worse", async () => {
  const entries = Array.from({ length: 24 }, (_, night) => {
    const journal = variedRun({
      runId: `night${String(night).padStart(2, "0")}`,
      seed: night + 1,
      startedAtEpochMs: night * 86_400_000,
      noiseRatio: 0.01,
      slowdownRatio: night < 18 ? 0 : 0.15,
      environment: { versions: { trino: night < 18 ? "476" : "477" } },
    });
    const judgement = judge(journal, Object.values(CHECKS));
    return historyEntry({ journal, judgement, journalSha256: "0".repeat(64), suite: undefined });
  });
  const history = seriesHistory(entries, { effectRatioMin: 0.05, randomOf, acknowledgements: [] });
  await expect(renderHistory(history, SCREEN)).toMatchFileSnapshot("files/history.console.txt");
});
