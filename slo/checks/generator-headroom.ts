/** A generator short of CPU measures itself instead of the system. */
import type { JournalReader } from "../../core/contracts/journal.ts";
import type { Check, Verdict } from "../../core/contracts/slo.ts";
import { within } from "../../core/timeline.ts";
import { duration, percent } from "./evidence/text.ts";
import { wholeIntervals } from "./evidence/time.ts";
import { verdictOf } from "./evidence/verdict.ts";

export const DELAY_PROBE = "generator.eventLoopDelayMsP99";
export const CPU_PROBE = "generator.cpuRatio";

const DELAY_MS_MAX = 200;
const CPU_RATIO_MAX = 0.9;

export const generatorHeadroom: Check = {
  name: "generator-headroom",
  purpose: "The generator's event loop and CPU had room to spare while it measured.",
  judge: (journal) => [headroomVerdict(journal)],
};

const FACTS = {
  id: "validity.generator-headroom",
  kind: "validity",
  title: "The load generator had headroom",
} as const;

function headroomVerdict(journal: JournalReader): Verdict {
  const delayMs = medianOf(journal, DELAY_PROBE);
  const cpuRatio = medianOf(journal, CPU_PROBE);
  if (delayMs === undefined || cpuRatio === undefined) {
    const probe = delayMs === undefined ? DELAY_PROBE : CPU_PROBE;
    return verdictOf({
      ...FACTS,
      status: "INCONCLUSIVE",
      because: `The generator left no sample of ${probe} in the measured time.`,
    });
  }
  const tight = delayMs > DELAY_MS_MAX || cpuRatio > CPU_RATIO_MAX;
  return verdictOf({
    ...FACTS,
    status: tight ? "INVALID" : "PROVEN",
    because:
      `In half of all samples the event loop was late by ${duration(delayMs)} or less ` +
      `(limit ${duration(DELAY_MS_MAX)}) and used ${percent(cpuRatio)} of a core or less (limit ${percent(CPU_RATIO_MAX)}).`,
    observed: { value: delayMs, unit: "ms" },
    target: { value: DELAY_MS_MAX, unit: "ms", op: "<=" },
  });
}

/** The median tells "most samples": one garbage collection does not spoil a run. */
function medianOf(journal: JournalReader, probe: string): number | undefined {
  const intervals = wholeIntervals(journal);
  const values = journal
    .of("sample.taken")
    .filter((sample) => sample.probe === probe && within(sample.atMs, intervals))
    .map((sample) => sample.observed.value)
    .sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)];
}
