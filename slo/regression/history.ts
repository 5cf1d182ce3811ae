/** One run among its predecessors: what is kept of it, and where in a series a metric changed for good. */
import type {
  Acknowledgement,
  HistoryChange,
  HistoryEntry,
  HistoryPoint,
  HistoryRerun,
  Metric,
  MetricHistory,
  SeriesHistory,
} from "../../core/contracts/comparison.ts";
import type { Environment, JournalReader } from "../../core/contracts/journal.ts";
import type { Judgement } from "../../core/contracts/slo.ts";
import type { ExitCode } from "../../core/errors.ts";
import { fileNameOf } from "../../core/file-name.ts";
import { percent } from "../checks/evidence/text.ts";
import { changePoints, type ChangePoint } from "../maths/change-points.ts";
import { changedFields, digestOf, fingerprintOf, type Fingerprint } from "./differences.ts";
import { changeOf, scaled, unscaled } from "./metric.ts";
import { runMetrics } from "./run-metrics.ts";
import type { RandomOf } from "./two-runs.ts";

export interface EntrySource {
  readonly journal: JournalReader;
  readonly judgement: Judgement;
  readonly journalSha256: string;
  /** Undefined: the scenario's name. */
  readonly suite: string | undefined;
}

export function historyEntry(source: EntrySource): HistoryEntry {
  const { journal, judgement, journalSha256 } = source;
  const { plan, environment, runId, startedAtEpochMs } = journal;
  return assembledEntry({
    ...{ runId, startedAtEpochMs, journalSha256, environment },
    suite: source.suite ?? fileNameOf(plan.scenario),
    topology: plan.topology.name,
    fingerprint: fingerprintOf(journal),
    verdict: { status: judgement.status, exitCode: judgement.exit.code },
    ...runMetrics(journal),
  });
}

/** What an entry is made of, whatever was measured. */
export interface EntryFacts extends Pick<
  HistoryEntry,
  | "runId"
  | "startedAtEpochMs"
  | "suite"
  | "journalSha256"
  | "verdict"
  | "metrics"
  | "unmeasured"
  | "reruns"
> {
  readonly topology: string;
  readonly environment: Pick<Environment, "cpuCount" | "memoryBytes">;
  readonly fingerprint: Fingerprint;
}

export function assembledEntry(facts: EntryFacts): HistoryEntry {
  const { environment, fingerprint, reruns = [] } = facts;
  const { runId, startedAtEpochMs, suite, journalSha256, verdict, unmeasured } = facts;
  const memoryGiB = (environment.memoryBytes / 2 ** 30).toFixed(0);
  return {
    schema: "lakeproof.history-entry/1",
    ...{ runId, startedAtEpochMs, suite },
    profile: `${fileNameOf(facts.topology)}-${digestOf(fingerprint.plan)}`,
    testbed: `${String(environment.cpuCount)}c-${memoryGiB}g-${digestOf(fingerprint.testbed)}`,
    journalSha256,
    testbedFields: fingerprint.testbed,
    configFields: fingerprint.config,
    planFields: fingerprint.plan,
    verdict,
    metrics: facts.metrics.map(({ id, title, unit, better, value, n }): Metric => ({
      ...{ id, title, unit, better, value, n },
    })),
    unmeasured,
    ...(reruns.length === 0 ? {} : { reruns }),
  };
}

export function seriesOf({ suite, profile, testbed }: HistoryEntry): string {
  return `${suite}/${profile}/${testbed}`;
}

/** Runs looked back at: more would let a change of last year decide about tonight. */
const WINDOW_COUNT = 50;
/** With fewer, a metric that only wanders looks like one that moved. */
const HISTORY_COUNT_MIN = 10;
/** One or two runs off the level are no new level. */
const SEGMENT_LENGTH_MIN = 3;
const P_VALUE_MAX = 0.001;

export interface SeriesOptions {
  readonly effectRatioMin: number;
  readonly randomOf: RandomOf;
  readonly acknowledgements: readonly Acknowledgement[];
}

/** Entries of one series, in any order. */
export function seriesHistory(
  entries: readonly HistoryEntry[],
  options: SeriesOptions,
): SeriesHistory {
  const inOrder = [...entries].sort(
    (a, b) => a.startedAtEpochMs - b.startedAtEpochMs || (a.runId < b.runId ? -1 : 1),
  );
  const [first] = inOrder;
  const series = first === undefined ? "" : seriesOf(first);
  const facts = new Map(inOrder.flatMap((entry) => entry.metrics.map((one) => [one.id, one])));
  const metrics = [...facts.values()].map((metric) =>
    metricHistory(metric, inOrder, series, options),
  );
  const open = openChanges({ metrics });
  const code: ExitCode = open.length === 0 ? 0 : 12;
  const reasons = open.map(
    ({ title, change }) =>
      `12 ${change.id}: ${title} is worse by ${percent(Math.abs(change.changeRatio))} since run ${change.firstRunId}`,
  );
  return {
    schema: "lakeproof.history/1",
    series,
    runCount: inOrder.length,
    metrics,
    exit: { code, reasons },
  };
}

export interface OpenChange {
  readonly title: string;
  readonly change: HistoryChange;
}

/** What may fail a night, metric by metric. */
export function openChanges({ metrics }: Pick<SeriesHistory, "metrics">): readonly OpenChange[] {
  return metrics.flatMap(({ title, changes }) =>
    changes.filter(isOpen).map((change) => ({ title, change })),
  );
}

/**
 * Fails a night: the newest level is worse than the one before, nobody has said why it stands, and the newest run has not
 * shown otherwise when it looked again.
 */
function isOpen(change: HistoryChange): boolean {
  const { newest, direction, acknowledgement, rerun } = change;
  return (
    newest && direction === "worse" && acknowledgement === undefined && rerun?.status !== "refuted"
  );
}

function metricHistory(
  { id, title, unit, better }: Metric,
  entries: readonly HistoryEntry[],
  series: string,
  options: SeriesOptions,
): MetricHistory {
  const measured = entries.flatMap((entry) => {
    const metric = entry.metrics.find((one) => one.id === id);
    return metric === undefined ? [] : [{ entry, value: metric.value }];
  });
  const window = measured.slice(-WINDOW_COUNT);
  const points = measured.map(({ entry, value }): HistoryPoint => ({
    runId: entry.runId,
    startedAtEpochMs: entry.startedAtEpochMs,
    value,
  }));
  const facts = { metricId: id, title, unit, better, points };
  if (window.length < HISTORY_COUNT_MIN) {
    const needed = `${String(HISTORY_COUNT_MIN)} runs; there are ${String(window.length)}`;
    return { ...facts, changes: [], needed };
  }
  const found = changesIn(
    window.map(({ value }) => scaled(value, unit)),
    options.effectRatioMin,
    options.randomOf(`${series} ${id}`),
  );
  const runIds = window.map(({ entry }) => entry.runId);
  const changes = found.map((point, index): HistoryChange => {
    const last = window[point.index - 1]?.entry;
    const next = window[point.index]?.entry;
    const change = changeFacts(point, { id, unit, better });
    const acknowledgement = options.acknowledgements.find(
      (one) =>
        one.series === series &&
        one.metricId === id &&
        one.direction === change.direction &&
        isNear(runIds, one.runId, point.index),
    );
    const newest = index === found.length - 1;
    const rerun = newest ? newestRerun(entries, id) : undefined;
    return {
      ...change,
      id: `cp-${digestOf({ series, metricId: id, runId: next?.runId ?? "" })}`,
      lastRunId: last?.runId ?? "",
      firstRunId: next?.runId ?? "",
      newest,
      configChanges: changedFields(last?.configFields ?? {}, next?.configFields ?? {}).map(
        ({ field, baseValue, value }) => `${field}: ${baseValue} → ${value}`,
      ),
      ...(acknowledgement === undefined ? {} : { acknowledgement }),
      ...(rerun === undefined ? {} : { rerun }),
    };
  });
  return { ...facts, changes };
}

/** An earlier night that looked again says nothing about this one. */
function newestRerun(entries: readonly HistoryEntry[], id: string): HistoryRerun | undefined {
  return entries.at(-1)?.reruns?.find(({ metricId }) => metricId === id);
}

/**
 * E-divisive over the whole window, and again over its newest half: a level that went down and came back is no
 * split of the whole, and would hide that it came back.
 */
function changesIn(
  series: readonly number[],
  effectRatioMin: number,
  random: () => number,
): readonly ChangePoint[] {
  const settings = {
    random,
    pValueMax: P_VALUE_MAX,
    segmentLengthMin: SEGMENT_LENGTH_MIN,
    effectRatioMin: 1 + effectRatioMin,
  };
  const whole = changePoints(series, settings);
  const from = Math.max(0, series.length - WINDOW_COUNT / 2);
  if (from === 0) return whole;
  const newer = changePoints(series.slice(from), settings)
    .map((point) => ({ ...point, index: point.index + from }))
    .filter(({ index }) => whole.every((one) => Math.abs(one.index - index) >= SEGMENT_LENGTH_MIN));
  return [...whole, ...newer].sort((a, b) => a.index - b.index);
}

/** Further runs may move a change by a place or two; what was said about it still holds. */
function isNear(runIds: readonly string[], runId: string, index: number): boolean {
  const place = runIds.indexOf(runId);
  return place !== -1 && Math.abs(place - index) < SEGMENT_LENGTH_MIN;
}

function changeFacts(
  { meanBefore, meanAfter, pValue }: ChangePoint,
  { id, unit, better }: Pick<Metric, "id" | "unit" | "better">,
): Pick<HistoryChange, "metricId" | "direction" | "before" | "after" | "changeRatio" | "pValue"> {
  const before = { value: unscaled(meanBefore, unit), unit };
  const after = { value: unscaled(meanAfter, unit), unit };
  return {
    metricId: id,
    direction: meanAfter > meanBefore === (better === "lower") ? "worse" : "better",
    before,
    after,
    changeRatio: changeOf(meanAfter / meanBefore, before.value, unit),
    pValue,
  };
}
