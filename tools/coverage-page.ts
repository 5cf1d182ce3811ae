/** The page on how much of the catalogue real runs went through, from what `lakeproof coverage --json` kept of them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { COMPOSITIONS, FAULTS } from "../chaos/index.ts";
import { readCoverage } from "../slo/coverage-file.ts";
import { uncovered, type CoverageRow } from "../slo/coverage.ts";
import { ROOT } from "./tables.ts";

const COVERAGE_FILE = "docs/coverage.json";

/** Head and rows of the table, and the sentences around it. */
export interface CoveragePage {
  readonly source: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

export function coveragePage(): CoveragePage {
  const kept = readCoverage(join(ROOT, COVERAGE_FILE), (path) => readFileSync(path, "utf8"));
  const missing = uncovered(Object.keys({ ...FAULTS, ...COMPOSITIONS }), kept.rows);
  return {
    source: COVERAGE_FILE,
    head: [
      ...["Fault", "Component", "Class", "Injected", "Evidenced", "Recovered in budget"],
      ...["Slowest recovery", "Most of its budget", "Evidence of one"],
    ],
    rows: kept.rows.map(cells),
    notes: [
      `Runs: ${kept.runIds.map((runId) => `\`${runId}\``).join(", ")}.`,
      missing.length === 0
        ? "Every name of the catalogue was injected."
        : `Not injected in them: ${missing.map((name) => `\`${name}\``).join(", ")}.`,
    ],
  };
}

function cells(row: CoverageRow): readonly string[] {
  const { recoveryMsMax, budgetRatioMax } = row;
  return [
    row.basis === undefined ? `\`${row.fault}\`` : `\`${row.fault}\` (\`${row.basis}\`)`,
    `\`${row.component}\``,
    row.faultClasses.join(", "),
    String(row.injectedCount),
    String(row.evidencedCount),
    String(row.inBudgetCount),
    recoveryMsMax === undefined ? "–" : `${(recoveryMsMax / 1000).toFixed(1)} s`,
    budgetRatioMax === undefined ? "–" : budgetRatioMax.toFixed(2),
    row.evidence ?? "none",
  ];
}
