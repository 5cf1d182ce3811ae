/** `lakeproof coverage`: which faults of the catalogue these runs injected, evidenced and recovered from. */
import type { Command } from "commander";
import { COMPOSITIONS, FAULTS } from "../chaos/index.ts";
import type { JournalReader } from "../core/contracts/journal.ts";
import { host } from "../core/host.ts";
import { readJournal } from "../core/journal.ts";
import { coverageOf, type Coverage } from "../slo/coverage.ts";

export function addCoverage(
  verb: (name: string, about: string) => Command,
  exit: (code: number) => void,
): void {
  verb("coverage <runs...>", "which faults runs injected, evidenced and recovered from in time")
    .option("--json", "machine-readable output on stdout", false)
    .action(async (runs: string[], options: { readonly json: boolean }) => {
      exit(await coverage(runs, options.json));
    });
}

/** Exit 0 also where little is covered: it is a table, not a verdict. */
export async function coverage(runDirs: readonly string[], json: boolean): Promise<number> {
  const journals: JournalReader[] = [];
  for (const runDir of runDirs) journals.push(await readJournal(runDir));
  const found = coverageOf(journals);
  host.out(json ? `${JSON.stringify(found, null, 2)}\n` : coverageText(found));
  return 0;
}

function coverageText({ rows, runIds }: Coverage): string {
  const known = [...Object.keys(FAULTS), ...Object.keys(COMPOSITIONS)];
  const missing = known.filter((name) => !rows.some((row) => [row.fault, row.basis].includes(name)));
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
