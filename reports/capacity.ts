/** What each stage carries, as text and as Markdown. */
import type { CapacityReport, StageCapacity } from "../core/contracts/capacity.ts";
import type { CapacityLadder } from "../core/contracts/report.ts";
import type { TextTable } from "./budgets.ts";
import { formatNumber, formatRatio, NONE } from "./format.ts";

export function renderCapacity(report: CapacityReport): string {
  const { environment, windowMs, toleranceRatio } = report;
  return [
    `capacity of ${report.topology} on ${environment.cpuModel}, ${String(environment.cpuCount)} cores (${report.ended})`,
    `windows of ${String(windowMs / 1000)} s, tolerance ${formatRatio(toleranceRatio)}, ${String(report.steps.length)} steps, seed ${report.seed}`,
    "",
    `${"stage".padEnd(14)} ${"holds".padStart(16)} ${"breaks".padStart(10)}  verdict`,
    ...report.stages.flatMap((stage) => stageLines(stage)),
    ...report.notMeasured.map(
      ({ target, reason }) =>
        `${target.padEnd(14)} ${NONE.padStart(16)} ${NONE.padStart(10)}  not measured: ${reason}`,
    ),
    "",
  ].join("\n");
}

function stageLines(stage: StageCapacity): readonly string[] {
  const { target, result, saturated } = stage;
  const cores = Object.entries(stage.perCore).map(
    ([name, perCore]) => `${name} ${formatNumber(perCore)}`,
  );
  const indent = " ".repeat(44);
  return [
    `${target.padEnd(14)} ${holdsText(stage).padStart(16)} ${rateText(result.brokenRatePerS).padStart(10)}  ${result.status}: ${result.because}`,
    ...(saturated === undefined
      ? []
      : [`${indent}first saturated: ${saturated.stage}, ${saturated.because}`]),
    ...(cores.length === 0 ? [] : [`${indent}${stage.unit} per core: ${cores.join(", ")}`]),
  ];
}

function holdsText({ result, unit }: StageCapacity): string {
  const prefix = result.status === "at-least" ? "≥ " : "";
  return result.ratePerS === undefined ? NONE : `${prefix}${rateText(result.ratePerS)} ${unit}`;
}

function rateText(ratePerS: number | undefined): string {
  return ratePerS === undefined ? NONE : formatNumber(ratePerS);
}

/** A row a stage, measured or not. */
export function stageTable(report: CapacityReport): TextTable {
  const measured = report.stages.map((stage) => [
    stage.target,
    holdsText(stage),
    rateText(stage.result.brokenRatePerS),
    `${stage.result.status}: ${stage.result.because}`,
    stage.saturated === undefined ? NONE : `${stage.saturated.stage}, ${stage.saturated.because}`,
    Object.entries(stage.perCore)
      .map(([name, perCore]) => `${name} ${formatNumber(perCore)}`)
      .join(", ") || NONE,
  ]);
  const notMeasured = report.notMeasured.map(({ target, reason }) => [
    target,
    NONE,
    NONE,
    `not measured: ${reason}`,
    NONE,
    NONE,
  ]);
  return {
    label: "The highest rate of each stage",
    heads: ["Stage", "Holds", "Breaks", "Verdict", "First saturated", "Per core"],
    rows: [...measured, ...notMeasured],
  };
}

/** Each window of a target as a rung; what was asked again stands beside what it was asked for. */
export function laddersOf({ stages, steps }: CapacityReport): readonly CapacityLadder[] {
  return stages.map(({ target, unit }) => ({
    title: `Capacity of ${target}`,
    loadUnit: unit,
    throughputUnit: unit,
    rungs: steps
      .filter((step) => step.target === target)
      .map(({ ratePerS, achievedPerS, status, because }) => ({
        ...{ load: ratePerS, throughputPerS: achievedPerS, status },
        ...(status === "holds" ? {} : { limitedBy: because }),
      })),
  }));
}

export function renderCapacityMarkdown(report: CapacityReport): string {
  const row = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const { heads, rows } = stageTable(report);
  const steps = report.steps.map((step) =>
    row([
      step.target,
      step.purpose,
      formatNumber(step.ratePerS),
      formatNumber(step.achievedPerS),
      step.status,
      step.because,
    ]),
  );
  return [
    `# Capacity of ${report.topology}`,
    "",
    `${report.environment.cpuModel}, ${String(report.environment.cpuCount)} cores. Windows of ${String(report.windowMs / 1000)} s, tolerance ${formatRatio(report.toleranceRatio)}, seed ${report.seed}, ended ${report.ended}. Again: \`${report.rerun}\`.`,
    "",
    row(heads),
    row(heads.map(() => "---")),
    ...rows.map(row),
    "",
    "## Steps",
    "",
    row(["Stage", "Step", "Offered/s", "Achieved/s", "Verdict", "Tightest condition"]),
    row(["---", "---", "---", "---", "---", "---"]),
    ...steps,
    "",
  ].join("\n");
}
