/** `lakeproof coverage`: which faults of the catalogue these runs injected, evidenced and recovered from. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { COMPOSITIONS, FAULTS } from "../chaos/index.ts";
import type { JournalReader } from "../core/contracts/journal.ts";
import { host } from "../core/host.ts";
import { JOURNAL_FILE, readJournal } from "../core/journal.ts";
import { coverageOf, mergedCoverage, uncovered, type Coverage } from "../slo/coverage.ts";
import { readCoverage } from "../slo/coverage-file.ts";

export function addCoverage(
  verb: (name: string, about: string) => Command,
  exit: (code: number) => void,
): void {
  verb("coverage <runs...>", "which faults runs injected, evidenced and recovered from in time")
    .option("--json", "machine-readable output on stdout", false)
    .option("--onto <file>", "what --json said of earlier runs: added up, no run twice")
    .action(async (runs: string[], options: CoverageOptions) => {
      exit(await coverage(runs, options));
    });
}

const textOf = (path: string): string => readFileSync(path, "utf8");

interface CoverageOptions {
  readonly json: boolean;
  readonly onto?: string;
}

/** Exit 0 also where little is covered: it is a table, not a verdict. */
async function coverage(
  runDirs: readonly string[],
  { json, onto }: CoverageOptions,
): Promise<number> {
  const earlier = onto === undefined ? undefined : readCoverage(onto, textOf);
  const journals = new Map<string, JournalReader>();
  for (const runDir of runsAmong(runDirs)) {
    const journal = await readJournal(runDir);
    // `runs/*` names the newest twice.
    if (earlier?.runIds.includes(journal.runId) === true) {
      host.err(`counted already, left out: ${journal.runId}\n`);
    } else journals.set(journal.runId, journal);
  }
  const own = coverageOf([...journals.values()]);
  const found = earlier === undefined ? own : mergedCoverage(earlier, own);
  host.out(json ? `${JSON.stringify(found, null, 2)}\n` : coverageText(found));
  return 0;
}

/** What lies beside runs (searches, curves) is left out, and said; where nothing is left, reading the first says why. */
function runsAmong(dirs: readonly string[]): readonly string[] {
  const runs = dirs.filter((dir) => existsSync(join(dir, JOURNAL_FILE)));
  const others = dirs.filter((dir) => !runs.includes(dir));
  if (runs.length === 0) return dirs.slice(0, 1);
  if (others.length > 0) host.err(`no runs, left out: ${others.join(", ")}\n`);
  return runs;
}

function coverageText({ rows, runIds }: Coverage): string {
  const missing = uncovered(Object.keys({ ...FAULTS, ...COMPOSITIONS }), rows);
  const width = Math.max(0, ...rows.map((row) => row.fault.length));
  const lines = rows.map((row) => {
    const slowest =
      row.recoveryMsMax === undefined || row.budgetRatioMax === undefined
        ? "never recovered"
        : `slowest ${(row.recoveryMsMax / 1000).toFixed(1)} s, at most ${row.budgetRatioMax.toFixed(2)} of its budget`;
    return (
      `  ${row.fault.padEnd(width)}  ${row.component.padEnd(18)} class ${row.faultClasses.join("/")}  ` +
      `injected ${String(row.injectedCount)}  evidenced ${String(row.evidencedCount)}  in budget ${String(row.inBudgetCount)}  ${slowest}`
    );
  });
  return [
    `${String(rows.length)} kinds of fault on kinds of component in ${String(runIds.length)} run(s)`,
    ...lines,
    missing.length === 0
      ? "every name of the catalogue was injected"
      : `not injected in them: ${missing.join(", ")}`,
    "",
  ].join("\n");
}
