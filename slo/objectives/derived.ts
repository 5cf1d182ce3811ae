/**
 * What follows from the seed's figures although it does not say it: how fast a fault of each class has to be over,
 * and the uptime of a month from a run of an hour.
 */
import type { Objective } from "../../core/contracts/slo.ts";
import { BUDGET_PERIOD_MS } from "../maths/burn-rate.ts";

const GUIDE = "seed/production-scaling-guide.md";
const UPTIME = `${GUIDE}, "Key Performance Indicators": System Uptime > 99.9%`;
const DOWN_RATIO_MAX = 0.001;
const WEEK_MS = 7 * 24 * 3_600_000;

/** Nineteen of twenty: proven by 59 injections without a late one. */
const LATE_RATIO_MAX = 0.05;

export const DERIVED_OBJECTIVES = {
  "recovery.W": recovery(
    "W",
    60_000,
    "Faults within the design are over before an alert goes off (60 s)",
    `${GUIDE} §5.2, High Priority Alerts: CDC lag > 1 minute`,
  ),
  "recovery.B": recovery(
    "B",
    WEEK_MS * DOWN_RATIO_MAX,
    "Faults at the boundary cost at most one week's budget of down time",
    `${UPTIME}, of one week`,
  ),
  "recovery.X": recovery(
    "X",
    BUDGET_PERIOD_MS * DOWN_RATIO_MAX,
    "Faults beyond the design cost at most one month's budget of down time",
    `${UPTIME}, of 30 days`,
  ),
  "uptime.projected": {
    id: "uptime.projected",
    title: "More than 99.9 % up over 30 days, from declared fault rates and measured recoveries",
    source: UPTIME,
    window: "whole",
    sli: { kind: "projected-uptime", periodMs: BUDGET_PERIOD_MS },
    threshold: { value: 1 - DOWN_RATIO_MAX, unit: "ratio" },
    badRatioMax: DOWN_RATIO_MAX,
  },
} as const satisfies Record<string, Objective>;

function recovery(
  faultClass: "W" | "B" | "X",
  thresholdMs: number,
  title: string,
  source: string,
): Objective {
  return {
    id: `recovery.${faultClass}`,
    title,
    source,
    window: "whole",
    sli: { kind: "recovery", faultClass },
    threshold: { value: thresholdMs, unit: "ms" },
    badRatioMax: LATE_RATIO_MAX,
  };
}
