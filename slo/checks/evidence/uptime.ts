/** Uptime by time slices: a slice is bad when a capability was asked for and answered nothing. */
import type { JournalReader } from "../../../core/contracts/journal.ts";
import type { Objective, Verdict } from "../../../core/contracts/slo.ts";
import type { Interval } from "../../../core/timeline.ts";
import { sumOf } from "./load.ts";
import { capabilityTexts } from "./capabilities.ts";
import { windowRows, type TimedGroup } from "./rows.ts";
import { shareVerdict } from "./share.ts";
import { duration } from "./text.ts";
import { intervalsOf, wholeIntervals } from "./time.ts";

type UptimeObjective = Objective & {
  readonly sli: Extract<Objective["sli"], { kind: "uptime" }>;
};

interface Slice {
  readonly fromMs: number;
  readonly offered: Map<string, number>;
  readonly ok: Map<string, number>;
}

export function uptimeVerdict(
  journal: JournalReader,
  objective: UptimeObjective,
  claimed: boolean,
): Verdict {
  const { sliceMs } = objective.sli;
  const counted = intervalsOf(journal, objective.window, 0);
  const slices = slicesOf(journal, counted, sliceMs);
  const capabilities = capabilitiesOf(journal, sliceMs);
  const states = slices.map((slice) => stateOf(slice, capabilities));
  const down = states.filter((state) => state === "down").length;
  const missing = states.filter((state) => state === "unknown").length;
  const n = states.length - missing;
  return shareVerdict(objective, claimed, {
    noun: `${duration(sliceMs)} slices`,
    badVerb: "had writes or queries without a single answer",
    n,
    bad: down,
    censored: 0,
    missing,
    groups: groupsOf(slices, capabilities),
    windows: windowRows(
      journal,
      groupsOf(slicesOf(journal, wholeIntervals(journal), sliceMs), capabilities),
      objective.badRatioMax,
    ),
    timeMs: slices.length * sliceMs,
    ...(n === 0 ? {} : { observed: { value: 1 - down / n, unit: "ratio" } }),
    target: { ...objective.threshold, op: ">" },
    details: [
      ...capabilityTexts(journal, counted, sliceMs),
      ...slices.flatMap((slice, index) =>
        states[index] === "down" ? [`down in the slice from ${duration(slice.fromMs)}`] : [],
      ),
    ],
  });
}

/** What the plan uses in every slice; a class queried once an hour says nothing about a slice. */
function capabilitiesOf(journal: JournalReader, sliceMs: number): readonly string[] {
  const { bank, queries } = journal.plan;
  const queriesPerS = sumOf(queries, (query) => query.ratePerS);
  return [
    ...(bank.rateEventsPerS > 0 ? ["bank"] : []),
    ...((queriesPerS * sliceMs) / 1000 >= 1 ? ["queries"] : []),
  ];
}

function groupsOf(
  slices: readonly Slice[],
  capabilities: readonly string[],
): readonly TimedGroup[] {
  return slices.map((slice) => {
    const state = stateOf(slice, capabilities);
    const [bad, sureBad] = [state === "up" ? 0 : 1, state === "down" ? 1 : 0];
    return { fromMs: slice.fromMs, n: 1, bad, sureBad };
  });
}

/** Slices of the whole measured time in which something that was asked answered nothing. */
export function downIntervals(journal: JournalReader, sliceMs: number): readonly Interval[] {
  const capabilities = capabilitiesOf(journal, sliceMs);
  return slicesOf(journal, wholeIntervals(journal), sliceMs)
    .filter((slice) => stateOf(slice, capabilities) === "down")
    .map(({ fromMs }) => ({ fromMs, toMs: fromMs + sliceMs }));
}

function slicesOf(
  journal: JournalReader,
  intervals: readonly Interval[],
  sliceMs: number,
): readonly Slice[] {
  const rows = intervals.map((interval) => ({
    fromMs: interval.fromMs,
    slices: Array.from(
      { length: Math.floor((interval.toMs - interval.fromMs) / sliceMs) },
      (_, index) => ({
        fromMs: interval.fromMs + index * sliceMs,
        offered: new Map<string, number>(),
        ok: new Map<string, number>(),
      }),
    ),
  }));
  for (const window of journal.of("load.window")) {
    const middleMs = window.fromMs + window.windowMs / 2;
    for (const { fromMs, slices } of rows) {
      const slice = slices[Math.floor((middleMs - fromMs) / sliceMs)];
      if (slice === undefined) continue;
      add(slice.offered, window.workload, window.offered);
      add(slice.ok, window.workload, window.ok);
    }
  }
  return rows.flatMap(({ slices }) => slices);
}

function add(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

function stateOf(slice: Slice, capabilities: readonly string[]): "up" | "down" | "unknown" {
  const offered = (name: string): number => slice.offered.get(name) ?? 0;
  if (capabilities.some((name) => offered(name) > 0 && (slice.ok.get(name) ?? 0) === 0)) {
    return "down";
  }
  const asked = capabilities.length > 0 && capabilities.every((name) => offered(name) > 0);
  return asked ? "up" : "unknown";
}
