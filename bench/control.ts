/** False alarms: what runs without a fault were accused of. Any of them is one too many. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { JournalReader } from "../core/contracts/journal.ts";
import type { Verdict } from "../core/contracts/slo.ts";
import { judge } from "../core/judge.ts";
import { readJournal } from "../core/journal.ts";
import { CHECKS } from "../slo/checks/index.ts";
import type { Figure } from "./micro.ts";

const RUN_COUNT_WANTED = 10;
/** What accuses the pipeline or the run. That a target of a larger machine was missed is no false alarm. */
const KINDS: readonly Verdict["kind"][] = ["integrity", "validity", "recovery", "hygiene"];

/** `runsDir`: every run in it that came to its end without a fault but the control counts. */
export async function controlFigures(runsDir: string): Promise<readonly Figure[]> {
  const controls: JournalReader[] = [];
  for (const entry of readdirSync(runsDir, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const journal = await readJournal(join(runsDir, entry.name)).catch(() => undefined);
    if (journal !== undefined && isControl(journal)) controls.push(journal);
  }
  const alarms = controls.flatMap((journal) =>
    falseAlarms(journal).map((verdict) => `${journal.runId}: ${verdict.id} ${verdict.status}`),
  );
  for (const alarm of alarms) process.stderr.write(`${alarm}\n`);
  return [
    {
      name: "false alarms",
      value: String(alarms.length),
      reference: `${String(controls.length)} control runs`,
      ratio: controls.length === 0 ? "–" : (alarms.length / controls.length).toFixed(2),
      aim: `0 in ${String(RUN_COUNT_WANTED)}`,
    },
  ];
}

function isControl(journal: JournalReader): boolean {
  const completed = journal.of("run.ended").at(-1)?.reason === "completed";
  return completed && journal.plan.faults.every(({ fault }) => fault === "none");
}

function falseAlarms(journal: JournalReader): readonly Verdict[] {
  return judge(journal, Object.values(CHECKS)).verdicts.filter(
    ({ kind, status }) => KINDS.includes(kind) && (status === "VIOLATED" || status === "INVALID"),
  );
}
