/** One window of change events straight into Kafka: does acknowledgement keep up with what is offered? Pure. */
import type { HistogramSum } from "../../core/histogram.ts";
import type { StepCriterion } from "../../core/contracts/capacity.ts";
import {
  criterion,
  doneCriteria,
  growth,
  judgeCriteria,
  STEP_LIMITS,
  type JudgedStep,
  type LoadSeen,
} from "./judge-step.ts";
import type { Point } from "./trend.ts";

/** A delay grows by so much each second, as a share of that second: milliseconds over this. */
const MS_PER_S = 1000;

export interface KafkaSeen extends LoadSeen {
  /** From the intended start to the acknowledgement; what never came counts as slower than all that did. */
  readonly latencyMsP95: number;
  /** Of each thread: how long ago the earliest change was due that was not sent. */
  readonly behindMs: readonly (readonly Point[])[];
}

export function judgeKafka(seen: KafkaSeen): JudgedStep {
  return judgeCriteria("kafka", criteriaOf(seen), seen);
}

function criteriaOf(seen: KafkaSeen): readonly StepCriterion[] {
  const delays = seen.behindMs.flatMap((points) =>
    growth("kafka", "delay of changes due and not sent", points, MS_PER_S),
  );
  // The thread that is worst off: lanes do not change their thread.
  const worst = delays.toSorted((one, other) => other.pressureRatio - one.pressureRatio)[0];
  return [
    ...doneCriteria({ stage: "kafka", id: "changes", what: "transactions" }, seen),
    criterion(
      { stage: "kafka", id: "changes.latency", title: "acknowledgement p95" },
      { value: seen.latencyMsP95, unit: "ms" },
      STEP_LIMITS.latencyMsP95,
    ),
    ...(worst === undefined ? [] : [worst]),
  ];
}

/** A percentile that falls among those that never ended is at least as long as anybody waited. */
export function latencyBesideMs(
  histogram: HistogramSum,
  neverCount: number,
  percentile: number,
  waitedMs: number,
): number {
  if (histogram.totalCount + neverCount === 0) return 0;
  return histogram.percentileBesideMs(neverCount, percentile) ?? waitedMs;
}
