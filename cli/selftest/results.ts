/** Plants every defect and asks whether the check it is meant for caught it, and said where it is. */
import { judge } from "../../core/judge.ts";
import { CHECKS } from "../../slo/checks/index.ts";
import { runSelftest } from "../../slo/checks/selftest.ts";
import { journalOf } from "../../slo/checks/synthetic.ts";
import { plantedDefects, type PipelineDefect } from "./defects.ts";
import { healthyPipeline, measuredJournal } from "./pipeline.ts";

export interface SelftestRow {
  readonly defect: string;
  /** Where it was planted; "journal" for what is planted into the record of a run. */
  readonly hop: string;
  /** Checks that must catch it. */
  readonly check: string;
  readonly caught: boolean;
  /** The finding that names the place; empty where none did. */
  readonly located: string;
}

/** The healthy pipeline first: a false alarm would make every catch worthless. */
export async function selftestRows(): Promise<readonly SelftestRow[]> {
  const healthy = judge(journalOf(await measuredJournal(healthyPipeline())), Object.values(CHECKS));
  const rows: SelftestRow[] = [
    {
      ...{ defect: "none", hop: "all", check: "all" },
      caught: healthy.status === "PROVEN",
      located: healthy.status === "PROVEN" ? "no false alarm" : healthy.because,
    },
  ];
  for (const defect of plantedDefects()) rows.push(await rowOf(defect));
  for (const { defect, check, caught, because } of runSelftest()) {
    rows.push({ defect, hop: "journal", check, caught, located: because });
  }
  return rows;
}

async function rowOf(planted: PipelineDefect): Promise<SelftestRow> {
  const { defect, hop, by, place } = planted;
  const journal = journalOf(await measuredJournal(planted.pipeline));
  const verdicts = by.map((name) => judge(journal, [CHECKS[name]]).verdicts);
  const isViolated = verdicts.every((found) => found.some(({ status }) => status === "VIOLATED"));
  const texts = verdicts.flat().flatMap(({ because, details }) => [because, ...(details ?? [])]);
  const located = texts.find((text) => place.every((part) => holds(text, part))) ?? "";
  return { defect, hop, check: by.join(", "), caught: isViolated && located !== "", located };
}

/** "lane 1" is not in "lane 12". */
function holds(text: string, part: string): boolean {
  const from = text.indexOf(part);
  return from >= 0 && !/^\d/.test(text.slice(from + part.length));
}
