/** What a finished run's journal says about the harness's own cost and about recoveries. */
import type { JournalReader } from "../core/contracts/journal.ts";
import { detectionFigures } from "../core/detection.ts";
import { readJournal } from "../core/journal.ts";
import { GENERATOR_MEMORY_PROBE, K6_MEMORY_PROBE } from "../cli/run/samplers.ts";
import { faultWindows, phaseIntervals, within } from "../core/timeline.ts";
import type { Figure } from "./micro.ts";

export async function runFigures(runDir: string): Promise<readonly Figure[]> {
  const journal = await readJournal(runDir);
  return [
    harnessCpu(journal),
    ...generatorMemory(journal),
    ...userMemory(journal),
    ...detections(journal),
    ...recoveries(journal),
  ];
}

function steadySamples(journal: JournalReader, probe: string): readonly number[] {
  const loaded = phaseIntervals(journal).filter(
    ({ phase }) => phase === "control" || phase === "measure",
  );
  return journal
    .of("sample.taken")
    .filter((event) => event.probe === probe && within(event.atMs, loaded))
    .map((event) => event.observed.value);
}

/** The harness with all its probes; a leak would show in the last fifth of a run. */
function generatorMemory(journal: JournalReader): readonly Figure[] {
  const bytes = steadySamples(journal, GENERATOR_MEMORY_PROBE);
  const share = Math.max(1, Math.floor(bytes.length / 5));
  if (bytes.length < 2 * share) return [];
  const first = Math.max(...bytes.slice(0, share));
  const last = Math.max(...bytes.slice(-share));
  return [
    {
      name: "memory of the harness at the end of the load",
      value: mebibytes(last),
      reference: `${mebibytes(first)} at its beginning`,
      ratio: (last / first).toFixed(2),
      aim: "≤ 1.1",
    },
  ];
}

function userMemory(journal: JournalReader): readonly Figure[] {
  const userCount = journal.plan.users?.count;
  const bytes = steadySamples(journal, K6_MEMORY_PROBE);
  if (userCount === undefined || bytes.length === 0) return [];
  const most = Math.max(...bytes);
  return [
    {
      name: "k6 memory per 1000 users",
      value: mebibytes((most / userCount) * 1000),
      reference: `${String(userCount)} users and all other queries in it`,
      ratio: "–",
      aim: "printed",
    },
  ];
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(0)} MiB`;
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

/** Grace on top of the time between two fences. */
const DETECTION_GRACE_MS = 2000;

function detections(journal: JournalReader): readonly Figure[] {
  return detectionFigures(journal).map(({ hop, bucketCount, bucketMs, detectMsMax }) => {
    const aimMs = bucketMs + DETECTION_GRACE_MS;
    return {
      name: `longest time to detect a loss at ${hop}`,
      value: `${(detectMsMax / 1000).toFixed(1)} s`,
      reference: `${(bucketMs / 1000).toFixed(0)} s between fences, ${String(bucketCount)} buckets`,
      ratio: (detectMsMax / aimMs).toFixed(2),
      aim: `≤ 1 of ${(aimMs / 1000).toFixed(0)} s`,
    };
  });
}

function recoveries(journal: JournalReader): readonly Figure[] {
  return faultWindows(journal).map((window) => {
    const { entry, recoveryMs } = window;
    const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
    return {
      name: `recovery from ${entry.fault} of ${entry.instanceId}`,
      value: recoveryMs === undefined ? "not seen" : seconds(recoveryMs),
      reference: `${(entry.recoveryBudgetMs / 1000).toFixed(0)} s computed budget`,
      ratio: recoveryMs === undefined ? "–" : (recoveryMs / entry.recoveryBudgetMs).toFixed(2),
      aim: "≤ 1",
    };
  });
}
