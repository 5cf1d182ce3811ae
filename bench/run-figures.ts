/** What a finished run's journal says about the harness's own cost and about recoveries. */
import type { JournalReader } from "../core/contracts/journal.ts";
import { readJournal } from "../core/journal.ts";
import { faultWindows, phaseIntervals, within } from "../core/timeline.ts";
import type { Figure } from "./micro.ts";

export async function runFigures(runDir: string): Promise<readonly Figure[]> {
  const journal = await readJournal(runDir);
  return [harnessCpu(journal), ...recoveries(journal)];
}

function harnessCpu(journal: JournalReader): Figure {
  const control = phaseIntervals(journal).filter((interval) => interval.phase === "control");
  const ratios = journal
    .of("sample.taken")
    .filter((event) => event.probe === "generator.cpuRatio" && within(event.atMs, control))
    .map((event) => event.observed.value)
    .sort((a, b) => a - b);
  const median = ratios[Math.floor(ratios.length / 2)] ?? Number.NaN;
  return {
    name: "harness CPU in the control phase (median)",
    value: `${(median * 100).toFixed(1)} % of one core`,
    reference: `${String(journal.plan.bank.rateEventsPerS)} events/s offered`,
    ratio: `${((median * 1e6) / journal.plan.bank.rateEventsPerS).toFixed(0)} µs CPU an event`,
    aim: "≤ 5 %",
  };
}

function recoveries(journal: JournalReader): readonly Figure[] {
  return faultWindows(journal).map((window) => {
    const { entry, recoveryMs } = window;
    const measured = recoveryMs ?? Number.NaN;
    return {
      name: `recovery from ${entry.fault} of ${entry.instanceId}`,
      value: `${(measured / 1000).toFixed(1)} s`,
      reference: `${(entry.recoveryBudgetMs / 1000).toFixed(0)} s computed budget`,
      ratio: (measured / entry.recoveryBudgetMs).toFixed(2),
      aim: "≤ 1",
    };
  });
}
