/** Latency and error objectives: every operation that was offered counts, whether or not it ever ended. */
import { evenRatePerS } from "../../../core/arrival-shape.ts";
import type { JournalReader } from "../../../core/contracts/journal.ts";
import type { Objective, Verdict } from "../../../core/contracts/slo.ts";
import type { HistogramSum } from "../../../core/histogram.ts";
import type { Interval } from "../../../core/timeline.ts";
import { latencyReader } from "./latency.ts";
import { leftOut, seriesOf, slotTimeMs, sumOf, type Series, type SeriesRequest } from "./load.ts";
import { designEffect } from "../../maths/design-effect.ts";
import { offeredLoad } from "./offered.ts";
import { histogramInterval } from "./quantile.ts";
import { windowRows, type TimedGroup } from "./rows.ts";
import { SecondGroups } from "./second-groups.ts";
import { shareVerdict, type ShareEvidence } from "./share.ts";
import { duration, figure } from "./text.ts";
import { intervalsOf, wholeIntervals } from "./time.ts";

type Sli<K extends Objective["sli"]["kind"]> = Extract<Objective["sli"], { kind: K }>;
type LatencyObjective = Objective & { readonly sli: Sli<"latency"> };
type ErrorsObjective = Objective & { readonly sli: Sli<"errors"> };

/**
 * An operation that meets its target is over by then; one intended less than that before a fault may be
 * cut by it. Targets of many seconds would eat all steady time, so the margin ends here.
 */
export const FAULT_MARGIN_MS_MAX = 5_000;

interface ClassEvidence {
  readonly name: string | undefined;
  readonly intervals: readonly Interval[];
  readonly series: Series;
}

interface Evidence {
  readonly classes: readonly ClassEvidence[];
  /** Of all classes together. */
  readonly groups: readonly TimedGroup[];
}

export function latencyVerdict(
  journal: JournalReader,
  objective: LatencyObjective,
  claimed: boolean,
): Verdict {
  const thresholdMs = objective.threshold.value;
  const { countOver, countOnly, histogram } = latencyReader(journal, thresholdMs);
  const own = classEvidence(journal, objective, objective.sli.class, countOver);
  const evidence = operationEvidence(journal, objective.sli.workload, own);
  const observed = observedMs(objective, histogram, own.classes);
  const interval = intervalMs(objective, histogram, evidence);
  const whole = { ...objective, window: "whole" } as const;
  const everywhere = classEvidence(journal, whole, objective.sli.class, countOnly);
  const load = offeredLoad(journal, objective.sli.workload);
  return shareVerdict(objective, claimed, {
    ...evidence,
    ...(interval === undefined ? {} : { interval }),
    windows: rowsOf(journal, objective, everywhere),
    noun: objective.sli.class === undefined ? "operations" : `${objective.sli.class} queries`,
    badVerb: `took ${duration(thresholdMs)} or longer, or never ended`,
    ...(observed === undefined ? {} : { observed: { value: observed, unit: "ms" } }),
    target: { ...objective.threshold, op: "<" },
    ...(load.status === "INVALID" ? { invalid: load.because } : {}),
  });
}

export function errorsVerdict(
  journal: JournalReader,
  objective: ErrorsObjective,
  claimed: boolean,
): Verdict {
  const own = classEvidence(journal, objective, undefined);
  const evidence = operationEvidence(journal, objective.sli.workload, own);
  const everywhere = classEvidence(journal, { ...objective, window: "whole" }, undefined);
  return shareVerdict(objective, claimed, {
    ...evidence,
    windows: rowsOf(journal, objective, everywhere),
    noun: objective.sli.workload === "bank" ? "bank transactions" : "queries",
    badVerb: "failed, were dropped or ended unknown",
    ...(evidence.n === 0 ? {} : { observed: { value: evidence.bad / evidence.n, unit: "ratio" } }),
    target: { ...objective.threshold, op: "<" },
  });
}

/** Of the whole measured time, faults and all, whatever part of it decides the objective. */
export function errorGroups(
  journal: JournalReader,
  objective: ErrorsObjective,
): readonly TimedGroup[] {
  return classEvidence(journal, { ...objective, window: "whole" }, undefined).groups;
}

/** The bank has no classes; a query objective covers one class or all planned ones. */
function classEvidence(
  journal: JournalReader,
  objective: LatencyObjective | ErrorsObjective,
  only: string | undefined,
  countOver?: SeriesRequest["countOver"],
): Evidence {
  const { workload } = objective.sli;
  const classes =
    workload === "bank"
      ? [{ name: undefined, ratePerS: undefined, marginMs: 0 }]
      : journal.plan.queries
          .filter((query) => only === undefined || query.name === only)
          .map((query) => ({
            name: query.name,
            ratePerS: evenRatePerS(query),
            marginMs: Math.min(query.targetMs, FAULT_MARGIN_MS_MAX),
          }));
  const groups = new SecondGroups();
  const measured = classes.map(({ name, ratePerS, marginMs }) => {
    const intervals = intervalsOf(journal, objective.window, marginMs);
    const series = seriesOf(journal, {
      workload,
      class: name,
      intervals,
      ratePerS,
      groups,
      ...(countOver === undefined ? {} : { countOver }),
    });
    return { name, intervals, series };
  });
  return { classes: measured, groups: groups.inOrder() };
}

function operationEvidence(
  journal: JournalReader,
  workload: string,
  { classes, groups }: Evidence,
): Pick<
  ShareEvidence,
  "n" | "bad" | "doubtful" | "censored" | "missing" | "groups" | "timeMs" | "details"
> {
  const series = classes.map((one) => one.series);
  const outside = classes.map((one) =>
    leftOut(journal, workload, one.name, wholeIntervals(journal), one.intervals),
  );
  const outsideCount = sumOf(outside, (one) => one.n);
  return {
    n: sumOf(series, ({ sums }) => sums.offered),
    bad: sumOf(series, ({ sums }) => sums.bad),
    doubtful: sumOf(series, ({ sums }) => sums.doubtful),
    censored: sumOf(series, ({ sums }) => sums.lost),
    missing: sumOf(series, (one) => one.missing),
    groups,
    timeMs: Math.max(0, ...series.map(slotTimeMs)),
    details:
      outsideCount === 0
        ? []
        : [
            `${figure(outsideCount)} operations in and just before fault windows stand outside, ` +
              `${figure(sumOf(outside, (one) => one.bad))} of them failed or never ended`,
          ],
  };
}

function rowsOf(
  journal: JournalReader,
  { badRatioMax }: Objective,
  { groups }: Evidence,
): ReturnType<typeof windowRows> {
  return windowRows(journal, groups, badRatioMax);
}

function intervalMs(
  { badRatioMax }: LatencyObjective,
  histogram: HistogramSum,
  { n, missing, groups }: Pick<ShareEvidence, "n" | "missing" | "groups">,
): ReturnType<typeof histogramInterval> {
  const expected = n + Math.ceil(missing - 1e-9);
  return histogramInterval(histogram, expected, 1 - badRatioMax, expected / designEffect(groups));
}

/** The objective's quantile over all offered operations; those that never ended stand last. */
function observedMs(
  objective: LatencyObjective,
  histogram: HistogramSum,
  classes: readonly ClassEvidence[],
): number | undefined {
  const offered = sumOf(classes, (one) => one.series.sums.offered);
  const percentile = ((1 - objective.badRatioMax) * offered * 100) / histogram.totalCount;
  return histogram.totalCount === 0 || percentile > 100
    ? undefined
    : histogram.percentileMs(percentile);
}
