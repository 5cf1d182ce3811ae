/** `lakeproof selftest`: the certifier is certified. Plants known defects, and shows which check caught each of them where. */
import { EXIT_CODES, type ExitCode } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { selftestRows, type SelftestRow } from "./selftest/results.ts";

/** A certifier that misses a defect can carry no verdict. */
const MISSED_EXIT = 21 satisfies ExitCode;

export async function selftest({ json }: { readonly json: boolean }): Promise<number> {
  const startedMs = host.monotonicMs();
  const rows = await selftestRows();
  const missed = rows.filter((row) => !row.caught);
  const exitCode = missed.length === 0 ? 0 : MISSED_EXIT;
  if (json) {
    const summary = { schema: "lakeproof.selftest/1", caught: missed.length === 0, rows };
    host.out(`${JSON.stringify(summary)}\n`);
    return exitCode;
  }
  // A file takes whole lines; only a terminal would break them.
  host.out(tableText(rows, host.stdoutIsTty ? Math.max(host.columns, 100) : Infinity));
  const seconds = ((host.monotonicMs() - startedMs) / 1000).toFixed(1);
  const caught = `${String(rows.length - missed.length)} of ${String(rows.length)}`;
  host.out(`\n${caught} cases ended as they must, in ${seconds} s.\n`);
  if (missed.length > 0) {
    host.out(
      `Exit ${String(exitCode)}: ${EXIT_CODES[exitCode]}; its checks miss what they must catch.\n`,
    );
  }
  return exitCode;
}

function tableText(rows: readonly SelftestRow[], columns: number): string {
  const titles = { defect: "defect", hop: "planted at", check: "caught by", located: "located" };
  const width = (name: "defect" | "hop" | "check"): number =>
    Math.max(...[titles, ...rows].map((row) => row[name].length));
  const [defect, hop, check] = [width("defect"), width("hop"), width("check")];
  const lineOf = (mark: string, row: typeof titles | SelftestRow): string =>
    `${mark.padEnd(7)}${row.defect.padEnd(defect)}  ${row.hop.padEnd(hop)}  ${row.check.padEnd(check)}  ${row.located}`
      .slice(0, columns)
      .trimEnd();
  return `${[lineOf("", titles), ...rows.map((row) => lineOf(row.caught ? "caught" : "MISSED", row))].join("\n")}\n`;
}
