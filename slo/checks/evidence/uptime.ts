/** Uptime by time slices: a slice is bad when a capability was asked for and answered nothing. */
import type { JournalReader } from "../../../core/contracts/journal.ts";
import type { Objective, Verdict } from "../../../core/contracts/slo.ts";
import { sumOf } from "./load.ts";
import { shareVerdict } from "./share.ts";
import { duration } from "./text.ts";
import { wholeIntervals } from "./time.ts";

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
  const slices = slicesOf(journal, sliceMs);
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
    groups: states.map((state) => ({ n: 1, bad: state === "up" ? 0 : 1 })),
    timeMs: slices.length * sliceMs,
    ...(n === 0 ? {} : { observed: { value: 1 - down / n, unit: "ratio" } }),
    target: { ...objective.threshold, op: ">" },
    details: slices.flatMap((slice, index) =>
      states[index] === "down" ? [`down in the slice from ${duration(slice.fromMs)}`] : [],
    ),
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

function slicesOf(journal: JournalReader, sliceMs: number): readonly Slice[] {
  const slices = wholeIntervals(journal).flatMap((interval) =>
    Array.from({ length: Math.floor((interval.toMs - interval.fromMs) / sliceMs) }, (_, index) => ({
      fromMs: interval.fromMs + index * sliceMs,
      offered: new Map<string, number>(),
      ok: new Map<string, number>(),
    })),
  );
  for (const window of journal.of("load.window")) {
    const middleMs = window.fromMs + window.windowMs / 2;
    const slice = slices.find((one) => middleMs >= one.fromMs && middleMs < one.fromMs + sliceMs);
    if (slice === undefined) continue;
    add(slice.offered, window.workload, window.offered);
    add(slice.ok, window.workload, window.ok);
  }
  return slices;
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
