/** A generator short of CPU measures itself instead of the system. */
import type { JournalReader } from "../../core/contracts/journal.ts";
import type { Check, Verdict } from "../../core/contracts/slo.ts";
import { within } from "../../core/timeline.ts";
import { duration, percent } from "./evidence/text.ts";
import { wholeIntervals } from "./evidence/time.ts";
import { verdictOf } from "./evidence/verdict.ts";

export const DELAY_PROBE = "generator.eventLoopDelayMsP99";
export const CPU_PROBE = "generator.cpuRatio";
/** In cores: k6 uses as many as it can get. */
export const K6_CPU_PROBE = "k6.cpuRatio";

const DELAY_MS_MAX = 200;
const CPU_RATIO_MAX = 0.9;

export const generatorHeadroom: Check = {
  name: "generator-headroom",
  purpose:
    "The generators' CPU and event loop had room to spare while they measured, k6 on all cores.",
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
  const k6 = k6Share(journal);
  const tight = delayMs > DELAY_MS_MAX || cpuRatio > CPU_RATIO_MAX || (k6 ?? 0) > CPU_RATIO_MAX;
  return verdictOf({
    ...FACTS,
    status: tight ? "INVALID" : "PROVEN",
    because:
      `In half of all samples the event loop was late by ${duration(delayMs)} or less ` +
      `(limit ${duration(DELAY_MS_MAX)}) and used ${percent(cpuRatio)} of a core or less (limit ${percent(CPU_RATIO_MAX)})` +
      (k6 === undefined ? "." : `, k6 ${percent(k6)} of all cores or less.`),
    observed: { value: delayMs, unit: "ms" },
    target: { value: DELAY_MS_MAX, unit: "ms", op: "<=" },
  });
}

/** Of all cores; undefined where no sample says so. */
function k6Share(journal: JournalReader): number | undefined {
  const cores = medianOf(journal, K6_CPU_PROBE);
  return cores === undefined ? undefined : cores / journal.environment.cpuCount;
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
