/**
 * Uptime by what people use: commits, changes that become visible, queries, dashboards, and all of them together. Each
 * in three ways, because each hides something: requests hide an outage in which nobody asks, slices hide how many were
 * hit, and both hide whether it was one long outage or many short ones, which the worst minute shows.
 */
import type { JournalReader } from "../../../core/contracts/journal.ts";
import { within, type Interval } from "../../../core/timeline.ts";
import { canaryEvidence } from "./canaries.ts";
import { duration, figure, percent } from "./text.ts";

const WINDOW_MS = 60_000;

/** By the workloads that use them. */
const WORKLOADS = {
  commit: ["bank"],
  SQL: ["queries"],
  dashboard: ["dashboards", "users"],
  API: ["api-calls"],
} as const;

interface Counts {
  offered: number;
  good: number;
}

export interface CapabilityUptime {
  readonly name: string;
  readonly requestCount: number;
  /** Without success: failed, refused, dropped, never answered, or visible too late. */
  readonly badRequestCount: number;
  /** In which it was asked for. */
  readonly sliceCount: number;
  /** Without a single success. */
  readonly downSliceCount: number;
  /** Least share of good slices in any minute; of fewer slices where the run was shorter. */
  readonly worstWindowRatio: number;
}

/** In the order in which a change passes them, "all" last. A capability that nobody asked for is not there. */
export function capabilityUptimes(
  journal: JournalReader,
  intervals: readonly Interval[],
  sliceMs: number,
): readonly CapabilityUptime[] {
  const { commit, ...others } = WORKLOADS;
  const named: readonly (readonly [string, SliceCounts])[] = [
    ["commit", loadSlices(journal, intervals, sliceMs, commit)],
    ["CDC-visible", canarySlices(journal, intervals, sliceMs)],
    ...Object.entries(others).map(
      ([name, workloads]) => [name, loadSlices(journal, intervals, sliceMs, workloads)] as const,
    ),
  ];
  const asked = named.filter(([, slices]) => slices.size > 0);
  const uptimes = asked.map(([name, slices]) => uptimeOf(name, slices, sliceMs));
  if (asked.length < 2) return uptimes;
  return [...uptimes, together(asked, uptimes, sliceMs)];
}

/** One line each, for people. */
export function capabilityTexts(
  journal: JournalReader,
  intervals: readonly Interval[],
  sliceMs: number,
): readonly string[] {
  return capabilityUptimes(journal, intervals, sliceMs).map((one) => {
    const share = one.requestCount === 0 ? 0 : one.badRequestCount / one.requestCount;
    return (
      `${one.name}: ${figure(one.badRequestCount)} of ${figure(one.requestCount)} requests without success ` +
      `(${percent(share)}), ${figure(one.downSliceCount)} of ${figure(one.sliceCount)} slices of ` +
      `${duration(sliceMs)} down, worst minute ${percent(one.worstWindowRatio)} up`
    );
  });
}

/** Slice number → what was asked and answered in it. */
type SliceCounts = ReadonlyMap<number, Counts>;

function add(slices: Map<number, Counts>, slice: number, offered: number, good: number): void {
  const counts = slices.get(slice) ?? { offered: 0, good: 0 };
  counts.offered += offered;
  counts.good += good;
  slices.set(slice, counts);
}

function loadSlices(
  journal: JournalReader,
  intervals: readonly Interval[],
  sliceMs: number,
  workloads: readonly string[],
): SliceCounts {
  const slices = new Map<number, Counts>();
  for (const { workload, fromMs, windowMs, offered, ok } of journal.of("load.window")) {
    const middleMs = fromMs + windowMs / 2;
    if (offered === 0 || !workloads.includes(workload) || !within(middleMs, intervals)) continue;
    add(slices, Math.floor(middleMs / sliceMs), offered, ok);
  }
  return slices;
}

/** A canary is good when it was visible within the freshness that is asked for. */
function canarySlices(
  journal: JournalReader,
  intervals: readonly Interval[],
  sliceMs: number,
): SliceCounts {
  const slices = new Map<number, Counts>();
  const { freshnessTargetMs } = journal.plan.canary;
  for (const { intendedMs, bad } of canaryEvidence(journal, freshnessTargetMs, "whole").samples) {
    if (!within(intendedMs, intervals)) continue;
    add(slices, Math.floor(intendedMs / sliceMs), 1, bad ? 0 : 1);
  }
  return slices;
}

function uptimeOf(name: string, slices: SliceCounts, sliceMs: number): CapabilityUptime {
  const counts = [...slices.values()];
  const requestCount = counts.reduce((sum, { offered }) => sum + offered, 0);
  const isUp = new Map([...slices].map(([slice, { good }]) => [slice, good > 0]));
  return {
    name,
    requestCount,
    badRequestCount: requestCount - counts.reduce((sum, { good }) => sum + good, 0),
    ...sliceFigures(isUp, sliceMs),
  };
}

/** Up is a slice in which everything that was asked for answered; requests are those of the worst. */
function together(
  asked: readonly (readonly [string, SliceCounts])[],
  uptimes: readonly CapabilityUptime[],
  sliceMs: number,
): CapabilityUptime {
  const isUp = new Map<number, boolean>();
  for (const [, slices] of asked) {
    for (const [slice, { good }] of slices) isUp.set(slice, (isUp.get(slice) ?? true) && good > 0);
  }
  const worst = uptimes.reduce((one, other) => (badShare(other) > badShare(one) ? other : one));
  const { requestCount, badRequestCount } = worst;
  return { name: "all", requestCount, badRequestCount, ...sliceFigures(isUp, sliceMs) };
}

function badShare({ requestCount, badRequestCount }: CapabilityUptime): number {
  return requestCount === 0 ? 0 : badRequestCount / requestCount;
}

function sliceFigures(
  isUp: ReadonlyMap<number, boolean>,
  sliceMs: number,
): Pick<CapabilityUptime, "sliceCount" | "downSliceCount" | "worstWindowRatio"> {
  const states = [...isUp].toSorted(([a], [b]) => a - b).map(([, up]) => up);
  const width = Math.min(states.length, Math.max(1, Math.round(WINDOW_MS / sliceMs)));
  let worst = 1;
  for (let from = 0; from + width <= states.length; from += 1) {
    const up = states.slice(from, from + width).filter(Boolean).length;
    worst = Math.min(worst, up / width);
  }
  return {
    sliceCount: states.length,
    downSliceCount: states.filter((up) => !up).length,
    worstWindowRatio: worst,
  };
}
