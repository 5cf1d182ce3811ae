/**
 * The one decision about a metric of two groups of runs. A change counts only where it is large enough, not chance,
 * and still not chance among all the metrics that were looked at. "Not significant" is never "not slower".
 */
import type {
  Change,
  ComparisonStatus,
  Metric,
  MetricComparison,
  MetricTest,
} from "../../core/contracts/comparison.ts";
import type { Quantity } from "../../core/contracts/values.ts";
import { benjaminiHochberg } from "../maths/benjamini-hochberg.ts";
import { duration, percent } from "../checks/evidence/text.ts";
import { changeOf } from "./metric.ts";

/** Share of false calls tolerated among all calls of one comparison. */
export const FALSE_DISCOVERY_RATIO = 0.05;
/** Of each one-sided question; both sides together are an interval of 90 %. */
export const CONFIDENCE_RATIO = 0.95;
export const INTERVAL_RATIO = 2 * CONFIDENCE_RATIO - 1;

/** Logarithm of head/base: above zero is more, whether that is good or bad. */
export interface Estimate {
  readonly log: number;
  readonly logLower: number;
  readonly logUpper: number;
  readonly method: string;
  /** P-values of "not more" and "not less": small ones show that it is. */
  readonly pMore: number;
  readonly pLess: number;
  readonly test: string;
}

/** One metric before the decision. */
export interface Evidence {
  readonly metric: Pick<Metric, "id" | "title" | "unit" | "better">;
  readonly base?: number;
  readonly head?: number;
  readonly baseCount: number;
  readonly headCount: number;
  readonly estimate?: Estimate;
  /** Further tests to show; they decide nothing. */
  readonly shown?: readonly MetricTest[];
  /** Why nothing can be said in the head's favour, e.g. a run that did not measure it. */
  readonly gap?: string;
  /** What would settle it. */
  readonly needed: string;
}

export interface Rule {
  /** Smallest change worth a verdict: 0.05 = five percent. */
  readonly effectRatioMin: number;
}

/** Decides all metrics of one comparison together. */
export function decide(all: readonly Evidence[], rule: Rule): readonly MetricComparison[] {
  const tested = all.filter((one) => one.estimate !== undefined);
  const corrected = (side: keyof QValues): ReadonlyMap<Evidence, number> => {
    const pValues = tested.map((one) => pValueOf(one, side));
    const found = benjaminiHochberg(pValues, FALSE_DISCOVERY_RATIO);
    return new Map(tested.map((one, index) => [one, found[index]?.qValue ?? 1]));
  };
  const worse = corrected("worse");
  const better = corrected("better");
  return all.map((one) =>
    decideOne(one, { worse: worse.get(one) ?? 1, better: better.get(one) ?? 1 }, rule),
  );
}

interface QValues {
  readonly worse: number;
  readonly better: number;
}

function pValueOf({ metric, estimate }: Evidence, side: keyof QValues): number {
  const more = (metric.better === "lower") === (side === "worse");
  return (more ? estimate?.pMore : estimate?.pLess) ?? 1;
}

function decideOne(evidence: Evidence, q: QValues, rule: Rule): MetricComparison {
  const { metric, base, head, estimate } = evidence;
  const status = statusOf(evidence, q, rule);
  const change = changeFrom(evidence);
  const quantity = (value: number): Quantity => ({ value, unit: metric.unit });
  const testOf = (side: keyof QValues): MetricTest => ({
    name: `${estimate?.test ?? ""}, ${side}`,
    pValue: pValueOf(evidence, side),
    qValue: q[side],
  });
  return {
    id: metric.id,
    title: metric.title,
    better: metric.better,
    status,
    ...(base === undefined ? {} : { base: quantity(base) }),
    ...(head === undefined ? {} : { head: quantity(head) }),
    baseCount: evidence.baseCount,
    headCount: evidence.headCount,
    ...(change === undefined ? {} : { change }),
    tests:
      estimate === undefined ? [] : [testOf("worse"), testOf("better"), ...(evidence.shown ?? [])],
    because: becauseOf(evidence, status, change, q, rule),
    ...(status === "INCONCLUSIVE" ? { needed: evidence.needed } : {}),
  };
}

function statusOf({ metric, estimate, gap }: Evidence, q: QValues, rule: Rule): ComparisonStatus {
  if (estimate === undefined) return "INCONCLUSIVE";
  const margin = Math.log1p(rule.effectRatioMin);
  const { log, logLower, logUpper } = estimate;
  const sign = metric.better === "lower" ? 1 : -1;
  const isPast = (side: 1 | -1, qValue: number): boolean =>
    side * sign * log >= margin &&
    (side * sign > 0 ? logLower > 0 : logUpper < 0) &&
    qValue <= FALSE_DISCOVERY_RATIO;
  if (isPast(1, q.worse)) return "REGRESSED";
  if (gap !== undefined) return "INCONCLUSIVE";
  if (isPast(-1, q.better)) return "IMPROVED";
  return logLower > -margin && logUpper < margin ? "EQUIVALENT" : "INCONCLUSIVE";
}

function changeFrom({ metric, base, estimate }: Evidence): Change | undefined {
  if (estimate === undefined || base === undefined) return undefined;
  const change = (log: number): number => changeOf(Math.exp(log), base, metric.unit);
  return {
    changeRatio: change(estimate.log),
    changeRatioLower: change(estimate.logLower),
    changeRatioUpper: change(estimate.logUpper),
    confidenceRatio: INTERVAL_RATIO,
    method: estimate.method,
  };
}

function becauseOf(
  { metric, base, head, gap, estimate }: Evidence,
  status: ComparisonStatus,
  change: Change | undefined,
  q: QValues,
  rule: Rule,
): string {
  if (estimate === undefined || change === undefined) return `${gap ?? "It was not measured"}.`;
  const points = metric.unit === "ratio" ? " points" : "";
  const shown = (ratio: number): string => `${ratio > 0 ? "+" : ""}${percent(ratio)}${points}`;
  const figure = (value: number | undefined): string =>
    value === undefined ? "?" : figureOf(value, metric.unit);
  const moved = `${figure(base)} → ${figure(head)}, ${shown(change.changeRatio)} (90 % interval ${shown(change.changeRatioLower)} to ${shown(change.changeRatioUpper)})`;
  const least = percent(rule.effectRatioMin);
  switch (status) {
    case "REGRESSED":
      return `${moved}: worse by at least ${least}, q = ${rounded(q.worse)}.`;
    case "IMPROVED":
      return `${moved}: better by at least ${least}, q = ${rounded(q.better)}.`;
    case "EQUIVALENT":
      return `${moved}: within ±${least}.`;
    case "INCONCLUSIVE":
      return `${moved}: neither a change of ${least} nor the lack of one is shown${gap === undefined ? "" : `; ${gap}`}.`;
  }
}

function figureOf(value: number, unit: Metric["unit"]): string {
  if (unit === "ms") return value < 1000 ? `${rounded(value)} ms` : duration(value);
  return unit === "ratio" ? percent(value) : rounded(value);
}

/** Three significant digits. */
function rounded(value: number): string {
  return String(Number(value.toPrecision(3)));
}
